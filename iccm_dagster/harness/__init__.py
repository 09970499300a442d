"""Verdicts that cannot be forged: tests run on implementations that may be hostile.

Read in this order: program (what is judged), suite (the tests, and the report), sandbox (the protocol and the limits),
verify (cache, many at once), calibration (which tests count, how each file runs), recipe, process (the sandbox of this
machine), machine (what a run borrows), run (one run in it), watch (frames, SIGKILL), processes and cgroup (memory), jail
(its outer walls), inside (everything that runs within them), policy, sentinels and planted (defences where tests and
implementation share a process), selftest and probe (attack the sandbox before it is used), leak (how much of the source a
context gives away), scripted (a sandbox that replays reports).
"""
