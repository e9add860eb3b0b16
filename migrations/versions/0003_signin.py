"""Letters, offices, passwords, factors, sessions; a block may take a single entitlement."""

import sqlalchemy as sa
from alembic import op

from iam.record.columns import Instant, Json, Number

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# Each table after those that it refers to.
TABLES = (
    "letter",
    "notice",
    "office_case",
    "role_assignment",
    "password",
    "past_password",
    "authenticator",
    "single_code",
    "token_stock",
    "half_login",
    "session",
    "signin_event",
    "throttle",
)


def upgrade() -> None:
    _letters()
    _office()
    _passwords()
    _factors()
    _door()
    with op.batch_alter_table("block") as block:
        block.add_column(sa.Column("entitlement", sa.Text(), server_default="", nullable=False))
    if _on_postgresql():
        # Rights are given back while nobody holds the run's lock, so the database numbers the blocks.
        op.execute("CREATE SEQUENCE block_id_seq OWNED BY block.id")
        op.execute("SELECT setval('block_id_seq', (SELECT COALESCE(MAX(id), 0) + 1 FROM block), false)")
        op.execute("ALTER TABLE block ALTER COLUMN id SET DEFAULT nextval('block_id_seq')")


def downgrade() -> None:
    if _on_postgresql():
        op.execute("ALTER TABLE block ALTER COLUMN id DROP DEFAULT")
        op.execute("DROP SEQUENCE block_id_seq")
    with op.batch_alter_table("block") as block:
        block.drop_column("entitlement")
    for table in reversed(TABLES):
        op.drop_table(table)


def _on_postgresql() -> bool:
    return op.get_bind().dialect.name == "postgresql"


