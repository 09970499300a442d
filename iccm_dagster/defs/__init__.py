"""The shell: the only folder that knows Dagster (with ``definitions.py``).

profiles (what a machine runs), partitions (one key per application), resources, io_managers (stored artifacts in and
out of assets), freshness (what is out of date, and why), making (the loop over applications), bootstrap (everything
upstream, in one linked run), training (child processes), plots, assets and checks (one module per stage), run (`make
run`), report (the summary).

Dagster gives one data version to all keys of a range run; the content version of each application's artifact is in its own metadata,
its own event and its manifest, and only the manifest decides what is made again.
"""
