"""The register: two officers write it, nobody else's login comes in, and what changes is another thing."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from iam.access.accounts import AccountKind, account_table
from iam.errors import Conflict, Forbidden, NotFound
from iam.privilege import register
from iam.privilege.books import use_table
from iam.privilege.register import Deed, Mode, Wish
from tests.delegations import Bureau
from tests.offices import CONTRACTED


def test_an_id_is_registered_changed_and_retired_by_two(bureau: Bureau) -> None:
    made = bureau.ids["maint"]
    columns = account_table.c
    with bureau.store.read() as connection:
        row = connection.execute(select(account_table).where(columns.login == "maint")).one()
        assert register.privileged_ids(connection) == [made]
    assert (row.person_id, row.kind) == (None, AccountKind.PRIVILEGED)
    assert made.label == "gw の maint"
    changed = bureau.registers(replace(Wish.like(made), most_holders=3))
    assert (changed.id, changed.most_holders, changed.digest != made.digest) == (made.id, 3, True)
    retired = bureau.registers(Wish.retiring(changed))
    with bureau.store.read() as connection:
        assert register.privileged_ids(connection) == []
        assert register.privileged_ids(connection, retired=True) == [retired]
    # A login that was retired may be registered again: the account that is kept is nobody's.
    assert bureau.account("maint").id != made.id
    done = [bureau.office.hall.audited(f"privileged_id.{each}") for each in ("registered", "changed", "retired")]
    assert [len(each) for each in done] == [2, 1, 1]


def test_a_group_is_registered_by_its_privileged_right(bureau_sqlite: Bureau) -> None:
    wish = Wish(Deed.NEW, "zei", Mode.MEMBER, entitlement="admin", purpose="年度更新")
    made = bureau_sqlite.registers(wish)
    assert (made.login, made.name) == ("", "admin")
    with pytest.raises(Conflict, match="すでに台帳に"):
        bureau_sqlite.registers(wish)


def test_what_cannot_be_registered_changed_or_retired_is_refused(bureau_sqlite: Bureau) -> None:
    bureau, made = bureau_sqlite, bureau_sqlite.ids["maint"]
    login = bureau.office.body.login(4)
    new, like = Wish(Deed.NEW, "gw", Mode.ENABLE, purpose="保守"), Wish.like(made)
    for wish, error, words in (
        (replace(new, login=login), Conflict, "利用者IDとして使われて"),
        (replace(new, login="ＭＡＩＮＴ"), Conflict, "すでに台帳に"),
        (replace(new, login="root"), Conflict, "初期設定"),
        (like, Conflict, "変わるところ"),
        (replace(like, login="other"), Conflict, "変更できません"),
        (replace(like, id=99), NotFound, "台帳にありません"),
    ):
        with pytest.raises(error, match=words):
            bureau.registers(wish)
    with pytest.raises(Forbidden, match="権限がありません"):
        bureau.registers(replace(new, login="other"), asker=bureau.spare)
    bureau.registers(Wish.retiring(made))
    for wish in (Wish.retiring(made), replace(like, purpose="別")):
        with pytest.raises(Conflict, match="廃止されて"):
            bureau.registers(wish)


def test_an_id_that_is_in_use_is_not_changed(bureau_sqlite: Bureau) -> None:
    bureau, made = bureau_sqlite, bureau_sqlite.ids["maint"]
    with bureau.store.act("test") as act:
        act.connection.execute(
            use_table.insert().values(
                privileged_id=made.id, slot="x", person_id=bureau.delegate.id, emergency=True, purpose="x",
                decision_number="", minutes=60, login="maint", address="", proofs=[], state="open", asked_at=act.at,
                lapses_at=act.at, end_reason="", record="", approval="",
            )
        )  # fmt: skip
    with pytest.raises(Conflict, match="利用中"):
        bureau.registers(Wish.retiring(made))


def test_a_contractor_touches_no_register_whatever_role_was_given(bureau_sqlite: Bureau) -> None:
    bureau = bureau_sqlite
    bureau.office.settle(
        {**dict(bureau.office.body.rows[0]), "category": CONTRACTED, "valid_until": "2027-03-31", "home_body": "x"}  # type: ignore[arg-type] # a row
    )
    with pytest.raises(Forbidden, match="職員区分"):
        bureau.registers(Wish.retiring(bureau.ids["maint"]), asker=bureau.general, by=bureau.approver)
