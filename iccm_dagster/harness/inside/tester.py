"""placeholder"""
from iccm_dagster.harness.inside.session import warm_up
