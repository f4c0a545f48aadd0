"""eval_runs, eval_answers, eval_baselines, eval_schedules, eval_points: what is measured"""

from alembic import op
import sqlalchemy as sa

revision = '0004'
down_revision = '0003'
safe_on_start = True


def upgrade() -> None:
    op.create_table(
        'eval_runs',
        sa.Column('id', sa.String(length=36), nullable=False),
        sa.Column('tenant', sa.String(length=64), nullable=False),
        sa.Column('target', sa.Text(), nullable=False),
        sa.Column('options', sa.JSON(), nullable=False),
        sa.Column('requested_by', sa.Text(), nullable=False),
        sa.Column('state', sa.String(length=16), nullable=False),
        sa.Column('fingerprint', sa.String(length=64), nullable=False),
        sa.Column('done', sa.Integer(), nullable=False),
        sa.Column('total', sa.Integer(), nullable=False),
        sa.Column('asked', sa.Integer(), nullable=False),
        sa.Column('cost_usd', sa.Float(), nullable=False),
        sa.Column('started_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('finished_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('lease_owner', sa.Text(), nullable=True),
        sa.Column('lease_until', sa.DateTime(timezone=True), nullable=True),
        sa.Column('cancelling', sa.Boolean(), nullable=False),
        sa.Column('problem', sa.Text(), nullable=False),
        sa.Column('message', sa.JSON(), nullable=False),
        sa.Column('record', sa.JSON(), nullable=True),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_eval_runs')),
    )
    op.create_index('ix_eval_runs_tenant_started_at', 'eval_runs', ['tenant', 'started_at'])
    op.create_index('ix_eval_runs_tenant_target', 'eval_runs', ['tenant', 'target', 'started_at'])
    op.create_index(
        'ix_eval_runs_running', 'eval_runs', ['tenant', 'target'], unique=True,
        sqlite_where=sa.text("state = 'running'"), postgresql_where=sa.text("state = 'running'"),
    )
    op.create_table(
        'eval_answers',
        sa.Column('tenant', sa.String(length=64), nullable=False),
        sa.Column('case_hash', sa.String(length=64), nullable=False),
        sa.Column('fingerprint', sa.String(length=64), nullable=False),
        sa.Column('body', sa.JSON(), nullable=False),
        sa.Column('scored_by', sa.String(length=64), nullable=False),
        sa.Column('scores', sa.JSON(), nullable=False),
        sa.Column('at', sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint('tenant', 'case_hash', 'fingerprint', name=op.f('pk_eval_answers')),
    )
    op.create_index('ix_eval_answers_tenant_fingerprint', 'eval_answers', ['tenant', 'fingerprint'])
    op.create_table(
        'eval_baselines',
        sa.Column('tenant', sa.String(length=64), nullable=False),
        sa.Column('name', sa.Text(), nullable=False),
        sa.Column('run_id', sa.String(length=36), nullable=False),
        sa.Column('set_at', sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint('tenant', 'name', name=op.f('pk_eval_baselines')),
    )
    op.create_table(
        'eval_schedules',
        sa.Column('tenant', sa.String(length=64), nullable=False),
        sa.Column('name', sa.Text(), nullable=False),
        sa.Column('target', sa.Text(), nullable=False),
        sa.Column('options', sa.JSON(), nullable=False),
        sa.Column('cron', sa.Text(), nullable=False),
        sa.Column('timezone', sa.Text(), nullable=False),
        sa.Column('channel', sa.Text(), nullable=True),
        sa.Column('owner', sa.Text(), nullable=True),
        sa.Column('next_due_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('lease', sa.String(length=36), nullable=True),
        sa.Column('lease_until', sa.DateTime(timezone=True), nullable=True),
        sa.Column('last_run_id', sa.String(length=36), nullable=True),
        sa.PrimaryKeyConstraint('tenant', 'name', name=op.f('pk_eval_schedules')),
    )
    op.create_index('ix_eval_schedules_tenant_next_due_at', 'eval_schedules', ['tenant', 'next_due_at'])
    op.create_table(
        'eval_points',
        sa.Column('tenant', sa.String(length=64), nullable=False),
        sa.Column('series', sa.String(length=128), nullable=False),
        sa.Column('day', sa.Date(), nullable=False),
        sa.Column('value', sa.Float(), nullable=False),
        sa.Column('n', sa.Integer(), nullable=False),
        sa.Column('body', sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint('tenant', 'series', 'day', name=op.f('pk_eval_points')),
    )


def downgrade() -> None:
    op.drop_table('eval_points')
    op.drop_table('eval_schedules')
    op.drop_table('eval_baselines')
    op.drop_table('eval_answers')
    op.drop_table('eval_runs')
