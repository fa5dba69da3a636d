"""Who stored anything lately is found without looking through all segments."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_segments_stored_at_ns", "segments", ["stored_at_ns"])
