"""Devices tell what their watchdog found."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("devices", sa.Column("health", sa.String(200)))
    op.add_column("devices", sa.Column("health_at_ns", sa.BigInteger))
