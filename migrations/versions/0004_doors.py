"""Terminals, permissions for outside, clients, what they are given, decisions."""

import sqlalchemy as sa
from alembic import op

from iam.record.columns import Instant, Json, Number

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# Each table after those that it refers to.
TABLES = (
    "terminal",
    "outside_permission",
    "client",
    "issued_token",
    "signing_key",
    "farewell",
    "decision",
)


def upgrade() -> None:
    _places()
    _clients()
    _signing_key()
    _farewell()
    _decision()
    op.add_column("half_login", sa.Column("needs", Json(), nullable=True))


def downgrade() -> None:
    op.drop_column("half_login", "needs")
    for table in reversed(TABLES):
        op.drop_table(table)


def _places() -> None:
    op.create_table(
        "terminal",
        sa.Column("id", Number, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("tasks", Json(), nullable=False),
        sa.Column("certificate", sa.Text(), nullable=True),
        sa.Column("mac", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("lent_until", sa.Date(), nullable=True),
        sa.Column("outside", sa.Boolean(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("registered_at", Instant(), nullable=False),
        sa.Column("changed_at", Instant(), nullable=False),
        sa.CheckConstraint("(state = 'lent') = (person_id IS NOT NULL)", name=op.f("ck_terminal_lent_to_somebody")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_terminal_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_terminal")),
        sa.UniqueConstraint("address", name=op.f("uq_terminal_address")),
        sa.UniqueConstraint("certificate", name=op.f("uq_terminal_certificate")),
        sa.UniqueConstraint("code", name=op.f("uq_terminal_code")),
        sa.UniqueConstraint("mac", name=op.f("uq_terminal_mac")),
    )
    op.create_table(
        "outside_permission",
        sa.Column("id", Number, nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("terminal_id", Number, nullable=True),
        sa.Column("public", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("clause", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("case_id", Number, nullable=True),
        sa.Column("given_at", Instant(), nullable=False),
        sa.Column("withdrawn_at", Instant(), nullable=True),
        sa.CheckConstraint("valid_from <= valid_until", name=op.f("ck_outside_permission_begins_before_its_end")),
        sa.ForeignKeyConstraint(["case_id"], ["office_case.id"], name=op.f("fk_outside_permission_case_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_outside_permission_person_id")),
        sa.ForeignKeyConstraint(["terminal_id"], ["terminal.id"], name=op.f("fk_outside_permission_terminal_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outside_permission")),
    )
    op.create_index(op.f("ix_outside_permission_person_id"), "outside_permission", ["person_id"], unique=False)


def _clients() -> None:
    op.create_table(
        "client",
        sa.Column("id", Number, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("entitlement", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("public", sa.Boolean(), nullable=False),
        sa.Column("secret_hash", sa.Text(), nullable=False),
        sa.Column("former_secret_hash", sa.Text(), nullable=False),
        sa.Column("former_until", Instant(), nullable=True),
        sa.Column("detail", Json(), nullable=False),
        sa.Column("logout_uri", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("case_id", Number, nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("changed_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["office_case.id"], name=op.f("fk_client_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_client")),
        sa.UniqueConstraint("code", name=op.f("uq_client_code")),
    )
    op.create_table(
        "issued_token",
        sa.Column("id", Number, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("client_id", Number, nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("session_id", Number, nullable=True),
        sa.Column("family", sa.Text(), nullable=False),
        sa.Column("detail", Json(), nullable=False),
        sa.Column("issued_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("used_at", Instant(), nullable=True),
        sa.Column("revoked_at", Instant(), nullable=True),
        sa.Column("revoked_reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_issued_token_client_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_issued_token_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issued_token")),
        sa.UniqueConstraint("hash", name=op.f("uq_issued_token_hash")),
    )
    op.create_index("ix_issued_token_family", "issued_token", ["family"], unique=False)
    op.create_index("ix_issued_token_person", "issued_token", ["person_id", "kind"], unique=False)
    op.create_index("ix_issued_token_session", "issued_token", ["session_id"], unique=False)
    op.create_index("ix_issued_token_expires", "issued_token", ["expires_at"], unique=False)


def _signing_key() -> None:
    op.create_table(
        "signing_key",
        sa.Column("id", Number, nullable=False),
        sa.Column("kid", sa.Text(), nullable=False),
        sa.Column("algorithm", sa.Text(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("public", Json(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column("signs_from", Instant(), nullable=False),
        sa.Column("signs_until", Instant(), nullable=False),
        sa.Column("shown_until", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signing_key")),
        sa.UniqueConstraint("algorithm", "generation", name=op.f("uq_signing_key_algorithm_generation")),
        sa.UniqueConstraint("kid", name=op.f("uq_signing_key_kid")),
    )


def _farewell() -> None:
    op.create_table(
        "farewell",
        sa.Column("id", Number, nullable=False),
        sa.Column("client_id", Number, nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("session_id", Number, nullable=False),
        sa.Column("written_at", Instant(), nullable=False),
        sa.Column("due_at", Instant(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("settled_at", Instant(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_farewell_client_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_farewell_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_farewell")),
    )
    op.create_index("ix_farewell_due", "farewell", ["settled_at", "due_at"], unique=False)


def _decision() -> None:
    op.create_table(
        "decision",
        sa.Column("id", Number, nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("door", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("reasons", Json(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("terminal_id", Number, nullable=True),
        sa.Column("session_id", Number, nullable=True),
        sa.Column("rules", sa.Text(), nullable=False),
        sa.Column("first_at", Instant(), nullable=False),
        sa.Column("last_at", Instant(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_decision_person_id")),
        sa.ForeignKeyConstraint(["terminal_id"], ["terminal.id"], name=op.f("fk_decision_terminal_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision")),
    )
    op.create_index("ix_decision_person", "decision", ["person_id", "id"], unique=False)
    op.create_index("ix_decision_system", "decision", ["system", "id"], unique=False)
