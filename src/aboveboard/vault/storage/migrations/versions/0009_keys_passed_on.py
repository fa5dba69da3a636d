"""How many keys of each person's segments were passed on."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "passed_on",
        sa.Column("person_id", sa.String(30), nullable=False),
        sa.Column("keys", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("person_id", name="pk_passed_on"),
    )
