"""Train a small model to write the requirements that let other models rebuild a program.

Stages make artifacts: ``applications`` (the catalogue), ``phase1`` (find the code of a requirement), ``phase2`` (write
the requirements of code). Capabilities are lent to them: ``harness`` (judge a program by tests), ``orchestra`` (rebuild
a program from requirements). ``defs`` is the only folder that knows Dagster; ``definitions`` is what Dagster loads.
"""
