"""leases: which process does the jobs; schema_floor: which programs can read these tables"""

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
    op.create_table('schema_floor', sa.Column('revision', sa.String(length=32), nullable=False))


def downgrade() -> None:
    op.drop_table('schema_floor')
    op.drop_table('leases')