def _letters() -> None:
    op.create_table(
        "letter",
        sa.Column("id", Number, nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("written_at", Instant(), nullable=False),
        sa.Column("due_at", Instant(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("settled_at", Instant(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter")),
    )
    op.create_index("ix_letter_due", "letter", ["settled_at", "due_at"], unique=False)
    op.create_table(
        "notice",
        sa.Column("id", Number, nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("detail", Json(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("seen_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
    )
    op.create_index(op.f("ix_notice_person_id"), "notice", ["person_id"], unique=False)


def _office() -> None:
    op.create_table(
        "office_case",
        sa.Column("id", Number, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=True),
        sa.Column("content", Json(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Integer(), nullable=False),
        sa.Column("asked_at", Instant(), nullable=False),
        sa.Column("lapses_at", Instant(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("decided_at", Instant(), nullable=True),
        sa.Column("decision_reason", sa.Text(), nullable=False),
        sa.CheckConstraint("decided_by IS NULL OR decided_by <> asked_by", name=op.f("ck_office_case_two_persons")),
        sa.CheckConstraint("subject_id IS NULL OR asked_by <> subject_id", name=op.f("ck_office_case_not_for_oneself")),
        sa.CheckConstraint(
            "subject_id IS NULL OR decided_by IS NULL OR decided_by <> subject_id",
            name=op.f("ck_office_case_not_deciding_own_case"),
        ),
        sa.ForeignKeyConstraint(["asked_by"], ["person.id"], name=op.f("fk_office_case_asked_by")),
        sa.ForeignKeyConstraint(["decided_by"], ["person.id"], name=op.f("fk_office_case_decided_by")),
        sa.ForeignKeyConstraint(["subject_id"], ["person.id"], name=op.f("fk_office_case_subject_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_office_case")),
    )
    op.create_index("ix_office_case_state", "office_case", ["state", "kind"], unique=False)
    op.create_table(
        "role_assignment",
        sa.Column("id", Number, nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("deputises_id", sa.Integer(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("case_id", Number, nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("given_at", Instant(), nullable=False),
        sa.Column("withdrawn_at", Instant(), nullable=True),
        sa.CheckConstraint(
            "deputises_id IS NULL OR deputises_id <> person_id", name=op.f("ck_role_assignment_deputy_of_another")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["office_case.id"], name=op.f("fk_role_assignment_case_id")),
        sa.ForeignKeyConstraint(["deputises_id"], ["person.id"], name=op.f("fk_role_assignment_deputises_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_role_assignment_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_assignment")),
    )
    op.create_index(op.f("ix_role_assignment_person_id"), "role_assignment", ["person_id"], unique=False)


def _passwords() -> None:
    op.create_table(
        "password",
        sa.Column("person_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("set_at", Instant(), nullable=False),
        sa.Column("signins", sa.Integer(), nullable=False),
        sa.Column("must_change", sa.Text(), nullable=False),
        sa.Column("lapses_at", Instant(), nullable=True),
        sa.Column("used_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_password_person_id")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_password")),
    )
    op.create_table(
        "past_password",
        sa.Column("id", Number, nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("replaced_at", Instant(), nullable=False),
        sa.Column("temporary", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_past_password_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_past_password")),
    )
    op.create_index(op.f("ix_past_password_person_id"), "past_password", ["person_id"], unique=False)


def _factors() -> None:
    op.create_table(
        "authenticator",
        sa.Column("id", Number, nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("handle", sa.Text(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("data", Json(), nullable=False),
        sa.Column("counter", Number, nullable=False),
        sa.Column("enrolled_at", Instant(), nullable=False),
        sa.Column("confirmed_at", Instant(), nullable=True),
        sa.Column("used_at", Instant(), nullable=True),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_authenticator_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_authenticator")),
        sa.UniqueConstraint("form", "handle", name=op.f("uq_authenticator_form_handle")),
    )
    op.create_index(op.f("ix_authenticator_person_id"), "authenticator", ["person_id"], unique=False)
    op.create_table(
        "single_code",
        sa.Column("code_hash", sa.Text(), nullable=False),
        sa.Column("authenticator_id", Number, nullable=False),
        sa.Column("lapses_at", Instant(), nullable=True),
        sa.Column("used_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["authenticator_id"], ["authenticator.id"], name=op.f("fk_single_code_authenticator_id")
        ),
        sa.PrimaryKeyConstraint("code_hash", name=op.f("pk_single_code")),
    )
    op.create_index(op.f("ix_single_code_authenticator_id"), "single_code", ["authenticator_id"], unique=False)
    op.create_table(
        "token_stock",
        sa.Column("serial", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("data", Json(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("authenticator_id", Number, nullable=True),
        sa.Column("batch", sa.Text(), nullable=False),
        sa.Column("imported_at", Instant(), nullable=False),
        sa.Column("changed_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("serial", name=op.f("pk_token_stock")),
    )


def _door() -> None:
    op.create_table(
        "half_login",
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("session_id", Number, nullable=True),
        sa.Column("proofs", Json(), nullable=False),
        sa.Column("challenge", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("started_at", Instant(), nullable=False),
        sa.Column("lapses_at", Instant(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_half_login")),
    )
    op.create_index(op.f("ix_half_login_lapses_at"), "half_login", ["lapses_at"], unique=False)
    op.create_table(
        "session",
        sa.Column("id", Number, nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("proofs", Json(), nullable=False),
        sa.Column("duty", sa.Text(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("terminal", sa.Text(), nullable=False),
        sa.Column("signed_in_at", Instant(), nullable=False),
        sa.Column("proved_at", Instant(), nullable=False),
        sa.Column("seen_at", Instant(), nullable=False),
        sa.Column("idle_seconds", sa.Integer(), nullable=False),
        sa.Column("ends_at", Instant(), nullable=False),
        sa.Column("locked", sa.Boolean(), nullable=False),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_session_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_session_token_hash")),
    )
    op.create_index("ix_session_person", "session", ["person_id", "ended_at"], unique=False)
    op.create_table(
        "signin_event",
        sa.Column("id", Number, nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("methods", Json(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("terminal", sa.Text(), nullable=False),
        sa.Column("session_id", Number, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signin_event")),
    )
    op.create_index("ix_signin_event_person", "signin_event", ["person_id", "at"], unique=False)
    op.create_table(
        "throttle",
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failed_at", Instant(), nullable=False),
        sa.Column("blocked_until", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_throttle")),
    )
