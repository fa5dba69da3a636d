"""From which segments each artefact was made, and by which digests its files are known again."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "artefact_sources",
        sa.Column("artefact_id", sa.String(30), sa.ForeignKey("artefacts.artefact_id"), primary_key=True),
        sa.Column("session_id", sa.String(30), primary_key=True, index=True),
        sa.Column("first", sa.BigInteger, primary_key=True),
        sa.Column("last", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "artefact_digests",
        sa.Column("artefact_id", sa.String(30), sa.ForeignKey("artefacts.artefact_id"), primary_key=True),
        sa.Column("sha256", sa.String(64), primary_key=True, index=True),
    )
