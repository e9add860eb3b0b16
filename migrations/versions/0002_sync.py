"""Persons and appointments, accounts, what feeds and targets said, plans."""

import sqlalchemy as sa
from alembic import op

from iam.record.columns import Instant, Json

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# Each table after those that it refers to.
TABLES = (
    "person",
    "staff_number",
    "person_name",
    "appointment",
    "account",
    "holding",
    "access_grant",
    "block",
    "feed_run",
    "feed_row",
    "quarantine",
    "plan",
    "plan_change",
    "night",
    "actual_account",
    "actual_group",
    "actual_member",
    "protection",
)


def upgrade() -> None:
    _people()
    _access()
    _intake()
    _plans()
    _targets()


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)


def _people() -> None:
    op.create_table(
        "person",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("staff_number", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_kana", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("home_body", sa.Text(), nullable=False),
        sa.Column("absent_runs", sa.Integer(), nullable=False),
        sa.Column("absent_on", sa.Date(), nullable=True),
        sa.Column("absent_edition", sa.Text(), nullable=False),
        sa.Column("pending", sa.Boolean(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_person"),
        sa.UniqueConstraint("staff_number", name="uq_person_staff_number"),
    )
    op.create_index(
        "ix_person_absent",
        "person",
        ["absent_runs"],
    )
    op.create_index("ix_person_pending", "person", ["pending"])
    op.create_table(
        "staff_number",
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("given_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_staff_number_person_id"),
        sa.PrimaryKeyConstraint("number", name="pk_staff_number"),
    )
    op.create_index("ix_staff_number_person_id", "staff_number", ["person_id"])
    op.create_table(
        "person_name",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("known_from", Instant(), nullable=False),
        sa.Column("known_until", Instant(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_kana", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_person_name_person_id"),
        sa.PrimaryKeyConstraint("person_id", "known_from", name="pk_person_name"),
    )
    op.create_table(
        "appointment",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("gives", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("org_code", sa.Text(), nullable=False),
        sa.Column("org_name", sa.Text(), nullable=False),
        sa.Column("title_code", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("concurrent", sa.Boolean(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("announce_from", sa.Date(), nullable=True),
        sa.Column("change", sa.Text(), nullable=False),
        sa.Column("supersedes", sa.Integer(), nullable=True),
        sa.Column("known_from", Instant(), nullable=False),
        sa.Column("known_until", Instant(), nullable=True),
        sa.Column("closing", sa.Text(), nullable=True),
        sa.Column("closing_run", sa.Integer(), nullable=True),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_appointment_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_appointment"),
    )
    op.create_index("ix_appointment_person_id", "appointment", ["person_id"])
    op.create_index("ix_appointment_valid_from", "appointment", ["valid_from"])
    op.create_index("ix_appointment_valid_until", "appointment", ["valid_until"])


def _access() -> None:
    op.create_table(
        "account",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("comparable", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("native_id", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("disabled_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_account_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_account"),
        sa.UniqueConstraint("system", "comparable", name="uq_account_system_comparable"),
    )
    op.create_index("ix_account_disabled_on", "account", ["disabled_on"])
    op.create_index("ix_account_native", "account", ["system", "native_id"])
    op.create_index("ix_account_person_id", "account", ["person_id"])
    op.create_table(
        "holding",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("entitlement", sa.Text(), nullable=False),
        sa.Column("held_from", Instant(), nullable=False),
        sa.Column("held_until", Instant(), nullable=True),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("clause", sa.Text(), nullable=False),
        sa.Column("appointment", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_holding_account_id"),
        sa.PrimaryKeyConstraint("account_id", "entitlement", "held_from", name="pk_holding"),
    )
    op.create_table(
        "access_grant",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("entitlement", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("clause", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("withdrawn_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_access_grant_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_access_grant"),
    )
    op.create_index("ix_access_grant_person_id", "access_grant", ["person_id"])
    op.create_table(
        "block",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("clause", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("lifted_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_block_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_block"),
    )
    op.create_index("ix_block_person_id", "block", ["person_id"])


def _intake() -> None:
    op.create_table(
        "feed_run",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("added", sa.Integer(), nullable=False),
        sa.Column("gone", sa.Integer(), nullable=False),
        sa.Column("rules", sa.Text(), nullable=False),
        sa.Column("departments", Json(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_feed_run"),
    )
    op.create_index("ix_feed_run_source", "feed_run", ["source"])
    op.create_table(
        "feed_row",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("staff_number", sa.Text(), nullable=False),
        sa.Column("department", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("source", "fingerprint", name="pk_feed_row"),
    )
    op.create_index("ix_feed_row_number", "feed_row", ["source", "staff_number"])
    op.create_table(
        "quarantine",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("staff_number", sa.Text(), nullable=True),
        sa.Column("announce_from", sa.Date(), nullable=True),
        sa.Column("cross_row", sa.Boolean(), nullable=False),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("source", "fingerprint", "field", name="pk_quarantine"),
    )


def _plans() -> None:
    op.create_table(
        "plan",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("base", Json(), nullable=False),
        sa.Column("holds", Json(), nullable=False),
        sa.Column("readings", Json(), nullable=False),
        sa.Column("first_officer", sa.Text(), nullable=True),
        sa.Column("first_at", Instant(), nullable=True),
        sa.Column("first_seal", sa.Text(), nullable=True),
        sa.Column("second_officer", sa.Text(), nullable=True),
        sa.Column("second_at", Instant(), nullable=True),
        sa.Column("second_seal", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "state <> 'released' OR (first_officer IS NOT NULL AND second_officer IS NOT NULL)",
            name="ck_plan_released_by_two",
        ),
        sa.CheckConstraint(
            "first_officer IS NULL OR second_officer IS NULL OR first_officer <> second_officer",
            name="ck_plan_two_officers",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_plan"),
    )
    op.create_index("ix_plan_state", "plan", ["state"])
    op.create_table(
        "plan_change",
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("staff_number", sa.Text(), nullable=False),
        sa.Column("department", sa.Text(), nullable=False),
        sa.Column("entitlement", sa.Text(), nullable=False),
        sa.Column("native_id", sa.Text(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("attributes", Json(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("clause", sa.Text(), nullable=False),
        sa.Column("appointment", sa.Integer(), nullable=True),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("announce_from", sa.Date(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name="fk_plan_change_plan_id"),
        sa.PrimaryKeyConstraint("plan_id", "number", name="pk_plan_change"),
    )
    op.create_index("ix_plan_change_state", "plan_change", ["plan_id", "state"])
    op.create_table(
        "night",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("evaluated_on", sa.Date(), nullable=False),
        sa.Column("rules", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_night"),
    )


def _targets() -> None:
    op.create_table(
        "actual_account",
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("native_id", sa.Text(), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("link", sa.Text(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("attributes", Json(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("system", "native_id", name="pk_actual_account"),
    )
    op.create_index("ix_actual_account_link", "actual_account", ["system", "link"])
    op.create_table(
        "actual_group",
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("entitlement", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("system", "entitlement", name="pk_actual_group"),
    )
    op.create_table(
        "actual_member",
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("entitlement", sa.Text(), nullable=False),
        sa.Column("native_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("system", "entitlement", "native_id", name="pk_actual_member"),
    )
    op.create_index("ix_actual_member_native", "actual_member", ["system", "native_id"])
    op.create_table(
        "protection",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("comparable", sa.Text(), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("marked_by", sa.Text(), nullable=False),
        sa.Column("marked_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_protection"),
    )
