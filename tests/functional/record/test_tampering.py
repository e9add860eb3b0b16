"""What a database's owner can do to the audit without the key, and that each is found."""

# ruff: noqa: S608 - the statements are the attack

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256

import pytest
from sqlalchemy import Connection, Row, insert, make_url, select, text, update
from sqlalchemy.exc import DBAPIError

from iam.errors import IntegrityError
from iam.record.audit.chain import GENESIS, RECORD_COLUMNS, audit_head, audit_record, canonical
from iam.record.audit.checkpoint import checkpoint, checkpoints_in
from iam.record.audit.verify import verify
from iam.record.columns import instant_text
from iam.record.store import Store, open_engine
from tests.functional.record.conftest import Owner, verdict_on, without_guards


def test_an_untouched_audit_is_whole(ten_records: Store) -> None:
    verdict = verdict_on(ten_records)
    assert verdict.whole
    assert verdict.checked == 10
    assert "すべての記録" in verdict.unproved[0]


def test_an_audit_that_has_not_begun_is_whole(store: Store) -> None:
    verdict = verdict_on(store)
    assert verdict.whole
    assert verdict.checked == 0
    assert verdict.unproved == ()


@pytest.mark.parametrize(
    "field", ["actor", "on_behalf", "action", "subject", "previous", "hash"], ids=lambda field: f"{field}-changed"
)
@pytest.mark.parametrize("number", [1, 5, 10])
def test_a_changed_field_is_found_at_its_record(ten_records: Store, owner: Owner, field: str, number: int) -> None:
    owner(f"UPDATE audit_record SET {field} = 'x' WHERE number = {number}")
    broken = verdict_on(ten_records).broken
    assert broken is not None
    assert broken.number == number


@pytest.mark.parametrize("detail", ["{}", '{"name":"山田 次郎"}', '{"name":"山田 太郎" }', ""])
def test_a_changed_detail_is_found_to_the_last_space(ten_records: Store, owner: Owner, detail: str) -> None:
    owner(f"UPDATE audit_record SET detail = '{detail}' WHERE number = 3")
    broken = verdict_on(ten_records).broken
    assert broken is not None
    assert broken.number == 3
    assert "書き換え" in broken.what


@pytest.mark.parametrize("at", ["2026-04-01T00:00:00.000000Z", "9999-12-31T23:59:59.999999Z"])
def test_a_changed_instant_is_found(ten_records: Store, owner: Owner, at: str) -> None:
    owner(f"UPDATE audit_record SET at = '{at}' WHERE number = 3")
    broken = verdict_on(ten_records).broken
    assert broken is not None
    assert broken.number == 3


def test_a_value_made_unreadable_is_found_not_stumbled_over(
    ten_records: Store, owner: Owner, database_url: str
) -> None:
    on_sqlite = database_url.startswith("sqlite")
    owner(
        "UPDATE audit_record SET "
        + ("actor = CAST(x'ff' AS TEXT)" if on_sqlite else "at = 'infinity'")
        + " WHERE number = 3"
    )
    broken = verdict_on(ten_records).broken
    assert broken is not None
    assert broken.number == 3


@pytest.mark.parametrize("number", [1, 5, 10], ids=["first", "middle", "last"])
def test_a_dropped_record_is_found(ten_records: Store, owner: Owner, number: int) -> None:
    owner(f"DELETE FROM audit_record WHERE number = {number}")
    broken = verdict_on(ten_records).broken
    assert broken is not None
    assert broken.number == number
    assert f"記録 {number}" in broken.what


def test_a_cut_tail_is_found(ten_records: Store, owner: Owner) -> None:
    owner("DELETE FROM audit_record WHERE number > 6")
    broken = verdict_on(ten_records).broken
    assert broken is not None
    assert broken.number == 7
    assert "7 から 10" in broken.what


def test_an_emptied_audit_is_found(ten_records: Store, owner: Owner) -> None:
    owner("DELETE FROM audit_record")
    broken = verdict_on(ten_records).broken
    assert broken is not None
    assert broken.number == 1


def test_a_cut_tail_with_the_head_moved_back_is_found_by_its_seal(ten_records: Store, owner: Owner) -> None:
    owner("DELETE FROM audit_record WHERE number > 6")
    owner("UPDATE audit_head SET number = 6, hash = (SELECT hash FROM audit_record WHERE number = 6)")
    broken = verdict_on(ten_records).broken
    assert broken is not None
    assert "封印" in broken.what


def test_swapped_records_are_found(ten_records: Store, owner: Owner) -> None:
    owner("UPDATE audit_record SET number = -1 WHERE number = 3")
    owner("UPDATE audit_record SET number = 3 WHERE number = 4")
    owner("UPDATE audit_record SET number = 4 WHERE number = -1")
    broken = verdict_on(ten_records).broken
    assert broken is not None
    assert broken.number == 3


@pytest.mark.parametrize("number", [-5, 0, 11])
def test_an_inserted_record_is_found(ten_records: Store, owner: Owner, number: int) -> None:
    columns = ", ".join(RECORD_COLUMNS[1:])
    owner(
        f"INSERT INTO audit_record (number, {columns}) SELECT {number}, {columns} FROM audit_record WHERE number = 10"
    )
    broken = verdict_on(ten_records).broken
    assert broken is not None
    assert broken.number == number


def test_a_well_chained_record_behind_the_head_is_found(ten_records: Store, database_url: str) -> None:
    with resealing(database_url) as connection:
        append_chained(connection, 11)
    broken = verdict_on(ten_records).broken
    assert broken is not None
    assert broken.number == 11


