"""Schema 2: the content hash that tells a changed application, and when it was added."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "2"
down_revision = "1"


def upgrade() -> None:
    """Add both columns. Rows that are there get an empty hash, so that the next synchronisation fills it in, and the
    present as their age."""
    op.add_column("applications", sa.Column("content_hash", sa.String, nullable=False, server_default=""))
    op.add_column("applications", sa.Column("added_at", sa.DateTime(timezone=True)))
    table = sa.table("applications", sa.column("added_at", sa.DateTime(timezone=True)))
    op.execute(table.update().values(added_at=datetime.now(UTC)))
    with op.batch_alter_table("applications") as batch:
        batch.alter_column("added_at", existing_type=sa.DateTime(timezone=True), nullable=False)


def downgrade() -> None:
    with op.batch_alter_table("applications") as batch:
        batch.drop_column("added_at")
        batch.drop_column("content_hash")
