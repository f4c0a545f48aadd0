"""traces: the mode of the channel; entries: where they were said; inbox: found by time"""

from alembic import op
import sqlalchemy as sa

revision = '0008'
down_revision = '0007'
safe_on_start = True


def upgrade() -> None:
    op.add_column('traces', sa.Column('mode', sa.String(length=16), nullable=True))
    op.add_column(
        'entries', sa.Column('channels', sa.JSON(), nullable=False, server_default='[]')
    )
    op.create_index('ix_inbox_tenant_asked_at', 'inbox', ['tenant', 'asked_at'], unique=False)


def downgrade() -> None:
    op.drop_index('ix_inbox_tenant_asked_at', table_name='inbox')
    op.drop_column('entries', 'channels')
    op.drop_column('traces', 'mode')
