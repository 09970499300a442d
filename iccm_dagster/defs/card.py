"""The card and the plan: ``python -m iccm_dagster.defs.card`` says what this machine has, what each training of the profile
needs, part by part, what a cluster is asked for, and the hours it would take. It starts nothing.
"""

import argparse
import json
import sys

from iccm_dagster.artifacts import ArtifactStore
from iccm_dagster.defs.hours import SHARE, Counts, count, hours
from iccm_dagster.defs.needs import estimates_of, need_of
from iccm_dagster.defs.profiles import Profile, chosen_profile, profile_named
from iccm_dagster.defs.resources.card import CardResource, docker_config, kubernetes_config
from iccm_dagster.device import objections
from iccm_dagster.encoders import BUNDLED
from iccm_dagster.errors import ICCMError
from iccm_dagster.memory import shape_of


def main(argv: list[str] | None = None) -> int:
    """Print the plan; 0 where the profile could train here."""
    parser = argparse.ArgumentParser(prog="python -m iccm_dagster.defs.card", description=__doc__)
    parser.add_argument("--profile", default=chosen_profile(), help="another profile than ICCM_PROFILE's")
    parser.add_argument("--storage", default="data/artifacts", help="where the data sets lie whose tokens are counted")
    arguments = parser.parse_args(argv)
    try:
        profile = profile_named(arguments.profile)
        if not profile.machine.cards:
            print(f"profile {profile.name} trains on the CPU: no card is needed")
            return 0
        missing = _memory(profile)
        print(f"\nKubernetes, tag dagster-k8s/config of runs and steps:\n{_json(kubernetes_config(profile.machine))}")
        print(f"Docker, container_kwargs of the run launcher:\n{_json(docker_config(profile.machine))}\n")
        _time(profile, ArtifactStore(arguments.storage))
    except ICCMError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    return int(missing)


def _memory(profile: Profile) -> bool:
    """Print the card and the sums; return whether something is missing."""
    card, build = CardResource().read()
    free = profile.machine.vram_gib if card is None else card.free_gib
    print(f"profile {profile.name}; card: {card or 'none'}; torch {build.version}")
    print(f"memory, estimated, with the largest micro-batch that fits {free:.1f} GiB:")
    for name, estimate in estimates_of(profile, gib=free).items():
        print("\n".join([name, *estimate.lines()]))
    found = objections(need_of(profile), card, build)
    print("\n".join(f"* {text}" for text in found) if found else "nothing is missing")
    return bool(found)


def _time(profile: Profile, store: ArtifactStore) -> None:
    shape = shape_of(profile.retriever.base)
    if shape is None:
        return
    counts = _count(store, profile)
    print(
        f"tokens, counted by {counts.tokenizer}: requirement {counts.query:.0f}, section {counts.section:.0f}, section "
        f"group {counts.group:.0f}, docstring pair {counts.pair:.0f}; {counts.queries} requirement texts, "
        f"{counts.groups} section groups"
    )
    print(f"hours on a P40, ESTIMATED at {SHARE:.0%} of its float32 peak, never measured:")
    for name, found in (reckoned := hours(profile, counts, shape)).items():
        print(f"  {name:<28}{found:6.1f} h")
    print(f"  {'sum':<28}{sum(reckoned.values()):6.1f} h")


def _count(store: ArtifactStore, profile: Profile) -> Counts:
    from transformers import AutoTokenizer

    from iccm_dagster.encoders import locate

    try:
        name = profile.retriever.base
        tokenizer = AutoTokenizer.from_pretrained(str(locate(name)), local_files_only=True)
    except (OSError, ValueError):
        name = BUNDLED
        tokenizer = AutoTokenizer.from_pretrained(str(locate(BUNDLED)), local_files_only=True)

    def tokenize(texts: list[str]) -> list:
        return tokenizer(texts, add_special_tokens=False, verbose=False)["input_ids"]

    return count(store, profile, name, tokenize)


def _json(value: object) -> str:
    return json.dumps(value, indent=1)


if __name__ == "__main__":
    sys.exit(main())
