"""Cortex: a control policy learned offline from the agent's logs, promoted only when it is better.

Read in this order: features (what it sees), reward (what it wants), unsafe and hazard (what it may never do), transitions (logs as
an offline dataset), policy (what it does), train (how it learns), estimates (how good it would be, from logs alone),
world (a simulator fitted to logs), gate (candidate against incumbent), archive (versions, promotion, rollback), online
(what the agent loads). ``cascade`` is the second baseline, ``planted`` holds policies that are bad on purpose.
"""
