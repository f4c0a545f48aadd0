"""documents and sources: how far a source is trusted, and what a document hides or plants"""

from alembic import op
import sqlalchemy as sa

revision = '0012'
down_revision = '0011'
safe_on_start = True


def upgrade() -> None:
    op.add_column('sources', sa.Column('trust', sa.String(length=16), nullable=True))
    op.add_column(
        'documents',
        sa.Column('trust', sa.String(length=16), nullable=False, server_default='team'),
    )
    op.add_column('documents', sa.Column('warnings', sa.JSON(none_as_null=True), nullable=True))


def downgrade() -> None:
    op.drop_column('documents', 'warnings')
    op.drop_column('documents', 'trust')
    op.drop_column('sources', 'trust')
