"""Each kind of finding at its edges, and that every one of them can be told."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from iam.access.accounts import Grant
from iam.access.kept.register import Kept, KeptKind, Member
from iam.people.feed import AppointmentKind, Gives
from iam.people.ledger import Entry, LedgerChange, Person, Told
from iam.people.standing import Status, held_posts
from iam.review.campaigns import Right
from iam.review.findings import said, why
from iam.review.findings.frozen import Held, Seen, Who
from iam.review.findings.ground import Known, Page
from iam.review.findings.judges import keeping, owners, rights, standing
from iam.review.words import FindingKind
from iam.sync.actual.reconcile import Sorting
from tests.bodies import rules

DAY = date(2026, 6, 15)
EVER = date(2020, 4, 1)


def at(days: int) -> datetime:
    """Noon in Japan, so many days before the review."""
    return datetime.combine(DAY - timedelta(days=days), time(3), UTC)


def a_right(code: str, *, privileged: bool = False) -> Right:
    return Right(code, code, "rule", "", "baseline", "", "", privileged)


def a_line(*held: Right, **said_: Any) -> Seen:  # noqa: ANN401 - fields of a line
    found = Held(
        held, frozenset(each.right for each in held if not each.privileged), tuple(each.name for each in held),
        any(each.privileged for each in held),
    )  # fmt: skip
    line = Seen(
        1, "uid=x", "x", "x", "", Sorting.LINKED, 7, "personal", "active", 5, None, enabled=True, created_at=at(400),
        used_at=at(1), used_where="", former="", held=found,
    )  # fmt: skip
    return line._replace(**said_)


def a_person(status: Status, since: date = EVER, **said_: Any) -> Who:  # noqa: ANN401 - fields of a person
    person = Who(5, "0000005", "山田 太郎", status, since, "0101", "総務課", "01", "主事", "regular", "", frozenset())
    return person._replace(**said_)


def kinds(judge: Any, line: Seen, person: Who | None = None, *, ground: Any = None, **here: Any) -> set[FindingKind]:  # noqa: ANN401 - a judge, and what it looks at
    zone = SimpleNamespace(code="lgwan", label="LGWAN接続系", dormancy_days=SimpleNamespace(value=90))
    usual: dict[str, Any] = {"zone": zone, "frozen": SimpleNamespace(read_at=at(0)), "used": True, "read": True}
    at_ = SimpleNamespace(**{**usual, "kept": {}, "registered": {}, "members": {}, **here})
    page = Page([line], {} if person is None else {person.id: person})
    return {kind for kind, _ in judge(ground or a_ground(), at_, page, line)}


def a_ground(**more: Any) -> Any:  # noqa: ANN401 - what judges look at of it
    terms = SimpleNamespace(dormant={"lgwan": 90}, dormant_privileged=30)
    return SimpleNamespace(
        day=DAY, campaign=SimpleNamespace(terms=terms), rules=SimpleNamespace(lapsed_grace_days=60), **more
    )


SUDO = a_right("sudo", privileged=True)


@pytest.mark.parametrize(
    ("line", "used", "expected"),
    [
        (a_line(used_at=at(89)), True, set()),
        (a_line(used_at=at(90)), True, {FindingKind.UNUSED}),
        (a_line(SUDO, used_at=at(29)), True, set()),
        (a_line(SUDO, used_at=at(30)), True, {FindingKind.UNUSED}),
        (a_line(kind="privileged", used_at=at(30)), True, {FindingKind.UNUSED}),
        (a_line(used_at=at(400), enabled=False), True, set()),
        (a_line(used_at=None, created_at=at(89)), True, set()),
        (a_line(used_at=None, created_at=at(90)), True, {FindingKind.NEVER_USED}),
        (a_line(used_at=None, created_at=None), True, set()),
        (a_line(used_at=None, created_at=at(400)), False, set()),
        (a_line(used_at=at(400)), False, {FindingKind.UNUSED}),
    ],
)
def test_days_without_use_are_counted_to_the_day_of_the_review(
    line: Seen, used: bool, expected: set[FindingKind]
) -> None:
    assert kinds(standing.dormant, line, used=used) == expected


LEFT = {FindingKind.OWNER_LEFT}
OVER = {FindingKind.OWNER_LEFT, FindingKind.CONTRACT_OVER}


@pytest.mark.parametrize(
    ("status", "since", "line", "expected"),
    [
        (Status.LEFT, DAY, a_line(), LEFT),
        (Status.LEFT, EVER, a_line(enabled=False), set()),
        (Status.LEFT, EVER, a_line(a_right("mail"), enabled=False), LEFT),
        (Status.ABSENT, DAY, a_line(), LEFT),
        (Status.ABSENT, DAY, a_line(a_right("mail"), enabled=False), set()),
        (Status.LAPSED, DAY, a_line(), OVER),
        (Status.LAPSED, DAY - timedelta(days=59), a_line(a_right("mail"), enabled=False), set()),
        (Status.LAPSED, DAY - timedelta(days=60), a_line(a_right("mail"), enabled=False), OVER),
        (Status.UNTOLD, EVER, a_line(), LEFT),
        (Status.ON_LEAVE, EVER, a_line(), set()),
        (Status.AWAY, EVER, a_line(), set()),
        (Status.FUTURE, EVER, a_line(), set()),
        (Status.LEFT, EVER, a_line(sorting=Sorting.MISSING, enabled=False), set()),
    ],
)
def test_who_has_left_is_found_while_the_account_can_still_do_something(
    status: Status, since: date, line: Seen, expected: set[FindingKind]
) -> None:
    assert kinds(owners.left, line, a_person(status, since)) == expected


@pytest.mark.parametrize(
    ("line", "read", "expected"),
    [
        (a_line(sorting=Sorting.MISSING), True, True),
        (a_line(sorting=Sorting.MISSING), False, False),
        (a_line(sorting=Sorting.MISSING, state="disabled"), True, False),
        (a_line(sorting=Sorting.MISSING, state="reserved"), True, False),
        (a_line(sorting=Sorting.MISSING, state="disabled", kind="privileged"), True, True),
        (a_line(), True, False),
    ],
)
def test_only_a_target_that_was_read_lacks_what_is_in_force(line: Seen, read: bool, expected: bool) -> None:
    assert bool(kinds(standing.missing, line, read=read)) is expected


@pytest.mark.parametrize(
    ("factors", "asked", "found"),
    [
        ({"password"}, True, True),
        ({"password"}, None, False),
        ({"password"}, False, False),
        ({"totp"}, True, False),
        ({"key"}, True, False),
        ({"verified_key"}, True, False),
        ({"certificate", "password"}, True, False),
        (set(), True, True),
    ],
)
def test_a_second_factor_is_one_of_another_kind_than_the_password(
    factors: set[str], asked: bool | None, found: bool
) -> None:
    """None: nobody at all has enrolled anything here."""
    signin = SimpleNamespace(second_factor=asked is not False)
    person = a_person(Status.IN_SERVICE, factors=frozenset(factors))
    assert (
        bool(kinds(owners.second_factor, a_line(), person, ground=a_ground(enrolled=asked is not None), signin=signin))
        is found
    )


# --- the register of kept IDs


def a_kept(kind: KeptKind = KeptKind.SHARED, **said_: Any) -> Kept:  # noqa: ANN401 - fields of a row
    row = Kept(
        1, "gw", "x", kind, "窓口", 9, None, "", "", None, None, "unyou", at(300), at(1), None, keeper_since=at(100)
    )
    return replace(row, **said_)


def a_known(status: Status = Status.IN_SERVICE, *, stopped: bool = False, posts: Any = ()) -> Known:  # noqa: ANN401 - posts as Known has them
    return Known(9, "0000009", "佐藤 花子", status, DAY - timedelta(days=30), stopped, posts)


HERE, THERE = (EVER, date.max, "0101", "総務課 主事"), (date(2026, 5, 1), date.max, "0202", "税務課 主事")
LEFT_IN_APRIL = (EVER, date(2026, 4, 30), "0101", "総務課 主事")


@pytest.mark.parametrize(
    ("keeper", "why"),
    [
        (a_known(posts=(HERE,)), ""),
        (a_known(Status.ON_LEAVE, posts=(HERE,)), ""),
        (a_known(posts=(HERE, THERE)), ""),
        (a_known(posts=(LEFT_IN_APRIL, THERE)), "moved"),
        (a_known(Status.LEFT, posts=(LEFT_IN_APRIL,)), "left"),
        (a_known(Status.AWAY, posts=(HERE,)), "away"),
        (a_known(stopped=True, posts=(HERE,)), "stopped"),
    ],
)
def test_a_keeper_answers_while_in_service_in_the_unit_in_which_they_became_keeper(keeper: Known, why: str) -> None:
    ground = a_ground(known={9: keeper})
    found = dict(keeping.kept(ground, SimpleNamespace(kept={"x": a_kept()}, members={}), Page([], {}), a_line()))  # type: ignore[arg-type] # what it looks at
    assert (found.get(FindingKind.KEEPER_GONE) or {"why": ""})["why"] == why


@pytest.mark.parametrize(
    ("last", "status", "changed", "found"),
    [
        (None, Status.IN_SERVICE, None, False),
        (date(2026, 5, 10), Status.IN_SERVICE, date(2026, 5, 9), True),
        (date(2026, 5, 10), Status.IN_SERVICE, date(2026, 5, 10), False),
        (date(2026, 5, 10), Status.IN_SERVICE, None, True),
        (DAY, Status.IN_SERVICE, None, False),
        (None, Status.LEFT, date(2026, 5, 14), True),
        (None, Status.LEFT, date(2026, 5, 15), False),
        (date(2026, 5, 10), Status.LEFT, date(2026, 5, 12), False),
    ],
)
def test_whoever_uses_a_shared_id_no_more_knows_its_secret_until_it_is_changed(
    last: date | None, status: Status, changed: date | None, found: bool
) -> None:
    ground = a_ground(known={9: a_known(status)})  # in that status since 16 May
    here = SimpleNamespace(kept={"x": a_kept(keeper_id=None, secret_changed_on=changed)},
                           members={1: [Member(1, 9, EVER, last)]})  # fmt: skip
    seen = dict(keeping.kept(ground, here, Page([], {}), a_line()))  # type: ignore[arg-type] # what it looks at
    assert (FindingKind.MEMBER_GONE in seen) is found


@pytest.mark.parametrize(
    ("kept", "expected"),
    [
        (a_kept(KeptKind.SHARED, valid_until=DAY), set()),
        (a_kept(KeptKind.SHARED, valid_until=DAY - timedelta(days=1)), {FindingKind.CONTRACT_OVER}),
        (a_kept(KeptKind.SERVICE, valid_until=EVER), {FindingKind.CONTRACT_OVER}),
        (a_kept(KeptKind.SERVICE, valid_until=EVER, project="移行"), {FindingKind.PROJECT_OVER}),
        (a_kept(KeptKind.CONTRACTOR, valid_until=EVER, project="移行", sponsor_id=9), {FindingKind.CONTRACT_OVER}),
        (a_kept(KeptKind.CONTRACTOR), {FindingKind.NO_SPONSOR}),
        (a_kept(keeper_id=None), {FindingKind.NO_KEEPER}),
    ],
)
def test_each_kept_id_has_a_keeper_an_end_and_a_sponsor(kept: Kept, expected: set[FindingKind]) -> None:
    ground = a_ground(known={9: a_known(posts=(HERE,))})
    assert kinds(keeping.kept, a_line(), ground=ground, kept={"x": kept}) == expected
    # What is off and holds no right waits for nobody.
    assert kinds(keeping.kept, a_line(enabled=False), ground=ground, kept={"x": kept}) == set()


# --- posts


def a_post(org: str, since: str, until: date = date.max, title: str = "01", *, concurrent: bool = False) -> Entry:
    told = Told(
        Gives.POST, AppointmentKind.TRANSFER, org, org, title, "主事", "regular", concurrent,
        date.fromisoformat(since), until, None,
    )  # fmt: skip
    return Entry(1, "jinji", told, LedgerChange.NEW, at(400), "1行目", 1)


@pytest.mark.parametrize(
    ("posts", "expected"),
    [
        ([a_post("0101", "2020-04-01")], None),
        ([a_post("0101", "2020-04-01"), a_post("0202", "2026-04-01")], date(2026, 4, 1)),
        ([a_post("0101", "2020-04-01"), a_post("0101", "2026-04-01")], None),
        ([a_post("0101", "2020-04-01"), a_post("0101", "2026-04-01", title="02")], date(2026, 4, 1)),
        ([a_post("0101", "2020-04-01"), a_post("0202", "2026-07-01")], None),
        ([a_post("0101", "2020-04-01"), a_post("0202", "2025-04-01"), a_post("0202", "2026-04-01")], date(2025, 4, 1)),
        ([a_post("0101", "2020-04-01"), a_post("0202", "2026-04-01", concurrent=True)], None),
        ([a_post("0101", "2020-04-01", date(2021, 3, 31)), a_post("0101", "2026-04-01")], date(2026, 4, 1)),
    ],
)
def test_somebody_has_moved_when_unit_or_title_differ_or_they_were_gone(
    posts: list[Entry], expected: date | None
) -> None:
    assert rights._moved_on(held_posts(posts), DAY) == expected  # noqa: SLF001 - the rule that grants are judged by


MOVED = [a_post("0202", "2020-04-01"), a_post("0101", "2026-06-01")]
"""From the taxes to general affairs, a fortnight before the review."""


def a_grant(since: date, *, origin: str = "申請", right: str = "pay") -> Grant:
    return Grant("zei", right, origin, "baseline", since, date(2027, 3, 31))


@pytest.mark.parametrize(
    ("right", "posts", "grants", "handover", "words"),
    [
        ("view", MOVED, [], 0, "0202 主事（2026-05-31まで）の標準付与"),
        ("pay", MOVED, [], 0, ""),
        ("pay", MOVED, [a_grant(EVER)], 0, "2026-06-01 の異動より前の個別付与（2020-04-01から2027-03-31まで）"),
        ("pay", MOVED, [a_grant(EVER)], 14, "2026-06-01 の異動より前の個別付与（2020-04-01から2027-03-31まで）"),
        ("pay", MOVED, [a_grant(EVER)], 15, ""),
        ("pay", MOVED, [a_grant(EVER), a_grant(date(2026, 6, 1))], 0, ""),
        ("pay", MOVED[:1], [a_grant(EVER)], 0, ""),
        ("pay", MOVED, [a_grant(EVER, origin="use 7")], 0, ""),
        ("view", MOVED, [a_grant(date(2026, 6, 2), right="view")], 0, ""),
        ("old", MOVED, [], 0, "台帳では 2026-06-01 に外した権限"),
        ("", MOVED, [], 0, "0202 主事（2026-05-31まで）の標準付与"),
        ("", [a_post("0101", "2020-04-01")], [], 0, ""),
    ],
)
def test_a_right_is_one_of_the_former_post_unless_it_was_given_since(
    right: str, posts: list[Entry], grants: list[Grant], handover: int, words: str
) -> None:
    person = Person(5, "0000005", "jinji", "山田 太郎", "", "", "", 0, None, tuple(posts))
    told = rights._Told(  # noqa: SLF001 - what a line is held against
        SimpleNamespace(day=DAY, rules=rules()), "zei", {5: person}, {5: grants},  # type: ignore[arg-type] # of a ground
        {(7, "old"): date(2026, 6, 1)}, timedelta(days=handover),
    )  # fmt: skip
    assert rights._History(told, person, a_line()).judged(right, right).moved == words  # noqa: SLF001 - as above


# --- words

COMMON = {"used": None, "where": "", "created": None, "status": "", "since": None, "post": "", "former": ""}
EVIDENCE: dict[FindingKind, dict[str, Any]] = {
    FindingKind.NO_OWNER: {"link": ""},
    FindingKind.OWNER_LEFT: {"enabled": False, "rights": [f"権限{each}" for each in range(8)]},
    FindingKind.OWNER_MOVED: {"rights": [["照会", "税務課 主事（2026-03-31まで）の標準付与"]]},
    FindingKind.UNUSED: {"days": 1234, "limit": 90, "zone": "LGWAN接続系", "strict": False},
    FindingKind.NEVER_USED: {"days": 90, "limit": 90, "zone": "LGWAN接続系", "strict": True},
    FindingKind.CONTRACT_OVER: {"until": None, "company": "", "term": True},
    FindingKind.PROJECT_OVER: {"until": "2026-05-31", "project": "移行", "company": ""},
    FindingKind.ROGUE: {"link": "1", "linked": "", "deleted": False, "rights": ["メール"], "entry": True,
                        "protected_until": None, "protected_by": "", "retired": None},
    FindingKind.MISSING: {"read": "2026-06-15T01:00:00.000000Z"},
    FindingKind.NO_KEEPER: {"purpose": ""},
    FindingKind.KEEPER_GONE: {"keeper": "佐藤 花子（9）", "why": "away", "keeper_status": "away", "keeper_since": None,
                              "then": "総務課 主事", "now": "総務課 主事", "purpose": ""},
    FindingKind.MEMBER_GONE: {"members": [["佐藤 花子（9）", "2026-05-10"]], "changed": None},
    FindingKind.NO_DELEGATION: {"rights": ["管理者"], "opened": True, "nobody": True},
    FindingKind.DEVELOPMENT: {"pattern": "dev*", "registered": False},
    FindingKind.TEST_ID: {"pattern": "", "registered": True},
    FindingKind.NO_SECOND_FACTOR: {"zone": "マイナンバー利用事務系", "factors": ["password"]},
    FindingKind.UNUSUAL_RIGHT: {"rights": [["照会", 1, ""]], "peers": 12, "unit": "総務課 主事"},
    FindingKind.NO_SPONSOR: {"company": "", "sponsor": "佐藤 花子（9）", "sponsor_status": "left"},
}  # fmt: skip


@pytest.mark.parametrize("kind", FindingKind)
def test_every_finding_can_be_told_in_whole_sentences(kind: FindingKind) -> None:
    told = said(kind, {**COMMON, **EVIDENCE[kind]})
    reason = why(kind, {**COMMON, **EVIDENCE[kind]})
    assert reason
    assert told[: len(reason)] == reason
    assert all(sentence.endswith("。") and "。。" not in sentence and "None" not in sentence for sentence in told), told


def test_the_reason_comes_first_then_rights_use_standing_and_former_decision() -> None:
    known = {
        "used": "2026-03-01T03:00:00.000000Z", "where": "入口（SAML）", "created": None, "status": "left",
        "since": "2026-04-01", "post": "令和8年3月31日 退職 総務課 主事", "former": "継続（令和8年1月20日 統括）",
    }  # fmt: skip
    left = {**known, "enabled": True, "rights": ["メール", "照会"]}
    assert why(FindingKind.OWNER_LEFT, left) == ["退職などで在職していない人のIDですが、有効なままです。"]
    assert said(FindingKind.OWNER_LEFT, left) == [
        "退職などで在職していない人のIDですが、有効なままです。",
        "残っている権限: メール、照会。",
        "最後の使用: 2026-03-01 12:00（入口（SAML））。",
        "人事: 退職、2026-04-01から。発令: 令和8年3月31日 退職 総務課 主事。",
        "前回の棚卸: 継続（令和8年1月20日 統括）。",
    ]
    assert said(FindingKind.UNUSUAL_RIGHT, {**COMMON, **EVIDENCE[FindingKind.UNUSUAL_RIGHT]})[0] == (
        "「照会」を持つのは、同じ所属・職（総務課 主事）の12人中1人です。"
    )
