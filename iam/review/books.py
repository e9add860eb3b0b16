"""The books of reviews: a campaign frozen at its opening, what was found, answered, signed, sent out and taken away.

The one law: *nobody decides about themselves, and two persons close* (design law 4, R10): that an answer is not given
by whom it concerns, and that the two signatures are of two persons, are constraints of the database.
"""

from collections.abc import Mapping
from typing import Final

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
)

from iam.people.ledger import person_table
from iam.record.store import Instant, Json, Number, metadata

campaign_table = Table(
    "campaign",
    metadata,
    Column("id", Number, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("fiscal_year", Integer, nullable=False),
    Column("quarter", Integer, nullable=False),
    Column("title", Text, nullable=False),
    Column("scope", Json, nullable=False),
    Column("terms", Json, nullable=False),
    Column("state", Text, nullable=False),
    Column("opened_by", Text, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("day", Date, nullable=False),
    Column("due_on", Date, nullable=False),
    Column("previous_id", ForeignKey("campaign.id")),
    Column("people_hash", Text, nullable=False),
    Column("snapshot_hash", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("silenced_at", Instant),
    Column("result_hash", Text, nullable=False),
    Column("general_by", ForeignKey(person_table.c.id)),
    Column("general_at", Instant),
    Column("hr_by", ForeignKey(person_table.c.id)),
    Column("hr_at", Instant),
    Column("partial_reason", Text, nullable=False),
    Column("signed_at", Instant),
    Column("closed_at", Instant),
    Column("complete", Boolean),
    Column("abandoned_by", Text),
    Column("abandon_reason", Text, nullable=False),
    CheckConstraint("general_by <> hr_by", name="two_persons_sign"),
    CheckConstraint(
        "state NOT IN ('signed', 'closed') OR (general_by IS NOT NULL AND hr_by IS NOT NULL)", name="two_signatures"
    ),
    CheckConstraint("kind = 'extra' OR quarter BETWEEN 0 AND 4", name="a_quarter_of_the_year"),
)
Index("ix_campaign_state", campaign_table.c.state)
Index(
    "uq_campaign_of_schedule",
    campaign_table.c.kind, campaign_table.c.fiscal_year, campaign_table.c.quarter,
    unique=True,
    sqlite_where=(campaign_table.c.kind != "extra") & (campaign_table.c.state != "abandoned"),
    postgresql_where=(campaign_table.c.kind != "extra") & (campaign_table.c.state != "abandoned"),
)  # fmt: skip

UNSIGNED: Final[Mapping[str, object]] = {
    "general_by": None, "general_at": None, "hr_by": None, "hr_at": None, "result_hash": "", "partial_reason": "",
}  # fmt: skip
"""What a campaign holds whose signatures are cleared."""

campaign_system_table = Table(
    "campaign_system",
    metadata,
    Column("campaign_id", ForeignKey("campaign.id"), primary_key=True),
    Column("system", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("zone", Text, nullable=False),
    Column("connected", Boolean, nullable=False),
    Column("read_at", Instant),
    Column("trouble", Text, nullable=False),
    Column("on_target", Integer, nullable=False),
    Column("lines", Integer, nullable=False),
    Column("missing", Integer, nullable=False),
)

campaign_person_table = Table(
    "campaign_person",
    metadata,
    Column("campaign_id", ForeignKey("campaign.id"), primary_key=True),
    Column("person_id", Integer, primary_key=True),
    Column("staff_number", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("since", Date),
    Column("until", Date),
    Column("org_code", Text, nullable=False),
    Column("org_name", Text, nullable=False),
    Column("department", Text, nullable=False),
    Column("title_code", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("category", Text, nullable=False),
    Column("post_from", Date),
    Column("appointment", Text, nullable=False),
    Column("factors", Json, nullable=False),
    Column("accounts", Integer, nullable=False),
)
Index(
    "ix_campaign_person_unit",
    campaign_person_table.c.campaign_id, campaign_person_table.c.department, campaign_person_table.c.org_code,
)  # fmt: skip

campaign_line_table = Table(
    "campaign_line",
    metadata,
    Column("id", Number, primary_key=True),
    Column("campaign_id", ForeignKey("campaign.id"), nullable=False),
    Column("system", Text, nullable=False),
    Column("native_id", Text, nullable=False),
    Column("login", Text, nullable=False),
    Column("comparable", Text, nullable=False),
    Column("link", Text, nullable=False),
    Column("sorting", Text, nullable=False),
    Column("account_id", Integer),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("person_id", Integer),
    Column("keeper_id", Integer),
    Column("enabled", Boolean, nullable=False),
    Column("rights", Json, nullable=False),
    Column("created_at", Instant),
    Column("used_at", Instant),
    Column("used_where", Text, nullable=False),
    Column("former", Text, nullable=False),
    Column("findings", Integer, nullable=False),
    Column("asked", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("refrozen", Integer, nullable=False, server_default="0"),
    UniqueConstraint("campaign_id", "system", "native_id", "login", name="uq_campaign_line_account"),
)
Index("ix_campaign_line_person", campaign_line_table.c.campaign_id, campaign_line_table.c.person_id)
Index(
    "ix_campaign_line_account",
    campaign_line_table.c.campaign_id, campaign_line_table.c.system, campaign_line_table.c.asked,
    campaign_line_table.c.id,
)  # fmt: skip

campaign_finding_table = Table(
    "campaign_finding",
    metadata,
    Column("id", Number, primary_key=True),
    Column("campaign_id", ForeignKey("campaign.id"), nullable=False),
    Column("line_id", ForeignKey("campaign_line.id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("evidence", Json, nullable=False),
    Column("clause", Text, nullable=False),
    UniqueConstraint("line_id", "kind", name="uq_campaign_finding_kind"),
)
Index("ix_campaign_finding_kind", campaign_finding_table.c.campaign_id, campaign_finding_table.c.kind)

campaign_answer_table = Table(
    "campaign_answer",
    metadata,
    Column("id", Number, primary_key=True),
    Column("campaign_id", ForeignKey("campaign.id"), nullable=False),
    Column("part", Text, nullable=False),
    Column("line_id", ForeignKey("campaign_line.id")),
    Column("person_id", Integer),
    Column("concerns_id", Integer),
    Column("keeper_id", Integer),
    Column("verdict", Text, nullable=False),
    Column("rights", Json, nullable=False),
    Column("until", Date),
    Column("given_to", ForeignKey(person_table.c.id)),
    Column("reason", Text, nullable=False),
    Column("how", Text, nullable=False),
    Column("sheet_id", Number),
    Column("answered_by", ForeignKey(person_table.c.id)),
    Column("answered_at", Instant, nullable=False),
    Column("revision", Integer, nullable=False),
    CheckConstraint("answered_by IS NULL OR concerns_id IS NULL OR answered_by <> concerns_id", name="not_oneself"),
    CheckConstraint("answered_by IS NULL OR keeper_id IS NULL OR answered_by <> keeper_id", name="not_what_one_keeps"),
    CheckConstraint("(part = 'hr') = (line_id IS NULL)", name="a_person_or_a_line"),
    CheckConstraint("(part = 'hr') = (person_id IS NOT NULL)", name="hr_answers_persons"),
    CheckConstraint("(how = 'silence') = (answered_by IS NULL)", name="somebody_or_silence"),
    UniqueConstraint("line_id", "part", name="uq_campaign_answer_line"),
    UniqueConstraint("campaign_id", "person_id", name="uq_campaign_answer_person"),
)
Index("ix_campaign_answer_by", campaign_answer_table.c.campaign_id, campaign_answer_table.c.answered_by)

campaign_comment_table = Table(
    "campaign_comment",
    metadata,
    Column("id", Number, primary_key=True),
    Column("campaign_id", ForeignKey("campaign.id"), nullable=False),
    Column("line_id", ForeignKey("campaign_line.id")),
    Column("person_id", Integer),
    Column("words", Text, nullable=False),
    Column("said_by", ForeignKey(person_table.c.id), nullable=False),
    Column("said_at", Instant, nullable=False),
    CheckConstraint("(line_id IS NULL) <> (person_id IS NULL)", name="about_one_thing"),
)
Index("ix_campaign_comment_line", campaign_comment_table.c.campaign_id, campaign_comment_table.c.line_id)

campaign_sheet_table = Table(
    "campaign_sheet",
    metadata,
    Column("id", Number, primary_key=True),
    Column("campaign_id", ForeignKey("campaign.id"), nullable=False),
    Column("part", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("made_for", ForeignKey(person_table.c.id)),
    Column("made_at", Instant, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("digest", Text, nullable=False),
    Column("key_id", Text, nullable=False),
)
Index("ix_campaign_sheet_campaign", campaign_sheet_table.c.campaign_id)

campaign_return_table = Table(
    "campaign_return",
    metadata,
    Column("id", Number, primary_key=True),
    Column("sheet_id", ForeignKey("campaign_sheet.id"), nullable=False),
    Column("file_name", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("returned_by", ForeignKey(person_table.c.id), nullable=False),
    Column("returned_at", Instant, nullable=False),
    Column("taken", Integer, nullable=False),
    Column("blank", Integer, nullable=False),
    Column("conflicts", Json, nullable=False),
    UniqueConstraint("sheet_id", "sha256", name="uq_campaign_return_file"),
)

campaign_export_table = Table(
    "campaign_export",
    metadata,
    Column("id", Number, primary_key=True),
    Column("campaign_id", ForeignKey("campaign.id"), nullable=False),
    Column("file_name", Text, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("made_at", Instant, nullable=False),
)
Index("ix_campaign_export_campaign", campaign_export_table.c.campaign_id)

campaign_removal_table = Table(
    "campaign_removal",
    metadata,
    Column("id", Number, primary_key=True),
    Column("campaign_id", ForeignKey("campaign.id"), nullable=False),
    Column("line_id", ForeignKey("campaign_line.id"), nullable=False),
    Column("system", Text, nullable=False),
    Column("login", Text, nullable=False),
    Column("comparable", Text, nullable=False),
    Column("native_id", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("entitlement", Text, nullable=False),
    Column("person_id", Integer),
    Column("reason", Text, nullable=False),
    Column("clause", Text, nullable=False),
    Column("block_id", Integer),
    Column("due_on", Date, nullable=False),
    Column("put_at", Instant),
    Column("verified_at", Instant),
    Column("trouble", Text, nullable=False),
    Column("alarmed_at", Instant),
    Column("lifted_at", Instant),
    Column("lifted_by", ForeignKey(person_table.c.id)),
    Column("lift_reason", Text, nullable=False),
    UniqueConstraint("line_id", "what", "entitlement", name="uq_campaign_removal_what"),
)
Index(
    "ix_campaign_removal_undone",
    campaign_removal_table.c.verified_at, campaign_removal_table.c.due_on,
)  # fmt: skip
Index("ix_campaign_removal_campaign", campaign_removal_table.c.campaign_id)
Index("ix_campaign_removal_account", campaign_removal_table.c.system, campaign_removal_table.c.comparable)

review_alarm_table = Table(
    "review_alarm",
    metadata,
    Column("week", Date, primary_key=True),
    Column("words", Text, nullable=False),
    Column("told_at", Instant, nullable=False),
)

campaign_reminder_table = Table(
    "campaign_reminder",
    metadata,
    Column("campaign_id", ForeignKey("campaign.id"), primary_key=True),
    Column("person_id", ForeignKey(person_table.c.id), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("sent_at", Instant, nullable=False),
)
