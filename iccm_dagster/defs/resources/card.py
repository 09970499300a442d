"""The graphics card: what it is, what each training needs of it, and what a cluster is asked for."""

import json
import platform
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import dagster as dg

from iccm_dagster.defs.needs import estimates_of, need_of
from iccm_dagster.defs.profiles import Machine, Profile
from iccm_dagster.device import Build, Card, read_build, read_card, require
from iccm_dagster.encoders import base_at_hand
from iccm_dagster.memory import Estimate

CARD_TAG = "iccm/card"
"""Tag of every run that trains on a card: dagster.yaml may limit how many of them run."""


class CardResource(dg.ConfigurableResource):
    """The card that torch sees first; asked when it is needed, never at load time."""

    told: str = ""
    """A card and a torch build as JSON, where nobody shall be asked; empty asks the machine."""

    @classmethod
    def of(cls, card: Card | None, build: Build) -> "CardResource":
        """Return the resource of a card that is told, not asked: for tests and for planning a purchase."""
        return cls(told=json.dumps([None if card is None else asdict(card), asdict(build)]))

    def read(self) -> tuple[Card | None, Build]:
        """Return the card (None for none) and the installed torch."""
        if not self.told:
            build = read_build()
            return read_card(build), build
        card, build = json.loads(self.told)
        known = Build(**{**build, "architectures": tuple(build["architectures"])})
        return (None if card is None else Card(**{**card, "capability": tuple(card["capability"])})), known

    def require(self, profile: Profile, training: str | None = None) -> Estimate | None:
        """Return the estimate of a training, with the largest micro-batch that fits; None where nothing is estimated
        (a CPU profile, no ``training``, an architecture without an estimate).

        Raises:
            DeviceError: The machine lacks what this training (None: any of the profile's) needs; with the sum.
        """
        if profile.machine.device == "cpu":
            return None
        card, build = self.read()
        free = profile.machine.vram_gib if card is None else card.free_gib
        estimates = estimates_of(profile, gib=free)
        wanted = (
            list(estimates.values())
            if training is None
            else [found for name, found in estimates.items() if name == training]
        )
        require(need_of(profile), card, build, wanted, notes=[_base(profile), *_sizes(estimates)])
        return estimates.get(training)

    def describe(self, profile: Profile) -> str:
        """Return one phrase about where trainings run."""
        if profile.machine.device == "cpu":
            return f"the CPU ({platform.machine()}); no card is used by this profile"
        return str(self.read()[0])


def _base(profile: Profile) -> str:
    """Say whether the base model is at hand: the other thing that a new machine lacks."""
    base = profile.retriever.base
    if base_at_hand(base):
        return f"Base model {base}: at hand."
    return (
        f"Base model {base}: not in the local cache. The first training fetches it from the hub; without a network, run "
        f"`hf download {base}` where there is one and copy the cache, or name a folder as the base."
    )


def _sizes(estimates: Mapping[str, Estimate]) -> list[str]:
    if not estimates:
        return []
    listed = ", ".join(f"{name} {estimate.gib:.1f} GiB" for name, estimate in estimates.items())
    return [
        f"Estimated: {listed}. The sums, the hours and what a cluster is asked for: python -m iccm_dagster.defs.card"
    ]


def kubernetes_config(machine: Machine) -> dict[str, Any]:
    """Return the value of the tag ``dagster-k8s/config`` that asks for what the machine declares; empty without a
    card. The K8sRunLauncher reads it off a run, the k8s_job_executor off a step."""
    if not machine.cards:
        return {}
    resources: dict[str, Any] = {"limits": {"nvidia.com/gpu": str(machine.cards)}}
    if machine.host_gib:
        resources["requests"] = {"memory": f"{machine.host_gib:g}Gi"}
    return {
        "container_config": {"resources": resources},
        "pod_spec_config": {"tolerations": [{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}]},
    }


def docker_config(machine: Machine) -> dict[str, Any]:
    """Return ``container_kwargs`` for the DockerRunLauncher or the docker_executor; empty without a card."""
    if not machine.cards:
        return {}
    request = {"driver": "nvidia", "count": machine.cards, "capabilities": [["gpu"]]}
    memory = {"mem_reservation": f"{machine.host_gib:g}g"} if machine.host_gib else {}
    # Trainings hand tensors between processes through shared memory, of which a container has 64 MB by default.
    return {"device_requests": [request], "shm_size": "2g", **memory}


def launch_tags(machine: Machine) -> Mapping[str, Any]:
    """Return the tags of runs and steps that train on this machine; empty without a card."""
    if not machine.cards:
        return {}
    return {CARD_TAG: "training", "dagster-k8s/config": kubernetes_config(machine)}
