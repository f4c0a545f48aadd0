"""leases: which process does the jobs"""

from alembic import op
import sqlalchemy as sa

revision = '0015'
down_revision = '0013'
safe_on_start = True


def upgrade() -> None:
    op.create_table(
        'leases',
        sa.Column('tenant', sa.String(length=64), nullable=False),
        sa.Column('name', sa.String(length=32), nullable=False),
        sa.Column('holder', sa.String(length=128), nullable=False),
        sa.Column('until', sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint('tenant', 'name', name=op.f('pk_leases')),
    )


def downgrade() -> None:
    op.drop_table('leases')
