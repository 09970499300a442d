"""The endpoints from the command line: does each answer, on what does it run, and what will a catalogue cost.

python -m iccm_dagster.orchestra check FILE | estimate FILE [--applications FOLDER] [--prompt TOKENS/S] [--answer TOKENS/S]
"""

import argparse
import sys
import tempfile
from pathlib import Path

from iccm_dagster.errors import ICCMError
from iccm_dagster.orchestra.answers import Answer, Question
from iccm_dagster.orchestra.conductor import Call, Conductor
from iccm_dagster.orchestra.estimate import Speed, load_of
from iccm_dagster.orchestra.recipe import load_orchestra
from iccm_dagster.progress import silent


def main(argv: list[str] | None = None) -> int:
    """Run a command; 0 when all is well."""
    parser = argparse.ArgumentParser(prog="python -m iccm_dagster.orchestra", description=__doc__)
    commands = parser.add_subparsers(required=True)
    check = commands.add_parser("check", help="ask each endpoint one short question")
    check.set_defaults(run=_check)
    estimate = commands.add_parser("estimate", help="tokens and hours of a catalogue, before anything is asked")
    estimate.set_defaults(run=_estimate)
    estimate.add_argument(
        "--applications", type=Path, default=Path("data/applications"), help="folder of the catalogue"
    )
    estimate.add_argument("--prompt", type=float, default=198.0, help="tokens of prompt a second")
    estimate.add_argument("--answer", type=float, default=11.5, help="tokens of answer a second")
    for command in (check, estimate):
        command.add_argument("file", help="TOML file of endpoints")
    arguments = parser.parse_args(argv)
    try:
        return arguments.run(arguments)
    except ICCMError as error:
        print(error, file=sys.stderr)
        return 1


def _check(arguments: argparse.Namespace) -> int:
    recipe = load_orchestra(arguments.file)
    well = True
    # Nothing is remembered: an answer from yesterday says nothing about the server of today.
    with tempfile.TemporaryDirectory() as folder:
        conductor = Conductor(recipe, cache=Path(folder), on_progress=silent)
        calls = [
            Call(
                endpoint=endpoint.name,
                question=Question(
                    model=endpoint.model,
                    system="You answer in one word.",
                    prompt="Say ready.",
                    temperature=0.0,
                    max_tokens=16,
                    seed=0,
                ),
            )
            for endpoint in recipe.endpoints
        ]
        for call, outcome in zip(calls, conductor.ask(calls), strict=True):
            account = conductor.ledger.accounts[call.endpoint]
            if isinstance(outcome, Answer):
                rate = outcome.tokens_out / outcome.seconds if outcome.seconds else 0.0
                print(
                    f"{call.endpoint}: answers in {outcome.seconds:.1f} s ({rate:.1f} tokens a second, loading included)"
                )
            else:
                print(f"{call.endpoint}: NO ANSWER: {outcome.reason}")
            for remark in account.remarks:
                print(f"  {remark}")
            well &= isinstance(outcome, Answer) and not account.remarks
    return 0 if well else 1


def _estimate(arguments: argparse.Namespace) -> int:
    recipe = load_orchestra(arguments.file)
    load = load_of(arguments.applications, recipe)
    speed = Speed(prompt=arguments.prompt, answer=arguments.answer)
    print(
        f"each model: {load.questions} questions, {load.tokens_in:,.0f} tokens of prompt, {load.tokens_out:,.0f} of answer if it "
        f"writes as much as the sources without docstrings have;\nat {speed.prompt:g} and {speed.answer:g} tokens a second, one "
        f"request at a time: {load.hours(speed):.1f} hours (an estimate)"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
