"""A seed from a name, so that adding a random draw in one place moves no other."""

import hashlib


def seed_for(*names: object) -> int:
    """Return a seed in ``[0, 2**31)`` that depends on the names alone."""
    digest = hashlib.sha256("/".join(map(str, names)).encode()).digest()
    return int.from_bytes(digest[:4], "big") >> 1
