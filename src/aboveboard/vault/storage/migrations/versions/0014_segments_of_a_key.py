"""What is sealed to a key that has to end is found without looking through everything of its person."""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_segments_person_id_key_epoch", "segments", ["person_id", "key_epoch"])
