"""Alembic's history of the tables; `engine.storage.migrate` runs it."""
