"""eval_announcements: what is told to people of what was measured"""

from alembic import op
import sqlalchemy as sa

revision = '0005'
down_revision = '0004'
safe_on_start = True


def upgrade() -> None:
    op.create_table(
        'eval_announcements',
        sa.Column('id', sa.String(length=36), nullable=False),
        sa.Column('tenant', sa.String(length=64), nullable=False),
        sa.Column('kind', sa.String(length=16), nullable=False),
        sa.Column('channel', sa.Text(), nullable=False),
        sa.Column('asked_by', sa.Text(), nullable=True),
        sa.Column('owner', sa.Text(), nullable=True),
        sa.Column('subject', sa.JSON(), nullable=False),
        sa.Column('opened_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('attempts', sa.Integer(), nullable=False),
        sa.Column('lease', sa.String(length=36), nullable=True),
        sa.Column('lease_until', sa.DateTime(timezone=True), nullable=True),
        sa.Column('report', sa.JSON(), nullable=True),
        sa.Column('posts', sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_eval_announcements')),
    )
    op.create_index(
        'ix_eval_announcements_tenant_closed_at', 'eval_announcements',
        ['tenant', 'closed_at', 'due_at'],
    )


def downgrade() -> None:
    op.drop_table('eval_announcements')
