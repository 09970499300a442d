"""Versions of the table ``applications``: `env` runs them (Alembic), `versions` holds them, oldest first."""
