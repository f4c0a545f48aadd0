"""inbox, replies, conversations, channel_marks, cases, feedback: what the Slack app delivers"""

from alembic import op
import sqlalchemy as sa

revision = '0003'
down_revision = '0002'
safe_on_start = True


def upgrade() -> None:
    op.create_table(
        'inbox',
        sa.Column('sequence', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
        sa.Column('id', sa.String(length=36), nullable=False),
        sa.Column('tenant', sa.String(length=64), nullable=False),
        sa.Column('team', sa.Text(), nullable=False),
        sa.Column('channel', sa.Text(), nullable=False),
        sa.Column('ts', sa.Text(), nullable=False),
        sa.Column('thread_ts', sa.Text(), nullable=True),
        sa.Column('root', sa.Text(), nullable=False),
        sa.Column('user', sa.Text(), nullable=False),
        sa.Column('user_team', sa.Text(), nullable=True),
        sa.Column('surface', sa.String(length=16), nullable=False),
        sa.Column('text', sa.Text(), nullable=False),
        sa.Column('files', sa.JSON(), nullable=False),
        sa.Column('extra', sa.JSON(), nullable=False),
        sa.Column('asked_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('received_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('edited_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('deleted_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('revision', sa.Integer(), nullable=False),
        sa.Column('state', sa.String(length=16), nullable=False),
        sa.Column('turn', sa.BigInteger(), nullable=False),
        sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('attempts', sa.Integer(), nullable=False),
        sa.Column('lease_owner', sa.Text(), nullable=True),
        sa.Column('lease', sa.String(length=36), nullable=True),
        sa.Column('lease_until', sa.DateTime(timezone=True), nullable=True),
        sa.Column('trace_id', sa.String(length=36), nullable=True),
        sa.Column('outcome', sa.Text(), nullable=True),
        sa.Column('done_at', sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint('sequence', name=op.f('pk_inbox')),
        sa.UniqueConstraint('id', name=op.f('uq_inbox_id')),
        sa.UniqueConstraint('tenant', 'team', 'channel', 'ts', name=op.f('uq_inbox_tenant_team_channel_ts')),
    )
    op.create_index('ix_inbox_conversation', 'inbox', ['tenant', 'team', 'channel', 'root', 'state', 'sequence'])
    op.create_index(
        'ix_inbox_deleted',
        'inbox',
        ['tenant', 'deleted_at'],
        sqlite_where=sa.text('deleted_at IS NOT NULL'),
        postgresql_where=sa.text('deleted_at IS NOT NULL'),
    )
    op.create_index('ix_inbox_queue', 'inbox', ['tenant', 'state', 'turn', 'sequence', 'due_at', 'user'])
    op.create_index('ix_inbox_user', 'inbox', ['tenant', 'user', 'sequence'])
    op.create_index('ix_inbox_waiting', 'inbox', ['tenant', 'state', 'user', 'turn'])
    op.create_table(
        'replies',
        sa.Column('id', sa.String(length=36), nullable=False),
        sa.Column('tenant', sa.String(length=64), nullable=False),
        sa.Column('question_id', sa.String(length=36), nullable=False),
        sa.Column('kind', sa.String(length=16), nullable=False),
        sa.Column('part', sa.Integer(), nullable=False),
        sa.Column('revision', sa.Integer(), nullable=False),
        sa.Column('channel', sa.Text(), nullable=False),
        sa.Column('thread_ts', sa.Text(), nullable=True),
        sa.Column('body', sa.JSON(), nullable=False),
        sa.Column('version', sa.Integer(), nullable=False),
        sa.Column('shown', sa.Integer(), nullable=True),
        sa.Column('state', sa.String(length=16), nullable=False),
        sa.Column('ts', sa.Text(), nullable=True),
        sa.Column('attempts', sa.Integer(), nullable=False),
        sa.Column('attempted_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('posted_at', sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(['question_id'], ['inbox.id'], name=op.f('fk_replies_question_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_replies')),
        sa.UniqueConstraint('question_id', 'kind', 'part', name=op.f('uq_replies_question_id_kind_part')),
    )
    op.create_index('ix_replies_tenant_channel', 'replies', ['tenant', 'channel', 'ts'])
    op.create_index('ix_replies_tenant_state', 'replies', ['tenant', 'state', 'kind'])
    op.create_table(
        'conversations',
        sa.Column('tenant', sa.String(length=64), nullable=False),
        sa.Column('team', sa.Text(), nullable=False),
        sa.Column('channel', sa.Text(), nullable=False),
        sa.Column('thread_ts', sa.Text(), nullable=False),
        sa.Column('user', sa.Text(), nullable=False),
        sa.Column('since', sa.DateTime(timezone=True), nullable=False),
        sa.Column('active_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('last_reply_ts', sa.Text(), nullable=True),
        sa.Column('muted', sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint('tenant', 'team', 'channel', 'thread_ts', name=op.f('pk_conversations')),
    )
    op.create_index('ix_conversations_tenant_active_at', 'conversations', ['tenant', 'active_at'])
    op.create_table(
        'channel_marks',
        sa.Column('tenant', sa.String(length=64), nullable=False),
        sa.Column('team', sa.Text(), nullable=False),
        sa.Column('channel', sa.Text(), nullable=False),
        sa.Column('ts', sa.Text(), nullable=False),
        sa.Column('read_through', sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint('tenant', 'team', 'channel', name=op.f('pk_channel_marks')),
    )
    op.create_table(
        'cases',
        sa.Column('id', sa.String(length=36), nullable=False),
        sa.Column('tenant', sa.String(length=64), nullable=False),
        sa.Column('question_id', sa.String(length=36), nullable=False),
        sa.Column('revision', sa.Integer(), nullable=False),
        sa.Column('reasons', sa.JSON(), nullable=False),
        sa.Column('opened_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('version', sa.Integer(), nullable=False),
        sa.Column('outdated', sa.Boolean(), nullable=False),
        sa.Column('tells_asker', sa.Boolean(), nullable=False),
        sa.Column('channel', sa.Text(), nullable=True),
        sa.Column('ts', sa.Text(), nullable=True),
        sa.Column('answered_by', sa.Text(), nullable=True),
        sa.Column('answered_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('answered_with', sa.String(length=36), nullable=True),
        sa.Column('answer', sa.Text(), nullable=True),
        sa.Column('delivered_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('first_revision', sa.Integer(), nullable=False),
        sa.Column('closed', sa.String(length=16), nullable=True),
        sa.ForeignKeyConstraint(['question_id'], ['inbox.id'], name=op.f('fk_cases_question_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_cases')),
        sa.UniqueConstraint('question_id', name=op.f('uq_cases_question_id')),
    )
    op.create_index('ix_cases_tenant_channel', 'cases', ['tenant', 'channel', 'ts'])
    op.create_index('ix_cases_tenant_delivered_at', 'cases', ['tenant', 'delivered_at', 'answered_at'])
    op.create_index('ix_cases_tenant_outdated', 'cases', ['tenant', 'outdated'])
    op.create_table(
        'feedback',
        sa.Column('tenant', sa.String(length=64), nullable=False),
        sa.Column('question_id', sa.String(length=36), nullable=False),
        sa.Column('user', sa.Text(), nullable=False),
        sa.Column('value', sa.String(length=16), nullable=False),
        sa.Column('at', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(['question_id'], ['inbox.id'], name=op.f('fk_feedback_question_id')),
        sa.PrimaryKeyConstraint('tenant', 'question_id', 'user', name=op.f('pk_feedback')),
    )
    op.create_index('ix_feedback_tenant_at', 'feedback', ['tenant', 'at'])


def downgrade() -> None:
    op.drop_table('feedback')
    op.drop_table('cases')
    op.drop_table('channel_marks')
    op.drop_table('conversations')
    op.drop_table('replies')
    op.drop_table('inbox')
