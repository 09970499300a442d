"""The card resource: what is required, what a cluster is asked for, and that no two trainings share a card."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import dagster as dg
import pytest

from iccm_dagster.defs.child import exclusive
from iccm_dagster.defs.needs import estimates_of
from iccm_dagster.defs.profiles import embedded, p40, p40_causal
from iccm_dagster.defs.resources.card import CardResource, docker_config, kubernetes_config
from iccm_dagster.device import Build, Card
from iccm_dagster.errors import DeviceError

CU126 = Build(version="2.14.0+cu126", cuda="12.6", architectures=("sm_60",), sees=True)


def a_card(*, memory: float = 22.9, free: float = 22.5) -> Card:
    return Card(name="Tesla P40", memory_gib=memory, free_gib=free, capability=(6, 1), driver="580.95.05")


@pytest.mark.parametrize("profile", [p40(), p40_causal()], ids=lambda profile: profile.name)
def test_every_training_of_the_profiles_fits_the_card_they_are_for(profile):
    resource = CardResource.of(a_card(), CU126)
    resource.require(profile)
    for training in (
        "phase1_checkpoint",
        "phase2_stage1_checkpoint",
        "phase2_checkpoint",
        "phase2_generators",
        "dpo_checkpoint",
    ):
        estimate = resource.require(profile, training)
        assert estimate.training == training
        assert 6 < estimate.gib < 22.5
        assert estimate.micro_batch >= 1


def test_a_fuller_card_gets_a_smaller_micro_batch_and_a_full_one_is_refused_with_the_sum():
    roomy = CardResource.of(a_card(), CU126).require(p40(), "phase1_checkpoint")
    tight = CardResource.of(a_card(free=9.0), CU126).require(p40(), "phase1_checkpoint")
    assert tight.micro_batch < roomy.micro_batch
    with pytest.raises(
        DeviceError, match=r"(?s)phase1_checkpoint does not fit: .*weights .*adapters .*optimiser .*sum"
    ):
        CardResource.of(a_card(free=5.0), CU126).require(p40(), "phase1_checkpoint")


def test_a_cpu_profile_asks_nobody_and_estimates_nothing():
    assert CardResource.of(None, CU126).require(embedded()) is None
    assert estimates_of(embedded(), gib=8) == {}


def test_a_cluster_is_asked_for_what_the_machine_declares():
    container = kubernetes_config(p40().machine)["container_config"]
    assert container["resources"] == {"limits": {"nvidia.com/gpu": "1"}, "requests": {"memory": "32Gi"}}
    asked = docker_config(p40().machine)
    assert asked["device_requests"] == [{"driver": "nvidia", "count": 1, "capabilities": [["gpu"]]}]
    assert asked["mem_reservation"] == "32g"
    assert kubernetes_config(embedded().machine) == docker_config(embedded().machine) == {}


def test_trainings_and_jobs_carry_pool_and_request():
    """In a process of its own: the tags follow the profile that is chosen when the definitions are loaded."""
    code = """if True:
        import json
        from iccm_dagster.definitions import defs
        graph, found = defs.resolve_asset_graph(), {}
        for name in ("phase1_checkpoint", "phase2_stage1_checkpoint", "phase2_checkpoint", "phase2_generators", "dpo_checkpoint"):
            asset = next(a for a in defs.assets if name in {key.to_user_string() for key in a.keys})
            ops = [asset.node_def] if not hasattr(asset.node_def, "node_defs") else asset.node_def.node_defs
            found[name] = [sorted(op.pools) for op in ops], [dict(op.tags) for op in ops]
        found["job"] = dict(defs.resolve_job_def("main").run_tags or defs.resolve_job_def("main").tags)
        print(json.dumps(found))
    """
    environment = {**os.environ, "ICCM_PROFILE": "p40"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    found = json.loads(done.stdout)
    job = found.pop("job")
    assert json.loads(job["dagster-k8s/config"])["container_config"]["resources"]["limits"] == {"nvidia.com/gpu": "1"}
    assert job["iccm/card"] == "training"
    for name, (pools, tags) in found.items():
        assert ["gpu"] in pools, name
        assert any("nvidia.com/gpu" in str(tag.get("dagster-k8s/config")) for tag in tags), name


def test_two_trainings_never_hold_one_card(tmp_path: Path):
    """The second waits for the first, says so, and takes over when that one is gone, however it went."""
    lock, said = tmp_path / "card.lock", []
    child = os.fork()
    if child == 0:
        with exclusive(lock, print):
            (tmp_path / "held").touch()
            time.sleep(0.4)
            os._exit(9)
    while not (tmp_path / "held").exists():
        time.sleep(0.01)
    started = time.monotonic()
    with exclusive(lock, said.append):
        assert time.monotonic() - started > 0.1
    assert said == [f"waiting for the training that holds {lock}"]
    os.waitpid(child, 0)


def test_the_resource_survives_being_copied_by_dagster():
    resource = CardResource.of(a_card(), CU126)

    @dg.asset
    def asks(card: CardResource) -> str:
        return str(card.read()[0])

    result = dg.materialize([asks], resources={"card": resource}, instance=dg.DagsterInstance.ephemeral())
    assert result.output_for_node("asks") == str(a_card())
