"""``python -m iccm_dagster.doctor``: what ails the instance and the storage, and, when asked to, its mending."""

import sys

from iccm_dagster.defs.checkup import main

if __name__ == "__main__":
    sys.exit(main())
