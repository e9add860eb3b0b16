"""The register of kept IDs: what may be written, what stands in the audit, and what the night makes of it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any, Final

import pytest
from sqlalchemy import select

from iam.access.kept import keeping, members
from iam.access.kept.judging import LABELS, Particulars, Rules
from iam.access.kept.register import Kept, KeptKind, Sought, kept_by_login, kept_ids, listed, members_of, who_still_know
from iam.access.kept.taking_in import Line, take_in
from iam.errors import Conflict, SheetError
from iam.policy.loading import load
from iam.record.audit.chain import audit_record
from iam.sync.actual.reconcile import Sorting, link, sort_accounts
from tests.bodies import DAY, START, Body, leaver, on_leave, row, rules
from tests.errands import PRIVILEGED_MODEL, register
from tests.functional.conftest import MakeBody

TOMORROW: Final = START + DAY
YEAR_END: Final = date(2027, 3, 31)


def rules_of(body: Body) -> Rules:
    return Rules.of(load("baseline"), body.policy.rules.model)


def shared(body: Body, login: str = "Madoguchi", **said: Any) -> Particulars:  # noqa: ANN401 - fields of it
    return replace(
        Particulars("gw", login, KeptKind.SHARED, "窓口の共用端末", keeper_id=body.person(1).id), **said
    )  # fmt: skip


def kept(body: Body, given: Particulars) -> Kept:
    with body.store.act("unyou") as act:
        return keeping.keep(act, rules_of(body), given)


def audited(body: Body, subject: str) -> list[str]:
    with body.store.read() as connection:
        query = select(audit_record.c.action).where(audit_record.c.subject == subject).order_by(audit_record.c.number)
        return list(connection.execute(query).scalars())


def fails(body: Body, deed: Callable[..., object], *given: object) -> str:
    """What is said when the deed is refused; nothing is written."""
    before = body.content()
    with pytest.raises((Conflict, SheetError)) as refusal, body.store.act("unyou") as act:
        deed(act, *given)
    assert body.content() == before
    return str(refusal.value)


@pytest.fixture
def lone_body(make_body: MakeBody) -> Body:
    return make_body(of=rules(PRIVILEGED_MODEL))


def test_an_id_lives_from_its_registration_to_its_end_and_every_step_is_in_the_audit(body: Body) -> None:
    body.say(row(1), row(2))
    body.night()
    two = body.person(2).id
    seen = kept(body, shared(body, secret_changed_on=START))
    body.clock.today = TOMORROW
    with body.store.act("unyou") as act:
        changed = keeping.change_keeper(act, rules_of(body), seen, two, "係の異動")
        changed = keeping.note_secret_changed(act, changed, TOMORROW)
        now = keeping.change(act, rules_of(body), changed, replace(Particulars.of(changed), purpose="窓口の受付"))
    assert "別の担当者が変更しました" in fails(body, keeping.note_secret_changed, seen, TOMORROW)
    with body.store.read() as connection:
        assert kept_by_login(connection, "gw", "ＭＡＤＯＧＵＣＨＩ") == now
        found = listed(connection, Sought("受付 " + body.person(2).staff_number), TOMORROW)
    assert [(line.kept, line.keeper_number) for line in found] == [(now, "0000002")]
    assert (now.keeper_id, now.secret_changed_on, now.purpose) == (two, TOMORROW, "窓口の受付")
    assert (seen.keeper_since, now.keeper_since) == (seen.registered_at, changed.changed_at)

    with body.store.act("unyou") as act:
        keeping.retire(act, now, "端末の更新")
    assert "外されています" in fails(body, keeping.retire, now, "端末の更新")
    with body.store.read() as connection:
        assert kept_by_login(connection, "gw", "madoguchi") is None
        assert [each.id for each in kept_ids(connection, retired=True)] == [seen.id]
    assert kept(body, shared(body, "madoguchi")).id != seen.id
    assert audited(body, seen.subject) == [
        "kept.registered", "kept.keeper_changed", "kept.secret_changed", "kept.changed", "kept.retired",
    ]  # fmt: skip
    assert body.audit_breaks() == ""


@pytest.mark.parametrize("migrated_url", ["sqlite"], indirect=True)
def test_whoever_stops_using_an_id_keeps_their_days(lone_body: Body) -> None:
    body = lone_body
    body.say(row(1), row(2), row(3))
    body.night()
    two, three = body.person(2).id, body.person(3).id
    seen = kept(body, shared(body))
    with body.store.act("unyou") as act:
        members.set_members(act, seen, [two, three])
    assert "すでに登録" in fails(body, members.join, seen, two, TOMORROW)
    body.clock.today = TOMORROW
    with body.store.act("unyou") as act:
        members.leave(act, seen, three, TOMORROW)
        members.set_members(act, seen, [two, three])  # goes on after all
        members.set_members(act, seen, [two])
    assert "登録されていません" in fails(body, members.leave, seen, three, TOMORROW)
    with body.store.read() as connection:
        everybody = members_of(connection, [seen.id])[seen.id]
        later = members_of(connection, [seen.id], TOMORROW + DAY)[seen.id]
        assert [each.members for each in listed(connection, Sought(), TOMORROW)] == [2]
    assert who_still_know(seen, everybody, TOMORROW) == []
    assert [each.person_id for each in who_still_know(seen, everybody, TOMORROW + DAY)] == [three]
    assert who_still_know(replace(seen, secret_changed_on=TOMORROW), everybody, TOMORROW + DAY) == []
    assert {each.person_id: each.valid_until for each in everybody} == {two: None, three: TOMORROW}
    assert [each.person_id for each in later] == [two]
    joined, left = "kept.member_joined", "kept.member_left"
    assert audited(body, seen.subject)[1:] == [joined, joined, left, joined, left]


@pytest.mark.parametrize("migrated_url", ["sqlite"], indirect=True)
def test_whoever_is_named_is_in_service_and_every_mistake_is_told(lone_body: Body) -> None:
    body = lone_body
    body.say(
        row(1), leaver(row(2), "2026-02-27"), [row(3), on_leave(row(3), "2026-02-01")], row(4),
        leaver(row(5), "2026-03-02"),
    )  # fmt: skip
    body.night()
    register(body, "gw", "kanri")
    rule, base = rules_of(body), shared(body)
    contractor = replace(base, kind=KeptKind.CONTRACTOR, keeper_id=body.person(1).id)
    for given, said in (
        (replace(base, keeper_id=None), "管理者: 共用IDには管理者が要ります。"),
        (replace(base, keeper_id=body.person(2).id), "管理者: 「退職」の職員は選べません。"),
        (replace(base, keeper_id=body.person(3).id), "管理者: 「休職・休業中」の職員は選べません。"),
        (replace(base, keeper_id=9_999), "管理者: 台帳にいない職員です。"),
        (replace(base, system="mail"), "情報システム: 情報システム「mail」はありません。gw、zei から選んでください。"),
        (replace(base, login=" a"), "利用者ID: 前後の空白、改行、制御文字は使えません。"),
        (replace(base, login=""), "利用者ID: 空にはできません。"),
        (replace(base, purpose="あ" * 201), "用途: 200文字までにしてください。"),
        (replace(base, purpose="123456789018"), "用途: 個人番号（マイナンバー）のように見えます。"),
        (replace(base, valid_until=START - DAY), "期限: 2026-03-01 は過ぎています。"),
        (replace(base, secret_changed_on=TOMORROW), "パスワードを変えた日: 2026-03-03 はまだ来ていません。"),
        (replace(base, kind=KeptKind.TEST), "期限: 試験用IDには期限が要ります。"),
        (replace(base, kind=KeptKind.DEVELOPMENT), "事業・作業: 開発用IDには事業・作業が要ります。"),
        (contractor, "受入れの責任者: 委託先IDには受入れの責任者が要ります。"),
        (contractor, "委託先: 委託先IDには委託先が要ります。"),
        (replace(base, login="KANRI"), "特権ID台帳にあるIDです。"),
        (replace(base, login="0000004"), "職員個人の利用者ID"),
    ):
        assert said in fails(body, keeping.keep, rule, given), said
    seen = kept(body, base)
    assert "すでに共用ID等の台帳にあります。" in fails(body, keeping.keep, rule, replace(base, login="madoguchi"))
    assert "在職している職員" in fails(body, keeping.change_keeper, rule, seen, body.person(2).id, "異動")
    assert "すでに" in fails(body, keeping.change_keeper, rule, seen, body.person(1).id, "異動")
    assert "理由" in fails(body, keeping.change_keeper, rule, seen, body.person(4).id, " ")
    assert "今日まで" in fails(body, keeping.note_secret_changed, seen, TOMORROW)
    assert "すでに登録" not in fails(body, members.leave, seen, body.person(4).id, START)
    service = kept(body, shared(body, "batch", kind=KeptKind.SERVICE))
    assert "共用IDだけ" in fails(body, members.join, service, body.person(4).id, START)
    # Whoever was named and leaves does not stand in the way of a change of something else.
    with body.store.act("unyou") as act:
        seen = keeping.change_keeper(act, rule, seen, body.person(5).id, "異動")
    body.night(TOMORROW)
    with body.store.act("unyou") as act:
        assert keeping.change(act, rule, seen, replace(Particulars.of(seen), valid_until=YEAR_END)).valid_until
    assert LABELS.keys() >= {"keeper_id", "members"}


@pytest.mark.parametrize("migrated_url", ["sqlite"], indirect=True)
def test_a_list_comes_in_whole_or_not_at_all(lone_body: Body) -> None:
    body = lone_body
    body.say(row(1), row(2), leaver(row(3), "2026-02-27"))
    body.night()
    one, two = body.person(1).id, body.person(2).id
    rule, base = rules_of(body), shared(body)
    old = replace(base, login="batch", kind=KeptKind.SERVICE, keeper_id=None)
    lines = [Line("2行目", base, (one, two)), Line("3行目", old)]
    wrong = [
        *lines, Line("4行目", replace(base, login="MADOGUCHI")), Line("5行目", replace(old, login="b"), (one,)),
        Line("6行目", replace(base, login="c", keeper_id=body.person(3).id, purpose="x\ny")),
    ]  # fmt: skip
    assert fails(body, take_in, rule, wrong).splitlines() == [
        "5行目: 使う人: 使う人を書けるのは共用IDだけです。これはシステム用IDです。",
        "6行目: 用途: 前後の空白、改行、制御文字は使えません。",
        "6行目: 管理者: 「退職」の職員は選べません。在職している職員にしてください。",
        "4行目: 利用者ID: 「MADOGUCHI」が2行目にもあります。どちらかを消してください。",
    ]
    results = []
    for given in (lines, lines, [replace(lines[0], given=replace(base, login="MADOGUCHI"), members=(two,))]):
        with body.store.act("unyou") as act:
            done = take_in(act, rule, given)
            results.append((done.registered, done.changed, done.unchanged, done.gaps))
    assert results == [(2, 0, 0, 1), (0, 0, 2, 1), (0, 1, 0, 0)]
    with body.store.read() as connection:
        assert [each.login for each in kept_ids(connection)] == ["batch", "Madoguchi"]


@pytest.mark.parametrize("migrated_url", ["sqlite"], indirect=True)
def test_no_night_touches_them_until_they_leave_the_register(lone_body: Body) -> None:
    body = lone_body
    body.say(row(1), row(2))
    gw = body.targets["gw"]
    gw.place("Madoguchi", enabled=True, rights=["mail"])
    gw.place("old-yamada", "0000001", rights=["mail"])
    with body.store.act("unyou") as act:
        for login in ("Madoguchi", "old-yamada", "0000002"):
            keeping.keep(act, rules_of(body), Particulars("gw", login, KeptKind.SHARED), gaps_allowed=True)
    before = [gw.find("Madoguchi"), gw.find("old-yamada")]
    first, *rest = [body.night(body.today + DAY) for _ in range(3)]

    assert {change.login for change in first.changes} == {"0000001", "00000022"}
    assert [(each.changes, each.disputes) for each in rest] == [([], [])] * 2
    assert (first.disputes, [gw.find("Madoguchi"), gw.find("old-yamada")]) == ([], before)
    with body.store.read() as connection:
        (batch,) = gw.read(())
        found = {each.login: each for each in sort_accounts(connection, "gw", batch.accounts, batch.groups, body.today)}
    assert "共用ID台帳" in fails(body, link, "gw", gw.find("old-yamada"), body.today)
    assert {login: found[login].sorting for login in ("Madoguchi", "old-yamada", "0000002", "0000001")} == {
        "Madoguchi": Sorting.PROTECTED, "old-yamada": Sorting.PROTECTED, "0000002": Sorting.MISSING,
        "0000001": Sorting.LINKED,
    }  # fmt: skip
    assert all("共用ID台帳" in found[login].words for login in ("Madoguchi", "old-yamada", "0000002"))

    with body.store.act("unyou") as act:
        for each in kept_ids(act.connection):
            keeping.retire(act, each, "廃止")
    (dispute, *_) = body.night(body.today + DAY).disputes
    assert (dispute.login, gw.find("old-yamada")) == ("Madoguchi", before[1])
    assert body.login(2) == "00000022"