def test_a_chain_made_anew_without_the_key_is_found(ten_records: Store, database_url: str) -> None:
    with resealing(database_url) as connection:
        connection.execute(update(audit_record).where(audit_record.c.number == 3).values(actor="somebody"))
        last = rechain(connection)
        connection.execute(update(audit_head).values(hash=last))
    broken = verdict_on(ten_records).broken
    assert broken is not None
    assert "封印" in broken.what


def test_a_chain_made_anew_with_the_old_head_left_is_found(ten_records: Store, database_url: str) -> None:
    with resealing(database_url) as connection:
        connection.execute(update(audit_record).where(audit_record.c.number == 3).values(actor="somebody"))
        rechain(connection)
    broken = verdict_on(ten_records).broken
    assert broken is not None
    assert broken.number == 10


@pytest.mark.parametrize("deed", ["DELETE FROM audit_record WHERE number = 10", "UPDATE audit_record SET hash = 'x'"])
def test_nothing_is_appended_to_a_chain_whose_end_is_gone(ten_records: Store, owner: Owner, deed: str) -> None:
    owner(deed)
    with pytest.raises(IntegrityError, match="末尾"), ten_records.act("tanaka") as act:
        act.record("plan.signed", "plan 1")
    verdict = verdict_on(ten_records)
    assert verdict.broken is not None


def test_nothing_is_appended_to_a_head_that_we_did_not_seal(ten_records: Store, owner: Owner) -> None:
    owner("UPDATE audit_head SET hmac = 'forged'")
    with pytest.raises(IntegrityError, match="封印"), ten_records.act("tanaka") as act:
        act.record("account.created", "gyosei/u9")
    with pytest.raises(IntegrityError, match="封印"), ten_records.act("tanaka") as act:
        checkpoint(act, ten_records.keys)


@pytest.mark.parametrize("change", ["hmac = 'x'", "key_id = 'x'", "hash = 'x'", "number = 0", "number = 99"])
def test_a_changed_head_is_found(ten_records: Store, owner: Owner, change: str) -> None:
    owner(f"UPDATE audit_head SET {change}")
    assert not verdict_on(ten_records).whole


def test_a_lost_head_is_named(ten_records: Store, owner: Owner) -> None:
    owner("DELETE FROM audit_head")
    with pytest.raises(IntegrityError, match="audit_head"):
        verdict_on(ten_records)


@pytest.mark.parametrize("change", ["hash = '{}'".format("0" * 64), "signature = 'x'", "key_id = 'x'", "number = 9"])
def test_a_changed_checkpoint_is_found(ten_records: Store, owner: Owner, change: str) -> None:
    with ten_records.act("tanaka") as act:
        checkpoint(act, ten_records.keys)
    assert verdict_on(ten_records).whole
    owner(f"UPDATE audit_checkpoint SET {change}")
    assert not verdict_on(ten_records).whole


def test_an_old_state_put_back_is_found_by_a_line_that_left_the_host(ten_records: Store, owner: Owner) -> None:
    # Arrange: whoever owns the database keeps the head as it is sealed now.
    with ten_records.read() as connection:
        old = connection.execute(select(audit_head)).one()
    with ten_records.act("tanaka") as act:
        act.record("account.deleted", "gyosei/u1")
    with ten_records.act("tanaka") as act:
        line = checkpoint(act, ten_records.keys).line()

    owner("DELETE FROM audit_record WHERE number > 10")
    owner("DELETE FROM audit_checkpoint")
    owner(f"UPDATE audit_head SET number = 10, hash = '{old.hash}', hmac = '{old.hmac}', key_id = '{old.key_id}'")

    assert verdict_on(ten_records).whole
    with ten_records.read() as connection:
        broken = verify(connection, ten_records.keys, checkpoints_in([f"Apr  1 09:00:00 host iam: {line}"])).broken
    assert broken is not None
    assert broken.number == 11


@pytest.mark.parametrize("table", ["audit_record", "audit_checkpoint"])
@pytest.mark.parametrize("deed", ["UPDATE {} SET number = number + 1", "DELETE FROM {}"])
def test_the_database_itself_refuses_to_change_a_record(ten_records: Store, table: str, deed: str) -> None:
    with ten_records.act("tanaka") as act:
        checkpoint(act, ten_records.keys)
    with pytest.raises(DBAPIError, match="never changed"), ten_records.act("tanaka") as act:
        act.connection.execute(text(deed.format(table)))


def test_the_head_cannot_be_taken_away(ten_records: Store) -> None:
    with pytest.raises(DBAPIError, match="never changed"), ten_records.act("tanaka") as act:
        act.connection.execute(text("DELETE FROM audit_head"))


@contextmanager
def resealing(url: str) -> Iterator[Connection]:
    engine = open_engine(make_url(url))
    with without_guards(engine) as connection:
        yield connection
    engine.dispose()


def rechain(connection: Connection) -> str:
    last = GENESIS
    for row in connection.execute(select(audit_record).order_by(audit_record.c.number)).all():
        last = chained(connection, row, last)
    return last


def chained(connection: Connection, row: Row[tuple[object, ...]], previous: str) -> str:
    members = (row.number, row.at, row.actor, row.on_behalf, row.action, row.subject, row.detail, previous, "")
    newest = sha256(canonical(members, instant_text(row.at))).hexdigest()
    changed = update(audit_record).where(audit_record.c.number == row.number)
    connection.execute(changed.values(previous=previous, hash=newest))
    return newest


def append_chained(connection: Connection, number: int) -> None:
    last = connection.execute(select(audit_record).where(audit_record.c.number == number - 1)).one()
    connection.execute(insert(audit_record).values({**last._mapping, "number": number}))
    added = connection.execute(select(audit_record).where(audit_record.c.number == number)).one()
    chained(connection, added, last.hash)
