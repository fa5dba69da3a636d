"""Invitations say of which country and cohort a person is. Of whoever enrolled before, neither is known: empty."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("invitations", "people"):
        op.add_column(table, sa.Column("country", sa.String(6), nullable=False, server_default=""))
        op.add_column(table, sa.Column("cohort", sa.String(40), nullable=False, server_default=""))
