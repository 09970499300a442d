"""The command line: ``python -m iccm_dagster.phase1 retrieve "..." --application 001-ini-config``."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from iccm_dagster.applications.catalogue import load_application
from iccm_dagster.applications.sections import sections_of
from iccm_dagster.artifacts import ArtifactStore
from iccm_dagster.errors import ICCMError

ROOT = Path(__file__).parents[2]
UNTRAINED = "untrained"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return 0, or 1 when something is wrong."""
    parser = argparse.ArgumentParser(prog="python -m iccm_dagster.phase1", description=__doc__)
    commands = parser.add_subparsers(required=True)
    retrieve = commands.add_parser("retrieve", help="show the sections that implement a requirement")
    retrieve.add_argument("requirement", help="one sentence")
    retrieve.add_argument("--application", required=True, help="folder name in the catalogue, such as 001-ini-config")
    retrieve.add_argument("-k", type=int, default=5, help="how many sections")
    retrieve.add_argument(
        "--weight",
        type=float,
        help="share of the encoder beside BM25, 0 to 1; what the stored evaluation chose on validation applications by default",
    )
    retrieve.add_argument(
        "--retriever", help=f"folder of a retriever, or {UNTRAINED!r}; the stored phase1_checkpoint by default"
    )
    retrieve.add_argument(
        "--catalogue", type=Path, help="folder of applications; ICCM_APPLICATIONS or the bundled one by default"
    )
    retrieve.add_argument("--storage", help="where artifacts lie; ICCM_STORAGE by default")
    retrieve.set_defaults(run=_retrieve)
    given = parser.parse_args(arguments)
    try:
        return given.run(given)
    except (ICCMError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1


def _retrieve(given: argparse.Namespace) -> int:
    from iccm_dagster.phase1.evaluate import DEFAULT_WEIGHT, chosen_weight
    from iccm_dagster.phase1.model import load_retriever, untrained_retriever
    from iccm_dagster.phase1.recipe import RetrieverRecipe
    from iccm_dagster.phase1.retrieve import build_index, retrieve

    catalogue = given.catalogue or Path(os.environ.get("ICCM_APPLICATIONS", ROOT / "data" / "applications"))
    application = load_application(catalogue / given.application)
    if given.retriever:
        untrained = given.retriever == UNTRAINED
        retriever = untrained_retriever(RetrieverRecipe()) if untrained else load_retriever(Path(given.retriever))
        version, previous, chosen = "", None, None
    else:
        store = ArtifactStore(given.storage or os.environ.get("ICCM_STORAGE", str(ROOT / "data" / "artifacts")))
        checkpoint, stored = store.get("phase1_checkpoint"), store.find("section_index", given.application)
        retriever, version = load_retriever(checkpoint.folder()), checkpoint.version
        previous = None if stored is None or stored.problem else stored.table()
        evaluation = store.find("phase1_evaluation")
        chosen = None if evaluation is None else chosen_weight(evaluation.table())
    index = build_index(sections_of(application), retriever=retriever, version=version, previous=previous, bf16=False)
    weight = next(weight for weight in (given.weight, chosen, DEFAULT_WEIGHT) if weight is not None)
    hits = retrieve(given.requirement, application, given.k, retriever=retriever, index=index, weight=weight)
    for place, hit in enumerate(hits, start=1):
        print(f"{place}. {hit}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
