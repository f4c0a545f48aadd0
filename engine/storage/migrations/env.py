"""Alembic's entry: runs on the connection that `engine.storage.migrate` hands over."""

from typing import Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext

from engine.storage.schema import Moment, metadata


def _render(kind: str, item: object, _: AutogenContext) -> str | Literal[False]:
    """Revisions name SQLAlchemy's own type, so that they stay what they were."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, Moment) else False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    render_item=_render,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
