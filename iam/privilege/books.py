"""The books of privilege: IDs, delegations, uses, secrets, sightings, findings, deeds prepared at the console.

The one law: *nobody decides their own case* (design law 4, R13, R17): that nominator, approver and delegate are three
persons, that a witness is not the user and that whoever approves afterwards is not either are constraints of the
database, whatever door the row came through; so is that one ID has one open use.
"""

from sqlalchemy import Boolean, CheckConstraint, Column, Date, ForeignKey, Index, Integer, LargeBinary, Table, Text

from iam.office.books import case_table
from iam.office.changes.books import waiver_table
from iam.people.ledger import person_table
from iam.record.store import Instant, Json, Number, metadata

privileged_id_table = Table(
    "privileged_id",
    metadata,
    Column("id", Number, primary_key=True),
    Column("system", Text, nullable=False),
    Column("mode", Text, nullable=False),
    Column("login", Text, nullable=False),
    Column("comparable", Text, nullable=False),
    Column("entitlement", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("most_holders", Integer, nullable=False),
    Column("emergency", Boolean, nullable=False),
    Column("kept", Boolean, nullable=False),
    Column("note", Text, nullable=False),
    Column("case_id", ForeignKey(case_table.c.id)),
    Column("registered_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("retired_at", Instant),
    CheckConstraint("(mode = 'member') = (login = '')", name="login_or_group"),
    CheckConstraint("(mode = 'member') = (entitlement <> '')", name="group_or_login"),
    CheckConstraint("most_holders >= 1", name="somebody_may_hold"),
)
Index(
    "uq_privileged_id_in_force",
    privileged_id_table.c.system, privileged_id_table.c.comparable, privileged_id_table.c.entitlement,
    unique=True,
    sqlite_where=privileged_id_table.c.retired_at.is_(None),
    postgresql_where=privileged_id_table.c.retired_at.is_(None),
)  # fmt: skip

delegation_table = Table(
    "delegation",
    metadata,
    Column("id", Number, primary_key=True),
    Column("delegate_id", ForeignKey(person_table.c.id), nullable=False, index=True),
    Column("privileged_ids", Json, nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("valid_until", Date, nullable=False),
    Column("conditions", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("content_hash", Text, nullable=False),
    Column("posts", Text, nullable=False),
    Column("renews", ForeignKey("delegation.id")),
    Column("state", Text, nullable=False),
    Column("nominated_by", ForeignKey(person_table.c.id), nullable=False),
    Column("nominated_at", Instant, nullable=False),
    Column("lapses_at", Instant, nullable=False),
    Column("approved_by", ForeignKey(person_table.c.id)),
    Column("approved_at", Instant),
    Column("noticed_at", Instant),
    Column("received_by", ForeignKey(person_table.c.id)),
    Column("received_at", Instant),
    Column("ended_at", Instant),
    Column("end_reason", Text, nullable=False),
    Column("waiver_id", ForeignKey(waiver_table.c.id)),
    Column("reviewed_by", ForeignKey(person_table.c.id)),
    Column("reviewed_at", Instant),
    Column("review", Text, nullable=False),
    Column("chased_on", Date),
    CheckConstraint("valid_from <= valid_until", name="begins_before_its_end"),
    CheckConstraint("nominated_by <> delegate_id", name="not_nominating_oneself"),
    CheckConstraint("approved_by IS NULL OR approved_by <> nominated_by", name="two_officers"),
    CheckConstraint("approved_by IS NULL OR approved_by <> delegate_id", name="not_approving_oneself"),
    CheckConstraint("reviewed_by NOT IN (nominated_by, approved_by, delegate_id)", name="reviewed_by_another"),
    CheckConstraint(
        "state <> 'live' OR (approved_by IS NOT NULL AND noticed_at IS NOT NULL)", name="live_by_approval_and_notice"
    ),
)
Index("ix_delegation_state", delegation_table.c.state)

use_table = Table(
    "privileged_use",
    metadata,
    Column("id", Number, primary_key=True),
    Column("privileged_id", ForeignKey("privileged_id.id"), nullable=False),
    Column("slot", Text),
    Column("person_id", ForeignKey(person_table.c.id), nullable=False, index=True),
    Column("delegation_id", ForeignKey("delegation.id")),
    Column("emergency", Boolean, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("decision_number", Text, nullable=False),
    Column("minutes", Integer, nullable=False),
    Column("login", Text, nullable=False),
    Column("session_id", Number),
    Column("address", Text, nullable=False),
    Column("proofs", Json, nullable=False),
    Column("state", Text, nullable=False),
    Column("asked_at", Instant, nullable=False),
    Column("lapses_at", Instant, nullable=False),
    Column("witness_id", ForeignKey(person_table.c.id)),
    Column("joined_at", Instant),
    Column("witness_seen_at", Instant),
    Column("opened_at", Instant),
    Column("ends_at", Instant),
    Column("seen_at", Instant),
    Column("shown_at", Instant),
    Column("ended_at", Instant),
    Column("ended_by", ForeignKey(person_table.c.id)),
    Column("end_reason", Text, nullable=False),
    Column("closed_at", Instant),
    Column("grant_id", Integer),
    Column("record", Text, nullable=False),
    Column("record_at", Instant),
    Column("confirmed_by", ForeignKey(person_table.c.id)),
    Column("confirmed_at", Instant),
    Column("record_due", Date),
    Column("chased_on", Date),
    Column("waiver_id", ForeignKey(waiver_table.c.id)),
    Column("approved_by", ForeignKey(person_table.c.id)),
    Column("approved_at", Instant),
    Column("approval", Text, nullable=False),
    CheckConstraint("witness_id IS NULL OR witness_id <> person_id", name="witnessed_by_another"),
    CheckConstraint("confirmed_by IS NULL OR confirmed_by <> person_id", name="confirmed_by_another"),
    CheckConstraint("approved_by IS NULL OR approved_by <> person_id", name="approved_by_another"),
    CheckConstraint("emergency OR delegation_id IS NOT NULL", name="delegated_or_emergency"),
    CheckConstraint("opened_at IS NULL OR ends_at IS NOT NULL", name="opened_with_an_end"),
    CheckConstraint("minutes BETWEEN 1 AND 720", name="never_above_twelve_hours"),
)
Index("ix_privileged_use_state", use_table.c.state)
# `slot` names what one use at a time may hold (an account; a person in a group) and is NULL once the use is closed.
Index("uq_privileged_use_slot", use_table.c.slot, unique=True)

secret_table = Table(
    "vault_secret",
    metadata,
    Column("id", Number, primary_key=True),
    Column("privileged_id", ForeignKey("privileged_id.id"), nullable=False, index=True),
    Column("version", Integer, nullable=False),
    Column("sealed", LargeBinary),
    Column("why", Text, nullable=False),
    Column("use_id", ForeignKey("privileged_use.id")),
    Column("made_at", Instant, nullable=False),
    Column("set_at", Instant),
    Column("retired_at", Instant),
)
Index("uq_vault_secret_version", secret_table.c.privileged_id, secret_table.c.version, unique=True)

sighting_file_table = Table(
    "sighting_file",
    metadata,
    Column("id", Number, primary_key=True),
    Column("name", Text, nullable=False),
    Column("system", Text, nullable=False),
    Column("sha256", Text, nullable=False, unique=True),
    Column("rows", Integer, nullable=False),
    Column("rejected", Json, nullable=False),
    Column("first_at", Instant),
    Column("last_at", Instant),
    Column("taken_at", Instant, nullable=False),
    Column("taken_by", Text, nullable=False),
)

sighting_table = Table(
    "sighting",
    metadata,
    Column("id", Number, primary_key=True),
    Column("file_id", ForeignKey("sighting_file.id"), nullable=False),
    Column("fingerprint", LargeBinary, nullable=False, unique=True),
    Column("system", Text, nullable=False),
    Column("host", Text, nullable=False),
    Column("login", Text, nullable=False),
    Column("comparable", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("what", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("use_id", ForeignKey("privileged_use.id")),
    Column("verdict", Text, nullable=False),
    Column("judged_at", Instant, nullable=False),
)
Index("ix_sighting_login", sighting_table.c.system, sighting_table.c.comparable, sighting_table.c.at)

finding_table = Table(
    "privilege_finding",
    metadata,
    Column("id", Number, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("system", Text, nullable=False),
    Column("login", Text, nullable=False),
    Column("key", Text, nullable=False, unique=True),
    Column("detail", Json, nullable=False),
    Column("person_id", ForeignKey(person_table.c.id)),
    Column("sighting_id", ForeignKey("sighting.id")),
    Column("use_id", ForeignKey("privileged_use.id")),
    Column("found_at", Instant, nullable=False),
    Column("last_at", Instant, nullable=False),
    Column("gone_at", Instant),
    Column("settled_at", Instant),
    Column("settled_by", ForeignKey(person_table.c.id)),
    Column("settled_reason", Text, nullable=False),
    CheckConstraint("settled_by IS NULL OR person_id IS NULL OR settled_by <> person_id", name="settled_by_another"),
    CheckConstraint("settled_at IS NULL OR settled_reason <> ''", name="settled_with_a_reason"),
)
Index("ix_privilege_finding_open", finding_table.c.settled_at, finding_table.c.gone_at)

console_deed_table = Table(
    "console_deed",
    metadata,
    Column("id", Number, primary_key=True),
    Column("verb", Text, nullable=False),
    Column("content", Json, nullable=False),
    Column("seal", Text, nullable=False),
    Column("person_id", ForeignKey(person_table.c.id), nullable=False, index=True),
    Column("account", Text, nullable=False),
    Column("code_hash", Text, nullable=False),
    Column("prepared_at", Instant, nullable=False),
    Column("lapses_at", Instant, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("settled_at", Instant),
    Column("outcome", Text, nullable=False),
    CheckConstraint("(state IN ('waiting', 'opened')) = (settled_at IS NULL)", name="settled_once"),
)
