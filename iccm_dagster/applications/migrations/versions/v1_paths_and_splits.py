"""Schema 1: id, name, source path and split, the columns that readers of an ``applications`` table have always used."""

import sqlalchemy as sa
from alembic import op

revision = "1"
down_revision = None


def upgrade() -> None:
    """Create the table, unless one without a version is there already: that is this schema."""
    if sa.inspect(op.get_bind()).has_table("applications"):
        return
    op.create_table(
        "applications",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("source_path", sa.String, nullable=False),
        sa.Column("split", sa.String, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("applications")
