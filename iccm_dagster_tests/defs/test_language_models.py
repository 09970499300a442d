"""Assets with language models in the orchestra: asked model by model, judged by the real sandbox, never mixed with readers."""

import json
import re

import dagster as dg
import pandas as pd
import pytest

from iccm_dagster.definitions import build_resources
from iccm_dagster.defs.assets.applications import application_source, gold_requirements
from iccm_dagster.defs.assets.applications import test_calibration as calibration
from iccm_dagster.defs.assets.rebuilt import phase2_evaluation, reconstruction_pass_rates, reconstructions
from iccm_dagster.defs.checks.phase2 import simulated_and_real_numbers_do_not_mix
from iccm_dagster.defs.partitions import APPLICATIONS
from iccm_dagster.defs.resources.profile import ProfileResource
from iccm_dagster.errors import EndpointError
from iccm_dagster.harness.suite import Isolation
from iccm_dagster_tests.orchestra.scenes import RIGHT, fenced
from iccm_dagster_tests.orchestra.server import completion, serving, status

PARTITIONED = ("application_source", "gold_requirements", "test_calibration", "generated_requirements")
STORED = [dg.AssetSpec("phase2_dataset"), *(dg.AssetSpec(name, partitions_def=APPLICATIONS) for name in PARTITIONED)]
"""What is there already when rebuilding begins."""


def write_upstream(store, keys):
    """Store what the trainings would have written: one requirement of each application after either stage."""
    birth = {"fingerprint": "test", "parents": {}}
    for key, split in zip(keys, ("train", "validation", "holdout"), strict=True):
        rows = [
            (key, split, source, "add", ["add"], True, "Add numbers up.", "own", -6.0, 4)
            for source in ("stage 1", "stage 2")
        ]
        columns = ["application", "split", "source", "group", "sections", "selected", "text", "style", "log_prob", "tokens"]
        store.write_table("generated_requirements", key, pd.DataFrame(rows, columns=columns), **birth)
    with store.writing("phase2_dataset", None, **birth) as draft:
        (draft.folder / "settings.json").write_text(json.dumps({"threshold": 0.5}), encoding="utf-8")


def knowing(asked):
    """Answer with a right program where there is a requirement, with an apology where there is none."""
    word = re.search(r"- (\w+)numbers\.py", asked.prompt)[1]
    if "(none are known)" in asked.prompt:
        return completion("I am sorry, what should it do?", usage=(50, 9))
    code = RIGHT.replace("plain_", f"{word}_").replace("PlainError", f"{word.title()}Error")
    return completion(fenced(code, f"{word}numbers.py"), usage=(200, 120))


@pytest.fixture
def resources(catalogue, tmp_path):
    """With a file of endpoints, which the test writes once it knows the ports."""
    return build_resources(
        storage=str(tmp_path / "artifacts"),
        catalogue=str(catalogue),
        profile=ProfileResource(name="smoke", endpoints=str(tmp_path / "endpoints.toml")),
    )


ENDPOINTS = """
[[endpoints]]
name = "model-a"
url = "{first}"
model = "a"
card = "p40"
[[endpoints]]
name = "model-b"
url = "{second}"
model = "b"
card = "p40"
price_out = 1.0
retry = {{ attempts = 1, breaker_failures = 1, breaker_rest_s = 0.01, breaker_probes = 1 }}
"""


def test_language_models_join_the_readers_and_their_numbers_stand_apart(materialize, store, tmp_path):
    ill = {"now": True}
    with serving(knowing) as first, serving(lambda asked: status(500) if ill["now"] else knowing(asked)) as second:
        text = ENDPOINTS.format(first=first.url, second=second.url)
        (tmp_path / "endpoints.toml").write_text(text, encoding="utf-8")
        materialize(application_source, gold_requirements, calibration)
        keys = ["001-plain", "002-other", "003-hidden"]
        write_upstream(store, keys)
        with pytest.raises(EndpointError, match=r"of 36 questions to language models have no answer.*model-b"):
            materialize(reconstructions, *STORED)
        assert store.find("reconstructions", keys[0]) is None, "nothing half is stored"
        ill["now"] = False
        asked = len(first.asked)
        materialize(reconstructions, reconstruction_pass_rates, phase2_evaluation, *STORED)
        # Six texts of each application, two of which are the same sentence: "Add numbers up." after either stage.
        assert asked == len(first.asked) == 15, "what was answered is not asked again"
    rebuilt = store.get("reconstructions", keys[0]).table().set_index(["source", "reconstructor"])
    assert len(rebuilt) == 7 * 3 + 6 * 2, "seven texts to three readers; six to two models"
    silent = rebuilt.loc[("interface only", "model-a")]
    assert (silent["refusal"], silent["answer"]) == ("no code in the answer", "I am sorry, what should it do?")
    assert rebuilt.loc[("gold", "model-b"), "cost"] == pytest.approx(0.12)
    rates = store.get("reconstruction_pass_rates", keys[0]).table().set_index(["source", "reconstructor"])
    judged = rates.loc[("stage 2", "model-a")]
    if judged["isolation"] == Isolation.STRONG.value:
        assert judged["pass_rate"] == 1.0 and rates.loc[("interface only", "model-a"), "lift"] == 0.0
    else:
        assert pd.isna(judged["pass_rate"]), "code of a language model never runs under weak isolation"
    summary = store.get("phase2_evaluation").table()
    kinds = summary.groupby("reconstructor")["simulated"].unique().map(sorted).to_dict()
    assert kinds["gold"] == [True] and kinds["model-a"] == [False] and kinds["all"] == [False, True]
    assert simulated_and_real_numbers_do_not_mix(store.get("phase2_evaluation")).passed
