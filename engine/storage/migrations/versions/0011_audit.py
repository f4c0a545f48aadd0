"""audit: what admins and reviewers did; only ever added to"""

from alembic import op
import sqlalchemy as sa

revision = '0011'
down_revision = '0010'
safe_on_start = True

_SQLITE = (
    """CREATE TRIGGER audit_keeps_rows BEFORE UPDATE ON audit
    BEGIN SELECT RAISE(ABORT, 'rows of audit are never changed'); END""",
    """CREATE TRIGGER audit_loses_no_row BEFORE DELETE ON audit
    WHEN OLD.sequence > COALESCE(
        (SELECT MAX(through) FROM audit WHERE tenant = OLD.tenant AND through IS NOT NULL), 0)
    BEGIN SELECT RAISE(ABORT, 'rows of audit are removed by its retention alone'); END""",
    """CREATE TRIGGER audit_replaces_no_row BEFORE INSERT ON audit
    WHEN EXISTS (SELECT 1 FROM audit WHERE tenant = NEW.tenant AND sequence >= NEW.sequence)
    BEGIN SELECT RAISE(ABORT, 'rows of audit are only added at its end'); END""",
)
_POSTGRESQL = (
    """CREATE OR REPLACE FUNCTION audit_is_added_to() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'DELETE' THEN
            IF OLD.sequence <= COALESCE(
                (SELECT MAX(through) FROM audit
                WHERE tenant = OLD.tenant AND through IS NOT NULL), 0)
            THEN RETURN OLD; END IF;
        END IF;
        RAISE EXCEPTION 'rows of audit are never changed, and removed by its retention alone';
    END $$""",
    """CREATE TRIGGER audit_keeps_rows BEFORE UPDATE OR DELETE ON audit
    FOR EACH ROW EXECUTE FUNCTION audit_is_added_to()""",
    """CREATE TRIGGER audit_is_not_emptied BEFORE TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION audit_is_added_to()""",
)


def upgrade() -> None:
    op.create_table(
        'audit',
        sa.Column('tenant', sa.String(length=64), nullable=False),
        sa.Column('sequence', sa.Integer(), nullable=False),
        sa.Column('at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('who', sa.String(length=64), nullable=False),
        sa.Column('action', sa.String(length=64), nullable=False),
        sa.Column('object', sa.String(length=128), nullable=False),
        sa.Column('outcome', sa.String(length=16), nullable=False),
        sa.Column('through', sa.Integer(), nullable=True),
        sa.Column('before_hash', sa.String(length=64), nullable=False),
        sa.Column('hash', sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint('tenant', 'sequence', name=op.f('pk_audit')),
    )
    op.create_index('ix_audit_tenant_at', 'audit', ['tenant', 'at'])
    op.create_index(
        'ix_audit_through',
        'audit',
        ['tenant', 'through'],
        sqlite_where=sa.text('through IS NOT NULL'),
        postgresql_where=sa.text('through IS NOT NULL'),
    )
    for statement in _SQLITE if op.get_bind().dialect.name == 'sqlite' else _POSTGRESQL:
        op.execute(statement)


def downgrade() -> None:
    op.drop_table('audit')
    if op.get_bind().dialect.name != 'sqlite':
        op.execute('DROP FUNCTION audit_is_added_to()')
