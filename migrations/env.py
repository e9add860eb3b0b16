"""What Alembic runs for every command: one transaction on the connection that `migrations.run` opened.

The one law: *all steps or none*.  SQLite changes tables in batch mode, by
copying them, inside the same transaction.
"""

from alembic import context

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=context.config.attributes.get("metadata"),
    render_as_batch=connection.dialect.name == "sqlite",
    transactional_ddl=True,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
