"""traces: under which key an answer may be given again, and which one it repeats"""

from alembic import op
import sqlalchemy as sa

revision = '0009'
down_revision = '0008'
safe_on_start = True


def upgrade() -> None:
    op.add_column('traces', sa.Column('repeatable_as', sa.String(length=64), nullable=True))
    op.add_column('traces', sa.Column('repeats', sa.String(length=36), nullable=True))
    op.create_index(
        'ix_traces_tenant_repeatable_as', 'traces', ['tenant', 'repeatable_as'], unique=False
    )


def downgrade() -> None:
    op.drop_index('ix_traces_tenant_repeatable_as', table_name='traces')
    op.drop_column('traces', 'repeats')
    op.drop_column('traces', 'repeatable_as')
