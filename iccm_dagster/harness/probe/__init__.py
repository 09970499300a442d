"""The self-test's program and its tests; both run inside the jail, neither is imported here."""
