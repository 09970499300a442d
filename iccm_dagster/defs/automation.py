"""When cheap assets make themselves: conditions that Dagster evaluates, tick by tick.

Only assets about one application that need no training carry one. `application_source` carries none, since no
condition sees a folder: the sensor `new_applications` is its automation. Trainings carry none either: conditions of
this kind lose an update that lands between a request and the next tick, and a training costs too much to be started by
an edge. What is lost here is found by the sensor, which compares levels.
"""

import dagster as dg

_CHANGED = dg.AutomationCondition.any_deps_updated().replace(
    "newly_updated", dg.AutomationCondition.data_version_changed()
)

REFRESHED = (
    (_CHANGED | dg.AutomationCondition.code_version_changed()).since(
        dg.AutomationCondition.newly_requested() | dg.AutomationCondition.newly_updated()
    )
    & ~dg.AutomationCondition.any_deps_missing()
    & ~dg.AutomationCondition.any_deps_in_progress()
    & ~dg.AutomationCondition.in_progress()
).with_label("what it is made from has changed")
"""Made again when an upstream partition has another content, or the asset another code version, and nobody is making it."""

REPORTED = (
    dg.AutomationCondition.any_deps_updated().since(
        dg.AutomationCondition.newly_requested() | dg.AutomationCondition.newly_updated()
    )
    & ~dg.AutomationCondition.any_deps_in_progress()
    & ~dg.AutomationCondition.in_progress()
).with_label("something it reports has changed")
"""Made again when anything upstream was made, also while other parts were never made."""

light_assets = dg.AutomationConditionSensorDefinition(
    "light_assets",
    target=dg.AssetSelection.all(),
    minimum_interval_seconds=30,
    default_status=dg.DefaultSensorStatus.STOPPED,
    description="Makes cheap assets of an application again when what they are made from has changed. Trains nothing.",
)
