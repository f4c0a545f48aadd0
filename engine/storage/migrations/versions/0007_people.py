"""case_events, timers, webhook_calls, channel_modes, verdicts, entries, labels, retrainings, gaps:
people's part; cases get an owner, targets and how they ended"""

from alembic import op
import sqlalchemy as sa

revision = '0007'
down_revision = '0006'
safe_on_start = True


def upgrade() -> None:
    op.add_column('documents', sa.Column('byline', sa.Text(), nullable=True))
    op.create_table('channel_mode_changes',
        sa.Column('sequence', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
        sa.Column('tenant', sa.String(length=64), nullable=False),
        sa.Column('team', sa.Text(), nullable=False),
        sa.Column('channel', sa.Text(), nullable=False),
        sa.Column('at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('by', sa.Text(), nullable=True),
        sa.Column('before', sa.String(length=16), nullable=True),
        sa.Column('after', sa.String(length=16), nullable=False),
        sa.Column('evidence', sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint('sequence', name=op.f('pk_channel_mode_changes')),
    )
    op.create_index('ix_channel_mode_changes_channel', 'channel_mode_changes', ['tenant', 'team', 'channel', 'sequence'], unique=False)
    op.create_table('channel_modes',
        sa.Column('tenant', sa.String(length=64), nullable=False),
        sa.Column('team', sa.Text(), nullable=False),
        sa.Column('channel', sa.Text(), nullable=False),
        sa.Column('mode', sa.String(length=16), nullable=False),
        sa.Column('target_precision', sa.Float(), nullable=True),
        sa.Column('routing', sa.JSON(), nullable=False),
        sa.Column('set_by', sa.Text(), nullable=True),
        sa.Column('set_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('by_file', sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint('tenant', 'team', 'channel', name=op.f('pk_channel_modes')),
    )
    op.create_table('entries',
        sa.Column('id', sa.String(length=36), nullable=False),
        sa.Column('version', sa.Integer(), nullable=False),
        sa.Column('tenant', sa.String(length=64), nullable=False),
        sa.Column('state', sa.String(length=16), nullable=False),
        sa.Column('question', sa.Text(), nullable=False),
        sa.Column('answer', sa.Text(), nullable=False),
        sa.Column('author', sa.Text(), nullable=False),
        sa.Column('owner', sa.Text(), nullable=False),
        sa.Column('audience', sa.JSON(), nullable=False),
        sa.Column('category', sa.Text(), nullable=True),
        sa.Column('permalink', sa.Text(), nullable=True),
        sa.Column('case_id', sa.String(length=36), nullable=True),
        sa.Column('sources', sa.JSON(), nullable=False),
        sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('made_by', sa.Text(), nullable=True),
        sa.Column('expires_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('confirmed_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('asked_owner_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('ended_by', sa.Text(), nullable=True),
        sa.Column('ended_why', sa.Text(), nullable=True),
        sa.Column('place', sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint('tenant', 'id', 'version', name=op.f('pk_entries')),
    )
    op.create_index('ix_entries_tenant_case_id', 'entries', ['tenant', 'case_id'], unique=False)
    op.create_index('ix_entries_tenant_state', 'entries', ['tenant', 'state', 'expires_at'], unique=False)
    op.create_table('gaps',
        sa.Column('id', sa.String(length=36), nullable=False),
        sa.Column('tenant', sa.String(length=64), nullable=False),
        sa.Column('first_week', sa.String(length=8), nullable=False),
        sa.Column('last_week', sa.String(length=8), nullable=False),
        sa.Column('name', sa.Text(), nullable=False),
        sa.Column('centre', sa.LargeBinary(), nullable=False),
        sa.Column('weeks', sa.JSON(), nullable=False),
        sa.Column('questions', sa.JSON(), nullable=False),
        sa.Column('owner', sa.Text(), nullable=True),
        sa.Column('state', sa.String(length=16), nullable=False),
        sa.Column('entry_id', sa.String(length=36), nullable=True),
        sa.Column('place', sa.JSON(), nullable=False),
        sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_gaps')),
    )
    op.create_index('ix_gaps_tenant_state', 'gaps', ['tenant', 'state', 'last_week'], unique=False)
    op.create_table('retrainings',
        sa.Column('id', sa.String(length=36), nullable=False),
        sa.Column('tenant', sa.String(length=64), nullable=False),
        sa.Column('model', sa.String(length=32), nullable=False),
        sa.Column('started_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('finished_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('asked_by', sa.Text(), nullable=True),
        sa.Column('champion', sa.Text(), nullable=True),
        sa.Column('challenger', sa.Text(), nullable=True),
        sa.Column('promoted', sa.Boolean(), nullable=True),
        sa.Column('report', sa.JSON(), nullable=False),
        sa.Column('body', sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_retrainings')),
    )
    op.create_index('ix_retrainings_tenant_model', 'retrainings', ['tenant', 'model', 'started_at'], unique=False)
    op.create_table('timers',
        sa.Column('id', sa.String(length=36), nullable=False),
        sa.Column('tenant', sa.String(length=64), nullable=False),
        sa.Column('kind', sa.String(length=32), nullable=False),
        sa.Column('subject', sa.String(length=128), nullable=False),
        sa.Column('due_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('set_for', sa.DateTime(timezone=True), nullable=True),
        sa.Column('detail', sa.JSON(), nullable=False),
        sa.Column('attempts', sa.Integer(), nullable=False),
        sa.Column('lease', sa.String(length=36), nullable=True),
        sa.Column('lease_until', sa.DateTime(timezone=True), nullable=True),
        sa.Column('fired_at', sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_timers')),
        sa.UniqueConstraint('tenant', 'kind', 'subject', name=op.f('uq_timers_tenant_kind_subject')),
    )
    op.create_index('ix_timers_tenant_due_at', 'timers', ['tenant', 'due_at'], unique=False)
    op.create_table('webhook_calls',
        sa.Column('id', sa.String(length=36), nullable=False),
        sa.Column('tenant', sa.String(length=64), nullable=False),
        sa.Column('target', sa.String(length=16), nullable=False),
        sa.Column('subject', sa.String(length=128), nullable=False),
        sa.Column('sequence', sa.Integer(), nullable=False),
        sa.Column('body', sa.JSON(), nullable=False),
        sa.Column('opened_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('attempts', sa.Integer(), nullable=False),
        sa.Column('lease', sa.String(length=36), nullable=True),
        sa.Column('lease_until', sa.DateTime(timezone=True), nullable=True),
        sa.Column('done_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('given_up_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('answer', sa.JSON(), nullable=True),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_webhook_calls')),
        sa.UniqueConstraint('tenant', 'target', 'subject', 'sequence', name=op.f('uq_webhook_calls_tenant_target_subject_sequence')),
    )
    op.create_index('ix_webhook_calls_tenant_due_at', 'webhook_calls', ['tenant', 'done_at', 'given_up_at', 'due_at'], unique=False)
    op.create_table('labels',
        sa.Column('tenant', sa.String(length=64), nullable=False),
        sa.Column('question_id', sa.String(length=36), nullable=False),
        sa.Column('text', sa.Text(), nullable=False),
        sa.Column('category', sa.Text(), nullable=True),
        sa.Column('priority', sa.Text(), nullable=True),
        sa.Column('outcome', sa.String(length=16), nullable=True),
        sa.Column('features', sa.JSON(), nullable=False),
        sa.Column('split', sa.String(length=8), nullable=False),
        sa.Column('by', sa.Text(), nullable=True),
        sa.Column('at', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(['question_id'], ['inbox.id'], name=op.f('fk_labels_question_id')),
        sa.PrimaryKeyConstraint('tenant', 'question_id', name=op.f('pk_labels')),
    )
    op.create_index('ix_labels_tenant_split', 'labels', ['tenant', 'split', 'at'], unique=False)
    op.create_table('verdicts',
        sa.Column('tenant', sa.String(length=64), nullable=False),
        sa.Column('question_id', sa.String(length=36), nullable=False),
        sa.Column('team', sa.Text(), nullable=False),
        sa.Column('channel', sa.Text(), nullable=False),
        sa.Column('mode', sa.String(length=16), nullable=False),
        sa.Column('outcome', sa.String(length=16), nullable=False),
        sa.Column('confidence', sa.Float(), nullable=False),
        sa.Column('answerability', sa.Float(), nullable=True),
        sa.Column('fingerprint', sa.Text(), nullable=False),
        sa.Column('asked_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('verdict', sa.String(length=16), nullable=True),
        sa.Column('source', sa.String(length=16), nullable=True),
        sa.Column('score', sa.Float(), nullable=True),
        sa.Column('judged_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('detail', sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(['question_id'], ['inbox.id'], name=op.f('fk_verdicts_question_id')),
        sa.PrimaryKeyConstraint('tenant', 'question_id', name=op.f('pk_verdicts')),
    )
    op.create_index('ix_verdicts_channel', 'verdicts', ['tenant', 'team', 'channel', 'asked_at'], unique=False)
    op.create_index('ix_verdicts_tenant_judged_at', 'verdicts', ['tenant', 'judged_at'], unique=False)
    op.create_table('case_events',
        sa.Column('sequence', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
        sa.Column('tenant', sa.String(length=64), nullable=False),
        sa.Column('case_id', sa.String(length=36), nullable=False),
        sa.Column('at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('by', sa.Text(), nullable=True),
        sa.Column('action', sa.String(length=24), nullable=False),
        sa.Column('before', sa.String(length=16), nullable=False),
        sa.Column('after', sa.String(length=16), nullable=False),
        sa.Column('detail', sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_case_events_case_id')),
        sa.PrimaryKeyConstraint('sequence', name=op.f('pk_case_events')),
    )
    op.create_index('ix_case_events_tenant_at', 'case_events', ['tenant', 'at'], unique=False)
    op.create_index('ix_case_events_tenant_case_id', 'case_events', ['tenant', 'case_id', 'sequence'], unique=False)
    op.add_column('cases', sa.Column('closed_by', sa.Text(), nullable=True))
    op.add_column('cases', sa.Column('closed_why', sa.Text(), nullable=True))
    op.add_column('cases', sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('cases', sa.Column('how', sa.String(length=16), nullable=True))
    op.add_column('cases', sa.Column('owner', sa.Text(), nullable=True))
    op.add_column('cases', sa.Column('claimed_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('cases', sa.Column('level', sa.Integer(), server_default='0', nullable=False))
    op.add_column('cases', sa.Column('category', sa.Text(), nullable=True))
    op.add_column('cases', sa.Column('priority', sa.Text(), nullable=True))
    op.add_column('cases', sa.Column('snoozed_until', sa.DateTime(timezone=True), nullable=True))
    op.add_column('cases', sa.Column('respond_by', sa.DateTime(timezone=True), nullable=True))
    op.add_column('cases', sa.Column('resolve_by', sa.DateTime(timezone=True), nullable=True))
    op.add_column('cases', sa.Column('card_home', sa.Text(), nullable=True))
    op.create_index('ix_cases_tenant_opened_at', 'cases', ['tenant', 'opened_at'], unique=False)
    op.create_index('ix_cases_tenant_owner', 'cases', ['tenant', 'owner', 'closed', 'delivered_at'], unique=False)


def downgrade() -> None:
    op.drop_column('documents', 'byline')
    op.drop_index('ix_cases_tenant_owner', table_name='cases')
    op.drop_index('ix_cases_tenant_opened_at', table_name='cases')
    op.drop_column('cases', 'card_home')
    op.drop_column('cases', 'resolve_by')
    op.drop_column('cases', 'respond_by')
    op.drop_column('cases', 'snoozed_until')
    op.drop_column('cases', 'priority')
    op.drop_column('cases', 'category')
    op.drop_column('cases', 'level')
    op.drop_column('cases', 'claimed_at')
    op.drop_column('cases', 'owner')
    op.drop_column('cases', 'how')
    op.drop_column('cases', 'closed_at')
    op.drop_column('cases', 'closed_why')
    op.drop_column('cases', 'closed_by')
    op.drop_index('ix_case_events_tenant_case_id', table_name='case_events')
    op.drop_index('ix_case_events_tenant_at', table_name='case_events')
    op.drop_table('case_events')
    op.drop_index('ix_verdicts_tenant_judged_at', table_name='verdicts')
    op.drop_index('ix_verdicts_channel', table_name='verdicts')
    op.drop_table('verdicts')
    op.drop_index('ix_labels_tenant_split', table_name='labels')
    op.drop_table('labels')
    op.drop_index('ix_webhook_calls_tenant_due_at', table_name='webhook_calls')
    op.drop_table('webhook_calls')
    op.drop_index('ix_timers_tenant_due_at', table_name='timers')
    op.drop_table('timers')
    op.drop_index('ix_retrainings_tenant_model', table_name='retrainings')
    op.drop_table('retrainings')
    op.drop_index('ix_gaps_tenant_state', table_name='gaps')
    op.drop_table('gaps')
    op.drop_index('ix_entries_tenant_state', table_name='entries')
    op.drop_index('ix_entries_tenant_case_id', table_name='entries')
    op.drop_table('entries')
    op.drop_table('channel_modes')
    op.drop_index('ix_channel_mode_changes_channel', table_name='channel_mode_changes')
    op.drop_table('channel_mode_changes')
