"""CELR: solve a task by trying, testing and reflecting; then learn from the attempts.

Read in this order: states (what may be done next), events, log, trajectories.
"""
