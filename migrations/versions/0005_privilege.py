"""Privileged IDs, delegations, uses, secrets, sightings, errands; exceptions and configurations by two officers."""

import sqlalchemy as sa
from alembic import op

from iam.record.columns import Instant, Json, Number

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# Each table after those that it refers to.
TABLES = (
    "waiver",
    "configuration",
    "key_permit",
    "privileged_id",
    "delegation",
    "privileged_use",
    "vault_secret",
    "sighting_file",
    "sighting",
    "privilege_finding",
    "console_deed",
    "errand",
    "suspension",
    "suspension_receipt",
    "urgent_person",
)


def upgrade() -> None:
    _waiver()
    _configuration()
    _key_permit()
    _privileged_id()
    _delegation()
    _privileged_use()
    _vault_secret()
    _sighting_file()
    _sighting()
    _privilege_finding()
    _console_deed()
    _errand()
    _suspension()
    _suspension_receipt()
    _urgent_person()


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)


def _waiver() -> None:
    op.create_table(
        "waiver",
        sa.Column("id", Number, nullable=False),
        sa.Column("control", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("measure", sa.Text(), nullable=False),
        sa.Column("clause", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("case_id", Number, nullable=True),
        sa.Column("asked_by", sa.Integer(), nullable=False),
        sa.Column("approved_by", sa.Integer(), nullable=True),
        sa.Column("given_at", Instant(), nullable=False),
        sa.Column("emergency_until", Instant(), nullable=True),
        sa.Column("withdrawn_at", Instant(), nullable=True),
        sa.CheckConstraint(
            "approved_by IS NOT NULL OR emergency_until IS NOT NULL", name=op.f("ck_waiver_approved_or_emergency")
        ),
        sa.CheckConstraint("valid_from <= valid_until", name=op.f("ck_waiver_begins_before_its_end")),
        sa.CheckConstraint("approved_by IS NULL OR approved_by <> asked_by", name=op.f("ck_waiver_two_persons")),
        sa.ForeignKeyConstraint(["case_id"], ["office_case.id"], name=op.f("fk_waiver_case_id")),
        sa.ForeignKeyConstraint(["asked_by"], ["person.id"], name=op.f("fk_waiver_asked_by")),
        sa.ForeignKeyConstraint(["approved_by"], ["person.id"], name=op.f("fk_waiver_approved_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waiver")),
    )
    op.create_index("ix_waiver_control", "waiver", ["control", "valid_until"], unique=False)


def _configuration() -> None:
    op.create_table(
        "configuration",
        sa.Column("id", Number, nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("content", Json(), nullable=False),
        sa.Column("case_id", Number, nullable=True),
        sa.Column("proposed_by", sa.Text(), nullable=False),
        sa.Column("proposed_at", Instant(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("confirmed_by", sa.Text(), nullable=True),
        sa.Column("confirmed_at", Instant(), nullable=True),
        sa.Column("emergency_until", Instant(), nullable=True),
        sa.Column("seal", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "confirmed_by IS NULL OR confirmed_by <> proposed_by", name=op.f("ck_configuration_two_persons")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["office_case.id"], name=op.f("fk_configuration_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_configuration")),
    )
    op.create_index(op.f("ix_configuration_digest"), "configuration", ["digest"], unique=False)


def _key_permit() -> None:
    op.create_table(
        "key_permit",
        sa.Column("id", Number, nullable=False),
        sa.Column("deed", sa.Text(), nullable=False),
        sa.Column("case_id", Number, nullable=True),
        sa.Column("given_by", sa.Text(), nullable=False),
        sa.Column("given_at", Instant(), nullable=False),
        sa.Column("until", Instant(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("used_at", Instant(), nullable=True),
        sa.Column("used_by", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "case_id IS NOT NULL OR used_at IS NOT NULL", name=op.f("ck_key_permit_a_case_or_an_emergency")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["office_case.id"], name=op.f("fk_key_permit_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_key_permit")),
        sa.UniqueConstraint("case_id", name=op.f("uq_key_permit_case_id")),
    )


def _privileged_id() -> None:
    op.create_table(
        "privileged_id",
        sa.Column("id", Number, nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("comparable", sa.Text(), nullable=False),
        sa.Column("entitlement", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("most_holders", sa.Integer(), nullable=False),
        sa.Column("emergency", sa.Boolean(), nullable=False),
        sa.Column("kept", sa.Boolean(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("case_id", Number, nullable=True),
        sa.Column("registered_at", Instant(), nullable=False),
        sa.Column("changed_at", Instant(), nullable=False),
        sa.Column("retired_at", Instant(), nullable=True),
        sa.CheckConstraint("(mode = 'member') = (entitlement <> '')", name=op.f("ck_privileged_id_group_or_login")),
        sa.CheckConstraint("(mode = 'member') = (login = '')", name=op.f("ck_privileged_id_login_or_group")),
        sa.CheckConstraint("most_holders >= 1", name=op.f("ck_privileged_id_somebody_may_hold")),
        sa.ForeignKeyConstraint(["case_id"], ["office_case.id"], name=op.f("fk_privileged_id_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_privileged_id")),
    )
    op.create_index(
        "uq_privileged_id_in_force",
        "privileged_id",
        ["system", "comparable", "entitlement"],
        unique=True,
        sqlite_where=sa.text("retired_at IS NULL"),
        postgresql_where=sa.text("retired_at IS NULL"),
    )


def _delegation() -> None:
    op.create_table(
        "delegation",
        sa.Column("id", Number, nullable=False),
        sa.Column("delegate_id", sa.Integer(), nullable=False),
        sa.Column("privileged_ids", Json(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("conditions", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("posts", sa.Text(), nullable=False),
        sa.Column("renews", Number, nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("nominated_by", sa.Integer(), nullable=False),
        sa.Column("nominated_at", Instant(), nullable=False),
        sa.Column("lapses_at", Instant(), nullable=False),
        sa.Column("approved_by", sa.Integer(), nullable=True),
        sa.Column("approved_at", Instant(), nullable=True),
        sa.Column("noticed_at", Instant(), nullable=True),
        sa.Column("received_by", sa.Integer(), nullable=True),
        sa.Column("received_at", Instant(), nullable=True),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=False),
        sa.Column("waiver_id", Number, nullable=True),
        sa.Column("reviewed_by", sa.Integer(), nullable=True),
        sa.Column("reviewed_at", Instant(), nullable=True),
        sa.Column("review", sa.Text(), nullable=False),
        sa.Column("chased_on", sa.Date(), nullable=True),
        sa.CheckConstraint("valid_from <= valid_until", name=op.f("ck_delegation_begins_before_its_end")),
        sa.CheckConstraint(
            "state <> 'live' OR (approved_by IS NOT NULL AND noticed_at IS NOT NULL)",
            name=op.f("ck_delegation_live_by_approval_and_notice"),
        ),
        sa.CheckConstraint(
            "approved_by IS NULL OR approved_by <> delegate_id", name=op.f("ck_delegation_not_approving_oneself")
        ),
        sa.CheckConstraint("nominated_by <> delegate_id", name=op.f("ck_delegation_not_nominating_oneself")),
        sa.CheckConstraint(
            "reviewed_by NOT IN (nominated_by, approved_by, delegate_id)",
            name=op.f("ck_delegation_reviewed_by_another"),
        ),
        sa.CheckConstraint(
            "approved_by IS NULL OR approved_by <> nominated_by", name=op.f("ck_delegation_two_officers")
        ),
        sa.ForeignKeyConstraint(["delegate_id"], ["person.id"], name=op.f("fk_delegation_delegate_id")),
        sa.ForeignKeyConstraint(["renews"], ["delegation.id"], name=op.f("fk_delegation_renews")),
        sa.ForeignKeyConstraint(["nominated_by"], ["person.id"], name=op.f("fk_delegation_nominated_by")),
        sa.ForeignKeyConstraint(["approved_by"], ["person.id"], name=op.f("fk_delegation_approved_by")),
        sa.ForeignKeyConstraint(["received_by"], ["person.id"], name=op.f("fk_delegation_received_by")),
        sa.ForeignKeyConstraint(["waiver_id"], ["waiver.id"], name=op.f("fk_delegation_waiver_id")),
        sa.ForeignKeyConstraint(["reviewed_by"], ["person.id"], name=op.f("fk_delegation_reviewed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delegation")),
    )
    op.create_index(op.f("ix_delegation_delegate_id"), "delegation", ["delegate_id"], unique=False)
    op.create_index(op.f("ix_delegation_state"), "delegation", ["state"], unique=False)


def _privileged_use() -> None:
    op.create_table(
        "privileged_use",
        sa.Column("id", Number, nullable=False),
        sa.Column("privileged_id", Number, nullable=False),
        sa.Column("slot", sa.Text(), nullable=True),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("delegation_id", Number, nullable=True),
        sa.Column("emergency", sa.Boolean(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("decision_number", sa.Text(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("session_id", Number, nullable=True),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("proofs", Json(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("asked_at", Instant(), nullable=False),
        sa.Column("lapses_at", Instant(), nullable=False),
        sa.Column("witness_id", sa.Integer(), nullable=True),
        sa.Column("joined_at", Instant(), nullable=True),
        sa.Column("witness_seen_at", Instant(), nullable=True),
        sa.Column("opened_at", Instant(), nullable=True),
        sa.Column("ends_at", Instant(), nullable=True),
        sa.Column("seen_at", Instant(), nullable=True),
        sa.Column("shown_at", Instant(), nullable=True),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("ended_by", sa.Integer(), nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=False),
        sa.Column("closed_at", Instant(), nullable=True),
        sa.Column("grant_id", sa.Integer(), nullable=True),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("record_at", Instant(), nullable=True),
        sa.Column("confirmed_by", sa.Integer(), nullable=True),
        sa.Column("confirmed_at", Instant(), nullable=True),
        sa.Column("record_due", sa.Date(), nullable=True),
        sa.Column("chased_on", sa.Date(), nullable=True),
        sa.Column("waiver_id", Number, nullable=True),
        sa.Column("approved_by", sa.Integer(), nullable=True),
        sa.Column("approved_at", Instant(), nullable=True),
        sa.Column("approval", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "approved_by IS NULL OR approved_by <> person_id", name=op.f("ck_privileged_use_approved_by_another")
        ),
        sa.CheckConstraint(
            "confirmed_by IS NULL OR confirmed_by <> person_id", name=op.f("ck_privileged_use_confirmed_by_another")
        ),
        sa.CheckConstraint(
            "emergency OR delegation_id IS NOT NULL", name=op.f("ck_privileged_use_delegated_or_emergency")
        ),
        sa.CheckConstraint("minutes BETWEEN 1 AND 720", name=op.f("ck_privileged_use_never_above_twelve_hours")),
        sa.CheckConstraint(
            "opened_at IS NULL OR ends_at IS NOT NULL", name=op.f("ck_privileged_use_opened_with_an_end")
        ),
        sa.CheckConstraint(
            "witness_id IS NULL OR witness_id <> person_id", name=op.f("ck_privileged_use_witnessed_by_another")
        ),
        sa.ForeignKeyConstraint(["privileged_id"], ["privileged_id.id"], name=op.f("fk_privileged_use_privileged_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_privileged_use_person_id")),
        sa.ForeignKeyConstraint(["delegation_id"], ["delegation.id"], name=op.f("fk_privileged_use_delegation_id")),
        sa.ForeignKeyConstraint(["witness_id"], ["person.id"], name=op.f("fk_privileged_use_witness_id")),
        sa.ForeignKeyConstraint(["ended_by"], ["person.id"], name=op.f("fk_privileged_use_ended_by")),
        sa.ForeignKeyConstraint(["confirmed_by"], ["person.id"], name=op.f("fk_privileged_use_confirmed_by")),
        sa.ForeignKeyConstraint(["waiver_id"], ["waiver.id"], name=op.f("fk_privileged_use_waiver_id")),
        sa.ForeignKeyConstraint(["approved_by"], ["person.id"], name=op.f("fk_privileged_use_approved_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_privileged_use")),
    )
    op.create_index(op.f("ix_privileged_use_person_id"), "privileged_use", ["person_id"], unique=False)
    op.create_index(op.f("ix_privileged_use_state"), "privileged_use", ["state"], unique=False)
    op.create_index("uq_privileged_use_slot", "privileged_use", ["slot"], unique=True)


def _vault_secret() -> None:
    op.create_table(
        "vault_secret",
        sa.Column("id", Number, nullable=False),
        sa.Column("privileged_id", Number, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("use_id", Number, nullable=True),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column("set_at", Instant(), nullable=True),
        sa.Column("retired_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["privileged_id"], ["privileged_id.id"], name=op.f("fk_vault_secret_privileged_id")),
        sa.ForeignKeyConstraint(["use_id"], ["privileged_use.id"], name=op.f("fk_vault_secret_use_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vault_secret")),
    )
    op.create_index(op.f("ix_vault_secret_privileged_id"), "vault_secret", ["privileged_id"], unique=False)
    op.create_index("uq_vault_secret_version", "vault_secret", ["privileged_id", "version"], unique=True)


def _sighting_file() -> None:
    op.create_table(
        "sighting_file",
        sa.Column("id", Number, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("rejected", Json(), nullable=False),
        sa.Column("first_at", Instant(), nullable=True),
        sa.Column("last_at", Instant(), nullable=True),
        sa.Column("taken_at", Instant(), nullable=False),
        sa.Column("taken_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sighting_file")),
        sa.UniqueConstraint("sha256", name=op.f("uq_sighting_file_sha256")),
    )


def _sighting() -> None:
    op.create_table(
        "sighting",
        sa.Column("id", Number, nullable=False),
        sa.Column("file_id", Number, nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("comparable", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("use_id", Number, nullable=True),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("judged_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["file_id"], ["sighting_file.id"], name=op.f("fk_sighting_file_id")),
        sa.ForeignKeyConstraint(["use_id"], ["privileged_use.id"], name=op.f("fk_sighting_use_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sighting")),
        sa.UniqueConstraint("fingerprint", name=op.f("uq_sighting_fingerprint")),
    )
    op.create_index("ix_sighting_login", "sighting", ["system", "comparable", "at"], unique=False)


def _privilege_finding() -> None:
    op.create_table(
        "privilege_finding",
        sa.Column("id", Number, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("detail", Json(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("sighting_id", Number, nullable=True),
        sa.Column("use_id", Number, nullable=True),
        sa.Column("found_at", Instant(), nullable=False),
        sa.Column("last_at", Instant(), nullable=False),
        sa.Column("gone_at", Instant(), nullable=True),
        sa.Column("settled_at", Instant(), nullable=True),
        sa.Column("settled_by", sa.Integer(), nullable=True),
        sa.Column("settled_reason", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "settled_by IS NULL OR person_id IS NULL OR settled_by <> person_id",
            name=op.f("ck_privilege_finding_settled_by_another"),
        ),
        sa.CheckConstraint(
            "settled_at IS NULL OR settled_reason <> ''", name=op.f("ck_privilege_finding_settled_with_a_reason")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_privilege_finding_person_id")),
        sa.ForeignKeyConstraint(["sighting_id"], ["sighting.id"], name=op.f("fk_privilege_finding_sighting_id")),
        sa.ForeignKeyConstraint(["use_id"], ["privileged_use.id"], name=op.f("fk_privilege_finding_use_id")),
        sa.ForeignKeyConstraint(["settled_by"], ["person.id"], name=op.f("fk_privilege_finding_settled_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_privilege_finding")),
        sa.UniqueConstraint("key", name=op.f("uq_privilege_finding_key")),
    )
    op.create_index("ix_privilege_finding_open", "privilege_finding", ["settled_at", "gone_at"], unique=False)


def _console_deed() -> None:
    op.create_table(
        "console_deed",
        sa.Column("id", Number, nullable=False),
        sa.Column("verb", sa.Text(), nullable=False),
        sa.Column("content", Json(), nullable=False),
        sa.Column("seal", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("code_hash", sa.Text(), nullable=False),
        sa.Column("prepared_at", Instant(), nullable=False),
        sa.Column("lapses_at", Instant(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("settled_at", Instant(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "(state IN ('waiting', 'opened')) = (settled_at IS NULL)", name=op.f("ck_console_deed_settled_once")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_console_deed_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_console_deed")),
    )
    op.create_index(op.f("ix_console_deed_person_id"), "console_deed", ["person_id"], unique=False)


def _errand() -> None:
    op.create_table(
        "errand",
        sa.Column("id", Number, nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("comparable", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("entitlement", sa.Text(), nullable=False),
        sa.Column("secret_id", Number, nullable=True),
        sa.Column("former_id", Number, nullable=True),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("clause", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("written_at", Instant(), nullable=False),
        sa.Column("due_at", Instant(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("settled_at", Instant(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_errand")),
    )
    op.create_index("ix_errand_account", "errand", ["system", "comparable"], unique=False)
    op.create_index("ix_errand_due", "errand", ["settled_at", "due_at"], unique=False)
    op.create_index(op.f("ix_errand_subject"), "errand", ["subject"], unique=False)


def _suspension() -> None:
    op.create_table(
        "suspension",
        sa.Column("id", Number, nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("block_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("suspended_by", sa.Integer(), nullable=True),
        sa.Column("suspended_actor", sa.Text(), nullable=False),
        sa.Column("suspended_at", Instant(), nullable=False),
        sa.Column("restored_by", sa.Integer(), nullable=True),
        sa.Column("restored_actor", sa.Text(), nullable=False),
        sa.Column("restored_at", Instant(), nullable=True),
        sa.Column("restore_reason", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "suspended_by IS NULL OR suspended_by <> person_id", name=op.f("ck_suspension_not_suspending_oneself")
        ),
        sa.CheckConstraint(
            "restored_by IS NULL OR restored_by <> person_id", name=op.f("ck_suspension_not_restoring_oneself")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_suspension_person_id")),
        sa.ForeignKeyConstraint(["block_id"], ["block.id"], name=op.f("fk_suspension_block_id")),
        sa.ForeignKeyConstraint(["suspended_by"], ["person.id"], name=op.f("fk_suspension_suspended_by")),
        sa.ForeignKeyConstraint(["restored_by"], ["person.id"], name=op.f("fk_suspension_restored_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suspension")),
    )
    op.create_index(op.f("ix_suspension_person_id"), "suspension", ["person_id"], unique=False)
    op.create_index(
        "uq_suspension_in_force",
        "suspension",
        ["person_id"],
        unique=True,
        sqlite_where=sa.text("restored_at IS NULL"),
        postgresql_where=sa.text("restored_at IS NULL"),
    )


def _suspension_receipt() -> None:
    op.create_table(
        "suspension_receipt",
        sa.Column("suspension_id", Number, nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("told_at", Instant(), nullable=False),
        sa.Column("opened_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["suspension_id"], ["suspension.id"], name=op.f("fk_suspension_receipt_suspension_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_suspension_receipt_person_id")),
        sa.PrimaryKeyConstraint("suspension_id", "what", "person_id", name=op.f("pk_suspension_receipt")),
    )
    op.create_index("ix_suspension_receipt_person", "suspension_receipt", ["person_id", "opened_at"], unique=False)


def _urgent_person() -> None:
    op.create_table(
        "urgent_person",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("asked_at", Instant(), nullable=False),
        sa.Column("due_at", Instant(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("trouble", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_urgent_person_person_id")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_urgent_person")),
    )
    op.create_index(op.f("ix_urgent_person_due_at"), "urgent_person", ["due_at"], unique=False)
