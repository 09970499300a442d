"""Incremental builds: `graph` orders targets, `digests` tells contents apart, `planner` decides what to rebuild."""
