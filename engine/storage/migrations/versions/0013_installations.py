"""installations, install_states: workspaces that installed the app, with encrypted tokens"""

from alembic import op
import sqlalchemy as sa

revision = '0013'
down_revision = '0012'
safe_on_start = True


def upgrade() -> None:
    op.create_table(
        'installations',
        sa.Column('tenant', sa.String(length=64), nullable=False),
        sa.Column('name', sa.String(length=128), nullable=False),
        sa.Column('app', sa.String(length=64), nullable=False),
        sa.Column('bot_user', sa.String(length=64), nullable=False),
        sa.Column('scopes', sa.Text(), nullable=False),
        sa.Column('installed_by', sa.String(length=64), nullable=False),
        sa.Column('installed_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('token', sa.Text(), nullable=True),
        sa.Column('refresh_token', sa.Text(), nullable=True),
        sa.Column('expires_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('settings', sa.JSON(none_as_null=True), nullable=False),
        sa.Column('revision', sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint('tenant', name=op.f('pk_installations')),
    )
    op.create_table(
        'install_states',
        sa.Column('tenant', sa.String(length=64), nullable=False),
        sa.Column('state', sa.String(length=64), nullable=False),
        sa.Column('until', sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint('tenant', 'state', name=op.f('pk_install_states')),
    )


def downgrade() -> None:
    op.drop_table('install_states')
    op.drop_table('installations')
