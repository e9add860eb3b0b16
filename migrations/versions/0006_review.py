"""Reviews with 人事: campaigns, what they froze and found, answers and signatures; IDs that somebody keeps."""

import sqlalchemy as sa
from alembic import op

from iam.record.columns import Instant, Json, Number

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# Each table after those that it refers to.
TABLES = (
    "campaign",
    "kept_id",
    "campaign_export",
    "campaign_line",
    "campaign_person",
    "campaign_reminder",
    "campaign_sheet",
    "campaign_system",
    "kept_member",
    "campaign_answer",
    "campaign_comment",
    "campaign_finding",
    "campaign_removal",
    "campaign_return",
    "review_alarm",
)


def upgrade() -> None:
    _campaign()
    _kept_id()
    _campaign_export()
    _campaign_line()
    _campaign_person()
    _campaign_reminder()
    _campaign_sheet()
    _campaign_system()
    _kept_member()
    _campaign_answer()
    _campaign_comment()
    _campaign_finding()
    _campaign_removal()
    _campaign_return()
    _review_alarm()


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)


def _campaign() -> None:
    op.create_table(
        "campaign",
        sa.Column("id", Number, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("fiscal_year", sa.Integer(), nullable=False),
        sa.Column("quarter", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("scope", Json(), nullable=False),
        sa.Column("terms", Json(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("opened_by", sa.Text(), nullable=False),
        sa.Column("opened_at", Instant(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("previous_id", Number, nullable=True),
        sa.Column("people_hash", sa.Text(), nullable=False),
        sa.Column("snapshot_hash", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("silenced_at", Instant(), nullable=True),
        sa.Column("result_hash", sa.Text(), nullable=False),
        sa.Column("general_by", sa.Integer(), nullable=True),
        sa.Column("general_at", Instant(), nullable=True),
        sa.Column("hr_by", sa.Integer(), nullable=True),
        sa.Column("hr_at", Instant(), nullable=True),
        sa.Column("partial_reason", sa.Text(), nullable=False),
        sa.Column("signed_at", Instant(), nullable=True),
        sa.Column("closed_at", Instant(), nullable=True),
        sa.Column("complete", sa.Boolean(), nullable=True),
        sa.Column("abandoned_by", sa.Text(), nullable=True),
        sa.Column("abandon_reason", sa.Text(), nullable=False),
        sa.CheckConstraint("kind = 'extra' OR quarter BETWEEN 0 AND 4", name=op.f("ck_campaign_a_quarter_of_the_year")),
        sa.CheckConstraint(
            "state NOT IN ('signed', 'closed') OR (general_by IS NOT NULL AND hr_by IS NOT NULL)",
            name=op.f("ck_campaign_two_signatures"),
        ),
        sa.CheckConstraint("general_by <> hr_by", name=op.f("ck_campaign_two_persons_sign")),
        sa.ForeignKeyConstraint(["general_by"], ["person.id"], name=op.f("fk_campaign_general_by")),
        sa.ForeignKeyConstraint(["hr_by"], ["person.id"], name=op.f("fk_campaign_hr_by")),
        sa.ForeignKeyConstraint(["previous_id"], ["campaign.id"], name=op.f("fk_campaign_previous_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign")),
    )
    op.create_index("ix_campaign_state", "campaign", ["state"], unique=False)
    op.create_index(
        "uq_campaign_of_schedule",
        "campaign",
        ["kind", "fiscal_year", "quarter"],
        unique=True,
        sqlite_where=sa.text("kind != 'extra' AND state != 'abandoned'"),
        postgresql_where=sa.text("kind != 'extra' AND state != 'abandoned'"),
    )


def _kept_id() -> None:
    op.create_table(
        "kept_id",
        sa.Column("id", Number, nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("comparable", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("keeper_id", sa.Integer(), nullable=True),
        sa.Column("keeper_since", Instant(), nullable=True),
        sa.Column("sponsor_id", sa.Integer(), nullable=True),
        sa.Column("project", sa.Text(), nullable=False),
        sa.Column("company", sa.Text(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("secret_changed_on", sa.Date(), nullable=True),
        sa.Column("registered_by", sa.Text(), nullable=False),
        sa.Column("registered_at", Instant(), nullable=False),
        sa.Column("changed_at", Instant(), nullable=False),
        sa.Column("retired_at", Instant(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('shared', 'service', 'development', 'test', 'contractor')",
            name=op.f("ck_kept_id_kind_of_kept_id"),
        ),
        sa.ForeignKeyConstraint(["keeper_id"], ["person.id"], name=op.f("fk_kept_id_keeper_id")),
        sa.ForeignKeyConstraint(["sponsor_id"], ["person.id"], name=op.f("fk_kept_id_sponsor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kept_id")),
    )
    op.create_index(op.f("ix_kept_id_keeper_id"), "kept_id", ["keeper_id"], unique=False)
    op.create_index(
        "uq_kept_id_in_force",
        "kept_id",
        ["system", "comparable"],
        unique=True,
        sqlite_where=sa.text("retired_at IS NULL"),
        postgresql_where=sa.text("retired_at IS NULL"),
    )


def _campaign_export() -> None:
    op.create_table(
        "campaign_export",
        sa.Column("id", Number, nullable=False),
        sa.Column("campaign_id", Number, nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_campaign_export_campaign_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign_export")),
    )
    op.create_index("ix_campaign_export_campaign", "campaign_export", ["campaign_id"], unique=False)


def _campaign_line() -> None:
    op.create_table(
        "campaign_line",
        sa.Column("id", Number, nullable=False),
        sa.Column("campaign_id", Number, nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("native_id", sa.Text(), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("comparable", sa.Text(), nullable=False),
        sa.Column("link", sa.Text(), nullable=False),
        sa.Column("sorting", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("keeper_id", sa.Integer(), nullable=True),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("rights", Json(), nullable=False),
        sa.Column("created_at", Instant(), nullable=True),
        sa.Column("used_at", Instant(), nullable=True),
        sa.Column("used_where", sa.Text(), nullable=False),
        sa.Column("former", sa.Text(), nullable=False),
        sa.Column("findings", sa.Integer(), nullable=False),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("refrozen", sa.Integer(), nullable=False, server_default="0"),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_campaign_line_campaign_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign_line")),
        sa.UniqueConstraint("campaign_id", "system", "native_id", "login", name="uq_campaign_line_account"),
    )
    op.create_index("ix_campaign_line_account", "campaign_line", ["campaign_id", "system", "asked", "id"], unique=False)
    op.create_index("ix_campaign_line_person", "campaign_line", ["campaign_id", "person_id"], unique=False)


def _campaign_person() -> None:
    op.create_table(
        "campaign_person",
        sa.Column("campaign_id", Number, nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("staff_number", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("since", sa.Date(), nullable=True),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("org_code", sa.Text(), nullable=False),
        sa.Column("org_name", sa.Text(), nullable=False),
        sa.Column("department", sa.Text(), nullable=False),
        sa.Column("title_code", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("post_from", sa.Date(), nullable=True),
        sa.Column("appointment", sa.Text(), nullable=False),
        sa.Column("factors", Json(), nullable=False),
        sa.Column("accounts", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_campaign_person_campaign_id")),
        sa.PrimaryKeyConstraint("campaign_id", "person_id", name=op.f("pk_campaign_person")),
    )
    op.create_index(
        "ix_campaign_person_unit", "campaign_person", ["campaign_id", "department", "org_code"], unique=False
    )


def _campaign_reminder() -> None:
    op.create_table(
        "campaign_reminder",
        sa.Column("campaign_id", Number, nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("sent_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_campaign_reminder_campaign_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_campaign_reminder_person_id")),
        sa.PrimaryKeyConstraint("campaign_id", "person_id", "day", "kind", name=op.f("pk_campaign_reminder")),
    )


def _campaign_sheet() -> None:
    op.create_table(
        "campaign_sheet",
        sa.Column("id", Number, nullable=False),
        sa.Column("campaign_id", Number, nullable=False),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_for", sa.Integer(), nullable=True),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_campaign_sheet_campaign_id")),
        sa.ForeignKeyConstraint(["made_for"], ["person.id"], name=op.f("fk_campaign_sheet_made_for")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign_sheet")),
    )
    op.create_index("ix_campaign_sheet_campaign", "campaign_sheet", ["campaign_id"], unique=False)


def _campaign_system() -> None:
    op.create_table(
        "campaign_system",
        sa.Column("campaign_id", Number, nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("connected", sa.Boolean(), nullable=False),
        sa.Column("read_at", Instant(), nullable=True),
        sa.Column("trouble", sa.Text(), nullable=False),
        sa.Column("on_target", sa.Integer(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("missing", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_campaign_system_campaign_id")),
        sa.PrimaryKeyConstraint("campaign_id", "system", name=op.f("pk_campaign_system")),
    )


def _kept_member() -> None:
    op.create_table(
        "kept_member",
        sa.Column("kept_id", Number, nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["kept_id"], ["kept_id.id"], name=op.f("fk_kept_member_kept_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_kept_member_person_id")),
        sa.PrimaryKeyConstraint("kept_id", "person_id", "valid_from", name=op.f("pk_kept_member")),
    )


def _campaign_answer() -> None:
    op.create_table(
        "campaign_answer",
        sa.Column("id", Number, nullable=False),
        sa.Column("campaign_id", Number, nullable=False),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("line_id", Number, nullable=True),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("concerns_id", sa.Integer(), nullable=True),
        sa.Column("keeper_id", sa.Integer(), nullable=True),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("rights", Json(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("given_to", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("sheet_id", Number, nullable=True),
        sa.Column("answered_by", sa.Integer(), nullable=True),
        sa.Column("answered_at", Instant(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(how = 'silence') = (answered_by IS NULL)", name=op.f("ck_campaign_answer_somebody_or_silence")
        ),
        sa.CheckConstraint("(part = 'hr') = (line_id IS NULL)", name=op.f("ck_campaign_answer_a_person_or_a_line")),
        sa.CheckConstraint(
            "(part = 'hr') = (person_id IS NOT NULL)", name=op.f("ck_campaign_answer_hr_answers_persons")
        ),
        sa.CheckConstraint(
            "answered_by IS NULL OR concerns_id IS NULL OR answered_by <> concerns_id",
            name=op.f("ck_campaign_answer_not_oneself"),
        ),
        sa.CheckConstraint(
            "answered_by IS NULL OR keeper_id IS NULL OR answered_by <> keeper_id",
            name=op.f("ck_campaign_answer_not_what_one_keeps"),
        ),
        sa.ForeignKeyConstraint(["answered_by"], ["person.id"], name=op.f("fk_campaign_answer_answered_by")),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_campaign_answer_campaign_id")),
        sa.ForeignKeyConstraint(["given_to"], ["person.id"], name=op.f("fk_campaign_answer_given_to")),
        sa.ForeignKeyConstraint(["line_id"], ["campaign_line.id"], name=op.f("fk_campaign_answer_line_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign_answer")),
        sa.UniqueConstraint("campaign_id", "person_id", name="uq_campaign_answer_person"),
        sa.UniqueConstraint("line_id", "part", name="uq_campaign_answer_line"),
    )
    op.create_index("ix_campaign_answer_by", "campaign_answer", ["campaign_id", "answered_by"], unique=False)


def _campaign_comment() -> None:
    op.create_table(
        "campaign_comment",
        sa.Column("id", Number, nullable=False),
        sa.Column("campaign_id", Number, nullable=False),
        sa.Column("line_id", Number, nullable=True),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("said_by", sa.Integer(), nullable=False),
        sa.Column("said_at", Instant(), nullable=False),
        sa.CheckConstraint(
            "(line_id IS NULL) <> (person_id IS NULL)", name=op.f("ck_campaign_comment_about_one_thing")
        ),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_campaign_comment_campaign_id")),
        sa.ForeignKeyConstraint(["line_id"], ["campaign_line.id"], name=op.f("fk_campaign_comment_line_id")),
        sa.ForeignKeyConstraint(["said_by"], ["person.id"], name=op.f("fk_campaign_comment_said_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign_comment")),
    )
    op.create_index("ix_campaign_comment_line", "campaign_comment", ["campaign_id", "line_id"], unique=False)


def _campaign_finding() -> None:
    op.create_table(
        "campaign_finding",
        sa.Column("id", Number, nullable=False),
        sa.Column("campaign_id", Number, nullable=False),
        sa.Column("line_id", Number, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("evidence", Json(), nullable=False),
        sa.Column("clause", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_campaign_finding_campaign_id")),
        sa.ForeignKeyConstraint(["line_id"], ["campaign_line.id"], name=op.f("fk_campaign_finding_line_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign_finding")),
        sa.UniqueConstraint("line_id", "kind", name="uq_campaign_finding_kind"),
    )
    op.create_index("ix_campaign_finding_kind", "campaign_finding", ["campaign_id", "kind"], unique=False)


def _campaign_removal() -> None:
    op.create_table(
        "campaign_removal",
        sa.Column("id", Number, nullable=False),
        sa.Column("campaign_id", Number, nullable=False),
        sa.Column("line_id", Number, nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("comparable", sa.Text(), nullable=False),
        sa.Column("native_id", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("entitlement", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("clause", sa.Text(), nullable=False),
        sa.Column("block_id", sa.Integer(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("put_at", Instant(), nullable=True),
        sa.Column("verified_at", Instant(), nullable=True),
        sa.Column("trouble", sa.Text(), nullable=False),
        sa.Column("alarmed_at", Instant(), nullable=True),
        sa.Column("lifted_at", Instant(), nullable=True),
        sa.Column("lifted_by", sa.Integer(), nullable=True),
        sa.Column("lift_reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_campaign_removal_campaign_id")),
        sa.ForeignKeyConstraint(["lifted_by"], ["person.id"], name=op.f("fk_campaign_removal_lifted_by")),
        sa.ForeignKeyConstraint(["line_id"], ["campaign_line.id"], name=op.f("fk_campaign_removal_line_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign_removal")),
        sa.UniqueConstraint("line_id", "what", "entitlement", name="uq_campaign_removal_what"),
    )
    op.create_index("ix_campaign_removal_undone", "campaign_removal", ["verified_at", "due_on"], unique=False)
    op.create_index("ix_campaign_removal_campaign", "campaign_removal", ["campaign_id"], unique=False)
    op.create_index("ix_campaign_removal_account", "campaign_removal", ["system", "comparable"], unique=False)


def _review_alarm() -> None:
    op.create_table(
        "review_alarm",
        sa.Column("week", sa.Date(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("told_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("week", name=op.f("pk_review_alarm")),
    )


def _campaign_return() -> None:
    op.create_table(
        "campaign_return",
        sa.Column("id", Number, nullable=False),
        sa.Column("sheet_id", Number, nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("returned_by", sa.Integer(), nullable=False),
        sa.Column("returned_at", Instant(), nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.Column("blank", sa.Integer(), nullable=False),
        sa.Column("conflicts", Json(), nullable=False),
        sa.ForeignKeyConstraint(["returned_by"], ["person.id"], name=op.f("fk_campaign_return_returned_by")),
        sa.ForeignKeyConstraint(["sheet_id"], ["campaign_sheet.id"], name=op.f("fk_campaign_return_sheet_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign_return")),
        sa.UniqueConstraint("sheet_id", "sha256", name="uq_campaign_return_file"),
    )
