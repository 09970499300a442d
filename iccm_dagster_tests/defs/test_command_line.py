"""The owner's literal command in a subprocess, on an empty folder: killed in the middle, run again, extended, repeated.

One story, told in order, because a run costs tens of seconds: each test looks at one part of it.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
import pytest

from iccm_dagster.artifacts import ArtifactStore
from iccm_dagster.definitions import defs
from iccm_dagster.defs.jobs import MAIN_GROUPS
from iccm_dagster.defs.overview import judgements
from iccm_dagster_tests.tiny import write_catalogue

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
LITERAL = [str(BIN / "dagster"), "asset", "materialize", "--select", "phase2_checkpoint"]
LIMIT_S = 550


@dataclass(frozen=True)
class Story:
    home: Path
    environment: dict[str, str]
    store: ArtifactStore
    killed_with: set[str]
    """Assets that were whole when the first run was killed."""
    versions_at_kill: dict[str, str]
    children_after_kill: list[str]
    resumed: subprocess.CompletedProcess
    extended: subprocess.CompletedProcess
    repeated: subprocess.CompletedProcess
    repeated_s: float

    def run(self, *command: str) -> subprocess.CompletedProcess:
        return run(command, self.home, self.environment)


def run(command, home: Path, environment: dict[str, str]) -> subprocess.CompletedProcess:
    return subprocess.run(
        command, cwd=home, env=environment, capture_output=True, text=True, timeout=LIMIT_S, check=False
    )


def stored_versions(store: ArtifactStore) -> dict[str, str]:
    names = [path.parent.parent.name for path in Path(str(store.root)).glob("*/all/current.json")]
    return {name: store.get(name).version for name in names}


@pytest.fixture(scope="module")
def story(tmp_path_factory) -> Story:
    home = tmp_path_factory.mktemp("empty")
    write_catalogue(home / "applications")
    shutil.copy(ROOT / "dagster.yaml", home)
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("DAGSTER_", "ICCM_"))},
        "DAGSTER_MODULE_NAME": "iccm_dagster.definitions",
        "ICCM_PROFILE": "smoke",
        "OMP_NUM_THREADS": "1",
        "ICCM_APPLICATIONS": str(home / "applications"),
        "ICCM_STORAGE": str(home / "artifacts"),
        "PYTHONPATH": str(ROOT),
    }
    store = ArtifactStore(home / "artifacts")
    with (home / "first.log").open("w") as log:
        first = subprocess.Popen(LITERAL, cwd=home, env=environment, stdout=log, stderr=log)
    child = wait_for_child(first, home / "first.log")
    versions = stored_versions(store)
    first.send_signal(signal.SIGKILL)
    first.wait()
    left = wait_for_end(child)
    resumed = run(LITERAL, home, environment)
    extended = run([sys.executable, "-m", "iccm_dagster.defs.run"], home, environment)
    started = time.monotonic()
    repeated = run([sys.executable, "-m", "iccm_dagster.defs.run"], home, environment)
    return Story(
        home=home,
        environment=environment,
        store=store,
        killed_with=set(versions),
        versions_at_kill=versions,
        children_after_kill=left,
        resumed=resumed,
        extended=extended,
        repeated=repeated,
        repeated_s=time.monotonic() - started,
    )


def wait_for_child(parent: subprocess.Popen, log: Path) -> int:
    """Return the process id of the first training."""
    deadline = time.monotonic() + LIMIT_S
    while time.monotonic() < deadline and parent.poll() is None:
        for status in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                if b"iccm_dagster.defs.child" in status.read_bytes() and _parent_of(status.parent) == parent.pid:
                    return int(status.parent.name)
            except OSError:
                continue
        time.sleep(0.1)
    raise AssertionError(f"no training was started (exit {parent.poll()}): {log.read_text()[-3000:]}")


def _parent_of(process: Path) -> int:
    return int(re.search(r"^PPid:\s*(\d+)", (process / "status").read_text(), flags=re.MULTILINE)[1])


def wait_for_end(child: int) -> list[str]:
    """Give an orphan five seconds to notice; return it if it is still there."""
    deadline = time.monotonic() + 5
    while Path(f"/proc/{child}").exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    return [str(child)] if Path(f"/proc/{child}").exists() else []


def test_a_training_ends_with_its_parent(story):
    assert story.children_after_kill == []


def test_a_training_whose_parent_ended_while_it_started_does_not_begin():
    gone = subprocess.Popen(["true"])
    gone.wait()
    child = run([sys.executable, "-m", "iccm_dagster.defs.child", str(gone.pid)], ROOT, dict(os.environ))
    assert child.returncode == 1
    assert "the parent ended before the training began" in child.stderr


def test_the_literal_line_reaches_the_checkpoint_from_what_a_killed_run_left(story):
    assert story.resumed.returncode == 0, story.resumed.stderr[-3000:]
    assert story.store.get("phase2_checkpoint").folder().joinpath("head", "model.safetensors").exists()
    assert "in a linked run first" in story.resumed.stderr


def test_what_the_killed_run_had_finished_was_kept(story):
    assert "docstring_corpus" in story.killed_with
    assert {name: story.store.get(name).version for name in story.killed_with} == story.versions_at_kill
    remade = re.search(r"missing or out of date above phase2_checkpoint: (.*)\. Making", story.resumed.stderr)[1]
    assert "docstring_corpus" not in remade
    assert "phase1_checkpoint" in remade


def test_every_manifest_verifies(story):
    artifacts = [
        story.store.find(path.parents[1].name, None if path.parent.name == "all" else path.parent.name)
        for path in Path(str(story.store.root)).glob("*/*/current.json")
    ]
    assert len(artifacts) > 15
    for artifact in artifacts:
        assert artifact.problem is None
        artifact.folder()


def test_make_run_makes_only_the_rest_and_shows_one_screen(story):
    assert story.extended.returncode == 0, story.extended.stderr[-3000:]
    to_make = re.search(r"to make: (.*)", story.extended.stdout)[1].split(", ")
    assert to_make == [
        "application_registry",
        "catalogue_statistics",
        "degraded_contexts",
        "gold_requirements",
        "phase1_evaluation",
        "section_index",
        "generated_requirements",
        "reconstructions",
        "reconstruction_pass_rates",
        "phase2_evaluation",
    ]
    summary = story.extended.stdout.split("== iccm_dagster")[1]
    assert "SIMULATED" in summary
    assert summary.count("\n") < 45


def test_again_with_nothing_changed_trains_nothing(story):
    """The promise is 30 s on two idle cores; what is asserted is that there was nothing to do."""
    assert "everything is up to date" in story.repeated.stdout
    assert story.repeated.returncode == 0


def test_every_page_of_the_main_pipeline_shows_something_and_every_check_its_target(story):
    """Walks what the runs of this story have written: a preview or a plot on each asset, the way back where there is one."""
    graph = defs.resolve_asset_graph()
    main = [key for key in graph.materializable_asset_keys if graph.get(key).group_name in MAIN_GROUPS]
    plotted = set()
    with dg.DagsterInstance.local_temp(str(story.home / ".dagster")) as instance:
        for key in main:
            event = instance.get_latest_materialization_event(key)
            shown = event.asset_materialization.metadata
            texts = [value.md_str for value in shown.values() if isinstance(value, dg.MarkdownMetadataValue)]
            assert texts, key
            assert "lineage" in shown or not graph.get(key).parent_keys, key
            plotted |= {key.to_user_string() for text in texts if "data:image/png;base64," in text}
        judged = judgements(instance, graph)
    training = {"phase1_checkpoint", "phase2_stage1_checkpoint", "phase2_checkpoint"}
    assert plotted >= training | {"catalogue_statistics", "gold_requirements", "phase1_evaluation", "phase2_evaluation"}
    assert len(judged) >= 20
    # A check that found nothing to measure says so and has no sample size.
    assert [one.check for one in judged if one.n is not None and (one.value is None or one.target is None)] == []


def test_one_partition_materializes_alone(story):
    done = story.run(
        str(BIN / "dagster"), "asset", "materialize", "--select", "code_sections", "--partition", "001-plain"
    )
    assert done.returncode == 0, done.stderr[-2000:]


def test_the_upper_bound_lies_above_the_interface_alone(story):
    table = story.store.get("phase2_evaluation").table()
    rate = {(row.source, row.reconstructor): row.pass_rate for row in table[table["split"] == "holdout"].itertuples()}
    assert rate["gold", "gold"] == 1.0
    assert rate["interface only", "all"] < 0.5


def test_each_index_holds_one_vector_per_section_and_shows_what_it_finds(story):
    index, sections = (
        story.store.get("section_index", "001-plain"),
        story.store.get("code_sections", "001-plain").table(),
    )
    assert index.table()["name"].tolist() == sections["name"].tolist()
    assert {len(vector) for vector in index.table()["vector"]} == {768}
    asked = index.manifest.facts["metadata"]["what it finds"]["markdown"]
    assert "add up all the numbers" in asked and "src/plainnumbers.py:" in asked


def test_the_ablation_tells_every_kind_of_text_within_the_tokens_of_stage_2(story):
    done = story.run(str(BIN / "dagster"), "asset", "materialize", "--select", "group:ablation")
    assert done.returncode == 0, done.stderr[-3000:]
    rates = story.store.get("phase2_ablation").table("rates.parquet")
    assert {"gold", "paraphrased", "similarity reward", "untrained head", "retrieval", "stage 1"} < set(rates["source"])
    whole = rates[rates["share"] == 1.0].groupby(["application", "source"])["tokens"].first().unstack()
    assert (whole.max(axis=1) == whole["stage 2"]).all()
    alone = rates[rates["source"] == "interface only"]
    assert (alone["tokens"] == 0).all() and alone["pass_rate"].notna().all()


def test_bootstrap_can_be_refused_and_says_what_to_run(story, tmp_path):
    environment = {**story.environment, "ICCM_STORAGE": str(tmp_path / "elsewhere")}
    config = '{"ops": {"phase2_checkpoint": {"ops": {"complete_upstream": {"config": {"bootstrap": false}}}}}}'
    done = run([*LITERAL, "--config-json", config], story.home, environment)
    assert done.returncode != 0
    assert "bootstrap is off. Run: dagster asset materialize" in done.stderr


def test_an_unknown_profile_names_the_known_ones(story):
    done = run(
        [sys.executable, "-m", "iccm_dagster.defs.run"], story.home, {**story.environment, "ICCM_PROFILE": "laptop"}
    )
    assert done.returncode == 1
    assert "ICCM_PROFILE='laptop': the profiles are embedded, embedded-long, p40, p40-causal, smoke" in done.stderr


def test_the_card_profile_refuses_before_any_training(story, tmp_path):
    """On a machine without a card: nothing is made, and one screen says what is missing."""
    environment = {
        **story.environment,
        "ICCM_PROFILE": "p40",
        "ICCM_STORAGE": str(tmp_path / "p40"),
        "CUDA_VISIBLE_DEVICES": "",
    }
    done = run([sys.executable, "-m", "iccm_dagster.defs.run"], story.home, environment)
    assert done.returncode == 1
    assert "no card: this profile needs one with 22 GiB and compute capability 6.1" in done.stderr
    assert "Base model Qwen/Qwen2.5-Coder-1.5B-Instruct" in done.stderr
    assert len(done.stderr.splitlines()) <= 24
