"""Language models as reconstructors, and many reconstructions at once in the order that suits the cards."""

from collections.abc import Sequence
from dataclasses import dataclass

from iccm_dagster.applications.interface import Interface
from iccm_dagster.errors import EndpointError
from iccm_dagster.orchestra.answers import Answer, Unanswered
from iccm_dagster.orchestra.conductor import Call, Conductor
from iccm_dagster.orchestra.parsing import parse_answer
from iccm_dagster.orchestra.prompts import question_for
from iccm_dagster.orchestra.recipe import EndpointRecipe
from iccm_dagster.orchestra.reconstructor import Context, Reconstruction, Reconstructor


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One reconstruction that is wanted."""

    reconstructor: Reconstructor
    """Who rebuilds."""
    context: Context
    """From which text."""
    interface: Interface
    """Which public interface."""


class EndpointReconstructor:
    """A language model behind an endpoint: knows the text and the interface, and nothing of the hidden source."""

    simulated = False

    def __init__(self, recipe: EndpointRecipe, conductor: Conductor) -> None:
        self.recipe, self.conductor = recipe, conductor

    @property
    def name(self) -> str:
        return self.recipe.name

    @property
    def rewards(self) -> bool:
        return self.recipe.rewards

    def call(self, context: Context, interface: Interface) -> Call:
        """Return what the model is asked."""
        return Call(endpoint=self.name, question=question_for(self.recipe, context, interface))

    def read(self, answer: Answer, context: Context, interface: Interface) -> Reconstruction:
        """Return what an answer amounts to."""
        parsed = parse_answer(answer, interface)
        return Reconstruction(
            reconstructor=self.name,
            implementation=parsed.implementation,
            refusal=None if parsed.refusal is None else str(parsed.refusal),
            simulated=False,
            matches=(None,) * len(context.statements),
            answer=answer,
            remarks=parsed.remarks,
        )

    def reconstruct(self, context: Context, interface: Interface) -> Reconstruction:
        return play([Part(reconstructor=self, context=context, interface=interface)])[0]


def endpoint_reconstructors(conductor: Conductor) -> tuple[EndpointReconstructor, ...]:
    """Return one reconstructor per endpoint of the conductor."""
    return tuple(EndpointReconstructor(recipe, conductor) for recipe in conductor.recipe.endpoints)


def play(parts: Sequence[Part]) -> list[Reconstruction]:
    """Return the reconstructions in the order given; all questions to language models are asked first, in one go.

    Raises:
        EndpointError: Some question has no answer. The answers that there are were kept: asking again asks the rest.
    """
    calls: dict[Conductor, list[tuple[int, Call]]] = {}
    for index, part in enumerate(parts):
        if isinstance(part.reconstructor, EndpointReconstructor):
            call = part.reconstructor.call(part.context, part.interface)
            calls.setdefault(part.reconstructor.conductor, []).append((index, call))
    answers: dict[int, Answer | Unanswered] = {}
    for conductor, numbered in calls.items():
        outcomes = conductor.ask([call for _, call in numbered])
        answers |= dict(zip([index for index, _ in numbered], outcomes, strict=True))
    _refuse_gaps(parts, answers)
    return [_made(part, answers.get(index)) for index, part in enumerate(parts)]


def _made(part: Part, answer: Answer | Unanswered | None) -> Reconstruction:
    if isinstance(part.reconstructor, EndpointReconstructor) and isinstance(answer, Answer):
        return part.reconstructor.read(answer, part.context, part.interface)
    return part.reconstructor.reconstruct(part.context, part.interface)


def _refuse_gaps(parts: Sequence[Part], answers: dict[int, Answer | Unanswered]) -> None:
    gaps = {index: outcome for index, outcome in answers.items() if isinstance(outcome, Unanswered)}
    if not gaps:
        return
    missing: dict[str, list[Unanswered]] = {}
    for index, outcome in gaps.items():
        missing.setdefault(parts[index].reconstructor.name, []).append(outcome)
    lines = [f"{name}: {len(outcomes)} questions, first: {outcomes[0].reason}" for name, outcomes in missing.items()]
    raise EndpointError(
        f"{len(gaps)} of {len(answers)} questions to language models have no answer. {'; '.join(lines)}. "
        f"The other {len(answers) - len(gaps)} answers are kept: run again to ask what is missing, "
        "or take the endpoint out of the file of endpoints.",
        retryable=any(outcome.retryable for outcome in gaps.values()),
    )
