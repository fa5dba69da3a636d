"""A pause may be of a cohort, a country or one application, and has its reason beside it.

What changes anybody's permission is noted in one line of changes, for every process of the vault to follow.
"""

import base64
import json

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("pauses", sa.Column("cohort", sa.String(40)))
    op.add_column("pauses", sa.Column("country", sa.String(6)))
    op.add_column("pauses", sa.Column("wm_class", sa.String(100)))
    op.add_column("pauses", sa.Column("reason", sa.String(200), nullable=False, server_default=""))
    pauses = sa.table("pauses", sa.column("pause_id"), sa.column("envelope"), sa.column("reason"))
    connection = op.get_bind()
    for row in connection.execute(sa.select(pauses.c.pause_id, pauses.c.envelope)).all():
        reason = json.loads(base64.b64decode(json.loads(row.envelope)["payload"])).get("reason", "").strip()
        connection.execute(pauses.update().where(pauses.c.pause_id == row.pause_id).values(reason=reason))
    op.create_table(
        "changes",
        sa.Column("sequence", sa.Integer, primary_key=True),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("subject", sa.String(64), nullable=False),
        sa.Column("at_ns", sa.BigInteger, nullable=False),
    )
