"""How do migrations run? On the connection that ``storage.sql.engine.upgrade`` opened and locked, nowhere else."""

from alembic import context

from aboveboard.vault.storage.sql.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
