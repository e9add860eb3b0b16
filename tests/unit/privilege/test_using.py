"""What stands between a person and a use, as tables; the cap over uses in a row; secrets."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iam.errors import Conflict, Forbidden, IamError
from iam.people.standing import Status
from iam.policy.loading import load
from iam.policy.profile import Role
from iam.privilege import vault
from iam.privilege.register import Mode, PrivilegedId
from iam.privilege.using import deciding
from iam.privilege.using.deciding import Ground, in_a_row, minutes_left, minutes_of
from iam.privilege.using.staying import latest, over_by_time
from iam.privilege.using.uses import End, ProofNeeded, Use, UseState, Wish
from iam.signin.door import Entrant
from iam.signin.kinds import Method, Proofs
from iam.signin.sessions import Session

AT = datetime(2026, 4, 6, 1, 0, tzinfo=UTC)
PROFILE = load("baseline")
RULES = PROFILE.privileged
ZONE = PROFILE.signin.resolved([PROFILE.zones[0].code] if PROFILE.zones else [], privileged=True, on=AT.date())
USER, WITNESS, OTHER = 4, 5, 6


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def an_id(**changed: object) -> PrivilegedId:
    made = PrivilegedId(3, "gw", Mode.SECRET, "root", "", "管理", 1, True, False, "", None, AT, AT, None)
    return replace(made, **changed)  # type: ignore[arg-type] # fields of an ID


def who(person_id: int = USER, *, status: Status = Status.IN_SERVICE, roles: frozenset[Role] = frozenset()) -> Entrant:
    return Entrant(
        person_id, f"{person_id:07}", "山田", "ヤマダ", "", status, False, status is Status.IN_SERVICE, roles, ZONE
    )


def session(*methods: Method, person_id: int = USER, id_: int = 7) -> Session:
    proofs = Proofs(tuple((each, 1) for each in methods))
    return Session(id_, person_id, proofs, "", "", "", "", AT, AT, AT, minutes(30), AT + minutes(600), False)


def a_use(**changed: object) -> Use:
    made = Use(
        9, 3, "gw/root", USER, 1, False, "更新", "", 60, "root", 7, "", Proofs(), UseState.OPEN, AT, AT + minutes(15),
        WITNESS, AT, AT, AT, AT + minutes(60), AT, None, None, None, "", None, None, "", None, None, None, None, None,
        None, None, None, "",
    )  # fmt: skip
    return replace(made, **changed)  # type: ignore[arg-type] # fields of a use


def ground(**changed: object) -> Ground:
    made = Ground(at=AT, rules=RULES, on=an_id(), who=who(), login="root", delegated=True, near=True)
    return replace(made, **changed)  # type: ignore[arg-type] # fields of a ground


WISH = Wish(3, "月次の更新")

ASKING: list[tuple[str, dict[str, object], Wish, type[IamError] | None, str]] = [
    ("nothing stands", {}, WISH, None, ""),
    ("on leave", {"who": who(status=Status.ON_LEAVE)}, WISH, Forbidden, "在職していない"),
    ("barred", {"barred": Forbidden("区分")}, WISH, Forbidden, "区分"),
    ("unproved", {"unproved": ProofNeeded("確認")}, WISH, ProofNeeded, "確認"),
    ("no purpose", {}, replace(WISH, purpose="  "), Conflict, "目的"),
    ("a long purpose", {}, replace(WISH, purpose="あ" * 501), Conflict, "目的"),
    ("a long number", {}, replace(WISH, decision_number="1" * 501), Conflict, "決裁番号"),
    ("retired", {"on": an_id(retired_at=AT)}, WISH, Conflict, "外されています"),
    ("not delegated", {"delegated": False}, WISH, Forbidden, "指名"),
    ("a late record", {"overdue": a_use(id=8)}, WISH, Conflict, "受付番号 8"),
    ("no account", {"login": ""}, WISH, Conflict, "利用者ID"),
    ("one's own open use", {"holder": a_use()}, WISH, Conflict, "すでに始めています（受付番号 9）"),
    ("another's open use", {"holder": a_use(person_id=OTHER)}, WISH, Conflict, "別の方"),
    ("too short", {}, replace(WISH, minutes=4), Conflict, "5分から240分"),
    ("in the past", {}, replace(WISH, minutes=-5), Conflict, "5分から240分"),
    ("too long", {}, replace(WISH, minutes=241), Conflict, "5分から240分"),
    ("the longest", {}, replace(WISH, minutes=240), None, ""),
]


@pytest.mark.parametrize(("name", "changed", "wish", "refusal", "words"), ASKING, ids=[each[0] for each in ASKING])
def test_asking_is_refused_for_one_clear_reason(
    name: str, changed: dict[str, object], wish: Wish, refusal: type[IamError] | None, words: str
) -> None:
    found = deciding.why_not_ask(ground(**changed), wish)
    assert type(found) is (refusal or type(None)), name
    assert words in str(found or "")


STARTING: list[tuple[str, dict[str, object], Wish, str, str]] = [
    ("nothing stands", {}, WISH, "障害", ""),
    ("no delegation, late records", {"delegated": False, "overdue": a_use()}, WISH, "障害", ""),
    ("no reason", {}, WISH, " ", "理由"),
    ("not for emergencies", {"on": an_id(emergency=False)}, WISH, "障害", "登録されていません"),
    ("nobody near", {"near": False}, WISH, "障害", "始められるのは"),
    ("unproved", {"unproved": ProofNeeded("確認")}, WISH, "障害", "確認"),
    ("longer than an emergency", {}, replace(WISH, minutes=61), "障害", "60分まで"),
    ("in use", {"holder": a_use(person_id=OTHER)}, WISH, "障害", "別の方"),
]


@pytest.mark.parametrize(("name", "changed", "wish", "reason", "words"), STARTING, ids=[each[0] for each in STARTING])
def test_an_emergency_needs_neither_delegation_nor_witness_but_all_else(
    name: str, changed: dict[str, object], wish: Wish, reason: str, words: str
) -> None:
    found = deciding.why_not_start(ground(**changed), wish, reason)
    assert (found is None) == (not words), name
    assert words in str(found or "")


@pytest.mark.parametrize(
    ("methods", "fresh", "resistant", "words"),
    [
        ((Method.VERIFIED_KEY,), True, True, ""),
        ((Method.PASSWORD, Method.KEY), True, True, ""),
        ((Method.CERTIFICATE, Method.PASSWORD), True, True, ""),
        ((Method.PASSWORD, Method.TOTP), True, False, ""),
        ((Method.PASSWORD, Method.TOTP), True, True, "セキュリティキー"),
        ((Method.PASSWORD,), True, False, "二種類"),
        ((Method.KEY, Method.TOTP), True, True, "二種類"),
        ((Method.TOTP, Method.TOKEN), True, False, "二種類"),
        ((Method.VERIFIED_KEY,), False, True, "時間"),
    ],
)
def test_two_kinds_one_of_them_bound_to_our_origin_and_both_of_now(
    methods: tuple[Method, ...], fresh: bool, resistant: bool, words: str
) -> None:
    found = deciding.why_unproved(session(*methods), fresh, phishing_resistant=resistant)
    assert (found is None) == (not words)
    assert words in str(found or "")


def test_what_is_left_is_told_to_the_minute() -> None:
    before = a_use(
        state=UseState.CLOSED, slot=None, opened_at=AT - minutes(200), ends_at=AT - minutes(20),
        ended_at=AT - minutes(20),
    )  # fmt: skip
    asked = ground(on_system=[before])
    assert minutes_left(asked) == 60
    assert minutes_of(asked, WISH) == 60
    assert deciding.why_not_ask(asked, replace(WISH, minutes=60)) is None
    words = str(deciding.why_not_ask(asked, replace(WISH, minutes=61)))
    assert "あと60分" in words
    assert "2026-04-06 10:40以降" in words  # 40 minutes from now, an hour after the end before


@pytest.mark.parametrize(
    ("gap", "left"),
    [(0, 60), (59.9, 60), (60, 240), (300, 240)],
)
def test_uses_less_than_the_rest_apart_are_in_a_row(gap: float, left: int) -> None:
    before = a_use(
        state=UseState.CLOSED, opened_at=AT - minutes(gap + 180), ends_at=AT - minutes(gap), ended_at=AT - minutes(gap)
    )
    assert minutes_left(ground(on_system=[before])) == left


@pytest.mark.parametrize(
    ("changed", "left"),
    [
        ({"state": UseState.ASKED, "opened_at": None, "ends_at": None}, 180),
        ({"state": UseState.OPENING, "opened_at": None, "ends_at": AT + minutes(75)}, 180),
        ({"state": UseState.OPEN}, 180),
        ({"state": UseState.PAUSED}, 180),
        ({"state": UseState.LAPSED, "opened_at": None, "ends_at": None}, 240),
        ({"state": UseState.WITHDRAWN, "opened_at": None, "ends_at": None}, 240),
        ({"state": UseState.CLOSED, "opened_at": None, "ended_at": AT}, 240),
        ({"state": UseState.CLOSED, "ended_at": AT + minutes(61)}, 180),
        ({"state": UseState.CLOSED, "ended_at": AT + minutes(9.5)}, 230),
    ],
)
def test_what_may_yet_be_open_counts_and_what_was_never_open_does_not(changed: dict[str, object], left: int) -> None:
    assert minutes_left(ground(at=AT + minutes(1), on_system=[a_use(**changed)])) == left


@given(st.lists(st.tuples(st.integers(0, 150), st.integers(5, 240)), max_size=8))
def test_however_uses_follow_each_other_a_row_never_exceeds_the_cap(steps: list[tuple[int, int]]) -> None:
    at, done = AT, list[Use]()
    for gap, asked in steps:
        at += minutes(gap)
        now = ground(at=at, on_system=list(reversed(done)))
        if deciding.why_not_ask(now, replace(WISH, minutes=asked)) is None:
            opened = {"opened_at": at, "ends_at": at + minutes(asked), "ended_at": at + minutes(asked)}
            done.append(a_use(id=len(done), state=UseState.CLOSED, **opened))
            at += minutes(asked)
    row = [done[0]] if done else []
    for one, following in pairwise(done):
        assert one.ended_at is not None
        assert following.opened_at is not None
        row = [*row, following] if following.opened_at - one.ended_at < minutes(RULES.rest.value) else [following]
        assert sum((deciding.duration(each) for each in row), timedelta(0)) <= minutes(RULES.longest.value)
    assert in_a_row([], at, RULES) == []


JOINING: list[tuple[Use, Entrant, datetime, str]] = [
    (a_use(state=UseState.ASKED), who(WITNESS), AT, ""),
    (a_use(state=UseState.ASKED), who(USER), AT, "自分の利用"),
    (a_use(state=UseState.ASKED), who(WITNESS, status=Status.LEFT), AT, "在職していない"),
    (a_use(state=UseState.ASKED), who(WITNESS), AT + minutes(15), "時間切れ"),
    (a_use(state=UseState.PAUSED), who(OTHER), AT, ""),
    (a_use(state=UseState.OPEN), who(OTHER), AT, "利用中"),
    (a_use(state=UseState.OPEN, emergency=True, witness_id=None), who(OTHER), AT, ""),
    (a_use(state=UseState.CLOSED, emergency=True, witness_id=None), who(OTHER), AT, "終了"),
]


@pytest.mark.parametrize(("use", "entrant", "at", "words"), JOINING)
def test_a_witness_is_another_person_in_time(use: Use, entrant: Entrant, at: datetime, words: str) -> None:
    found = deciding.why_not_join(use, entrant, at)
    assert (found is None) == (not words)
    assert words in str(found or "")


REVEALING: list[tuple[dict[str, object], Session, PrivilegedId, str]] = [
    ({}, session(), an_id(), ""),
    ({}, session(person_id=WITNESS), an_id(), "利用者だけ"),
    ({}, session(id_=8), an_id(), "同じサインイン"),
    ({}, session(), an_id(mode=Mode.ENABLE), "ありません"),
    ({"state": UseState.PAUSED}, session(), an_id(), "利用中だけ"),
    ({"state": UseState.CLOSING}, session(), an_id(), "利用中だけ"),
    ({"ends_at": AT}, session(), an_id(), "利用中だけ"),
    ({"shown_at": AT}, session(), an_id(), "一度表示しました"),
]


@pytest.mark.parametrize(("changed", "of", "on", "words"), REVEALING)
def test_a_secret_is_shown_once_to_its_user_in_the_session_that_asked(
    changed: dict[str, object], of: Session, on: PrivilegedId, words: str
) -> None:
    found = deciding.why_not_reveal(a_use(**changed), on, of, AT)
    assert (found is None) == (not words)
    assert words in str(found or "")


APPROVER = frozenset({Role.APPROVER})
NONE: frozenset[Role] = frozenset()
OVER: dict[str, object] = {"state": UseState.CLOSED, "record": "直した"}

AFTERWARDS: list[
    tuple[Callable[[Use, int, frozenset[Role]], IamError | None], dict[str, object], int, frozenset[Role], str]
] = [
    (deciding.why_not_confirm, OVER, WITNESS, NONE, ""),
    (deciding.why_not_confirm, OVER, USER, APPROVER, "自分の作業記録"),
    (deciding.why_not_confirm, OVER, OTHER, APPROVER, "立ち会った本人"),
    (deciding.why_not_confirm, {**OVER, "witness_id": None}, OTHER, APPROVER, ""),
    (deciding.why_not_confirm, {**OVER, "witness_id": None}, OTHER, NONE, "担当者"),
    (deciding.why_not_confirm, {**OVER, "record": ""}, WITNESS, NONE, "まだ書かれて"),
    (deciding.why_not_confirm, {**OVER, "confirmed_at": AT}, WITNESS, NONE, "すでに確認"),
    (deciding.why_not_approve, {**OVER, "emergency": True}, OTHER, APPROVER, ""),
    (deciding.why_not_approve, OVER, OTHER, APPROVER, "緊急利用だけ"),
    (deciding.why_not_approve, {**OVER, "emergency": True}, USER, APPROVER, "利用した方と立ち会った方"),
    (deciding.why_not_approve, {**OVER, "emergency": True}, WITNESS, APPROVER, "利用した方と立ち会った方"),
    (deciding.why_not_approve, {**OVER, "emergency": True}, OTHER, frozenset({Role.GENERAL_OFFICER}), "承認の担当者"),
    (deciding.why_not_approve, {"emergency": True}, OTHER, APPROVER, "まだ終わっていません"),
    (deciding.why_not_approve, {**OVER, "emergency": True, "record": ""}, OTHER, APPROVER, "まだ書かれて"),
    (deciding.why_not_approve, {**OVER, "emergency": True, "approved_at": AT}, OTHER, APPROVER, "すでに承認"),
    (deciding.why_not_end, {}, USER, NONE, ""),
    (deciding.why_not_end, {}, WITNESS, NONE, ""),
    (deciding.why_not_end, {}, OTHER, APPROVER, ""),
    (deciding.why_not_end, {}, OTHER, frozenset({Role.AUDITOR}), "終えられるのは"),
]


@pytest.mark.parametrize(("rule", "changed", "by", "roles", "words"), AFTERWARDS)
def test_nobody_judges_what_they_had_a_part_in(
    rule: Callable[[Use, int, frozenset[Role]], IamError | None],
    changed: dict[str, object],
    by: int,
    roles: frozenset[Role],
    words: str,
) -> None:
    found = rule(a_use(**changed), by, roles)
    assert (found is None) == (not words)
    assert words in str(found or "")


@pytest.mark.parametrize(
    ("witness", "by", "end"),
    [
        (WITNESS, USER, End.USER), (WITNESS, WITNESS, End.WITNESS), (WITNESS, OTHER, End.OFFICER),
        (WITNESS, None, End.OFFICER), (None, None, End.OFFICER), (None, USER, End.USER),
    ],
)  # fmt: skip
def test_whoever_ends_it_is_told_apart(witness: int | None, by: int | None, end: End) -> None:
    assert deciding.ended_as(a_use(witness_id=witness), by) is end
    assert deciding.why_not_end(a_use(), None, NONE) is None


@pytest.mark.parametrize(
    ("changed", "after", "why"),
    [
        ({}, 59.9, None),
        ({}, 60, End.TIME),
        ({"state": UseState.PAUSED}, 60, End.TIME),
        ({"state": UseState.CLOSING}, 60, None),
        ({}, -0.05, None),
        ({}, -0.1, End.CLOCK),
        ({"seen_at": AT + minutes(30)}, 29, End.CLOCK),
        ({"witness_seen_at": AT + minutes(30)}, 29, End.CLOCK),
    ],
)
def test_the_end_comes_in_time_and_at_once_when_the_clock_is_set_back(
    changed: dict[str, object], after: float, why: End | None
) -> None:
    assert over_by_time(a_use(**changed), AT + minutes(after)) is why
    assert latest(a_use(**changed)) >= AT


def test_a_secret_has_every_class_no_sign_that_looks_like_another_and_is_never_the_same() -> None:
    found = {vault.random_secret() for _ in range(300)}
    assert len(found) == 300
    for secret in found:
        assert len(secret) >= 24
        assert all(set(each) & set(secret) for each in vault.CLASSES)
        assert not set(secret) - set("".join(vault.CLASSES))
        assert not set(secret) & set("0O1lI|'\"\\`$ ")


def test_why_a_use_ended_is_told_with_whoever_ended_its_own_words() -> None:
    assert a_use().why_ended == ""
    assert a_use(end_reason="time").why_ended == "時間になった"
    assert a_use(end_reason="officer: 障害: 復旧まで").why_ended == "担当者が終えた（障害: 復旧まで）"
    assert all(each.label_ja for each in (*End, *UseState))
