"""spend, admissions; usage: how far a call is settled"""

from alembic import op
import sqlalchemy as sa

revision = '0010'
down_revision = '0009'
safe_on_start = True


def upgrade() -> None:
    op.create_table(
        'spend',
        sa.Column('tenant', sa.String(length=64), nullable=False),
        sa.Column('period', sa.String(length=16), nullable=False),
        sa.Column('person', sa.String(length=64), nullable=False),
        sa.Column('spent_nano_usd', sa.BigInteger(), nullable=False),
        sa.Column('held_nano_usd', sa.BigInteger(), nullable=False),
        sa.Column('refused', sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint('tenant', 'person', 'period', name=op.f('pk_spend')),
    )
    op.create_table(
        'admissions',
        sa.Column('tenant', sa.String(length=64), nullable=False),
        sa.Column('question_id', sa.String(length=36), nullable=False),
        sa.Column('revision', sa.Integer(), nullable=False),
        sa.Column('person', sa.String(length=64), nullable=False),
        sa.Column('channel', sa.String(length=64), nullable=False),
        sa.Column('at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('refused_by', sa.String(length=16), nullable=True),
        sa.Column('free_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('told', sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint('tenant', 'question_id', 'revision', name=op.f('pk_admissions')),
    )
    op.create_index('ix_admissions_tenant_at', 'admissions', ['tenant', 'at'])
    op.create_index('ix_admissions_tenant_person_at', 'admissions', ['tenant', 'person', 'at'])
    op.create_index('ix_admissions_tenant_channel_at', 'admissions', ['tenant', 'channel', 'at'])
    op.add_column(
        'usage',
        sa.Column('state', sa.String(length=16), nullable=False, server_default='settled'),
    )


def downgrade() -> None:
    op.drop_column('usage', 'state')
    op.drop_table('admissions')
    op.drop_table('spend')
