"""Who judges programs."""

import dagster as dg

from iccm_dagster.harness.process import default_sandbox
from iccm_dagster.harness.recipe import CalibrationRecipe
from iccm_dagster.harness.sandbox import Limits, Sandbox


class SandboxResource(dg.ConfigurableResource):
    """The strongest sandbox that this machine has."""

    def sandbox(self) -> Sandbox:
        return default_sandbox()

    def limits(self, recipe: CalibrationRecipe) -> Limits:
        """Return the limits of a verdict before calibration knows better."""
        return Limits(
            wall_s=recipe.wall_s,
            test_s=recipe.test_s,
            memory_mib=recipe.memory_mib,
            processes=recipe.processes,
            output_mib=recipe.output_mib,
        )
