"""usage: whether tokens were estimated, and whether the price was known"""

from alembic import op
import sqlalchemy as sa

revision = '0002'
down_revision = '0001'
safe_on_start = True


def upgrade() -> None:
    op.add_column(
        'usage', sa.Column('estimated', sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.add_column(
        'usage', sa.Column('price_known', sa.Boolean(), nullable=False, server_default=sa.true())
    )


def downgrade() -> None:
    with op.batch_alter_table('usage', schema=None) as batch_op:
        batch_op.drop_column('price_known')
        batch_op.drop_column('estimated')
