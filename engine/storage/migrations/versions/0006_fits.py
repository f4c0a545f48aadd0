"""fits: what a model was last fitted to, and who fits it now"""

from alembic import op
import sqlalchemy as sa

revision = '0006'
down_revision = '0005'
safe_on_start = True


def upgrade() -> None:
    op.create_table(
        'fits',
        sa.Column('tenant', sa.String(length=64), nullable=False),
        sa.Column('name', sa.String(length=64), nullable=False),
        sa.Column('state', sa.String(length=64), nullable=False),
        sa.Column('fitted_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('failures', sa.Integer(), nullable=False),
        sa.Column('due_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('lease', sa.String(length=36), nullable=True),
        sa.Column('lease_until', sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint('tenant', 'name', name=op.f('pk_fits')),
    )


def downgrade() -> None:
    op.drop_table('fits')
