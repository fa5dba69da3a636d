"""What each device was answered last; how pauses arrived; drills and exemptions; a pause of a share."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("pauses", sa.Column("share", sa.Integer))
    op.create_table(
        "device_states",
        sa.Column("device_id", sa.String(30), sa.ForeignKey("devices.device_id"), primary_key=True),
        sa.Column("asked_at_ns", sa.BigInteger, nullable=False),
        sa.Column("answer", sa.String(40), nullable=False),
        sa.Column("version", sa.String(200), nullable=False),
        sa.Column("lease_until_ns", sa.BigInteger, nullable=False),
        sa.Column("frame_ns", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "pause_reports",
        sa.Column("pause_id", sa.String(30), sa.ForeignKey("pauses.pause_id"), primary_key=True),
        sa.Column("people", sa.Integer, nullable=False),
        sa.Column("report", sa.Text),
        sa.Column("stragglers", sa.Text),
    )
    op.create_table(
        "pause_stops",
        sa.Column("pause_id", sa.String(30), sa.ForeignKey("pause_reports.pause_id"), primary_key=True),
        sa.Column("device_id", sa.String(30), sa.ForeignKey("devices.device_id"), primary_key=True),
        sa.Column("lease_until_ns", sa.BigInteger, nullable=False),
        sa.Column("lease_at_ns", sa.BigInteger, nullable=False),
        sa.Column("refused_at_ns", sa.BigInteger, nullable=False),
        sa.Column("frame_ns", sa.BigInteger, nullable=False),
        sa.Column("intake_at_ns", sa.BigInteger, nullable=False),
        sa.Column("offered_ns", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "drills",
        sa.Column("drill_id", sa.String(30), primary_key=True),
        sa.Column("envelope", sa.Text, nullable=False),
        sa.Column("at_ns", sa.BigInteger, nullable=False),
        sa.Column("duration_ns", sa.BigInteger, nullable=False),
        sa.Column("pause_id", sa.String(30), nullable=False, unique=True),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("received_at_ns", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "exemptions",
        sa.Column("exemption_id", sa.String(30), primary_key=True),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("envelope", sa.Text, nullable=False),
        sa.Column("person_id", sa.String(30)),
        sa.Column("pause_id", sa.String(30)),
        sa.Column("until_ns", sa.BigInteger, nullable=False),
        sa.Column("received_at_ns", sa.BigInteger, nullable=False),
    )
