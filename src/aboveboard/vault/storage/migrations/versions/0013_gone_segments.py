"""Whether a segment that something was made from is destroyed is found without looking through all of them."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

GONE = "state NOT IN ('declared', 'stored')"


def upgrade() -> None:
    op.create_index(
        "ix_segments_gone",
        "segments",
        ["session_id", "sequence"],
        sqlite_where=sa.text(GONE),
        postgresql_where=sa.text(GONE),
    )
