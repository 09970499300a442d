"""How Alembic runs the versions of the registry's schema: on the connection, and inside the transaction, of the caller."""

from alembic import context

# Its own name: Dagster keeps an Alembic table of the usual name in the same database.
context.configure(
    connection=context.config.attributes["connection"], version_table="applications_schema", transactional_ddl=False
)
context.run_migrations()
