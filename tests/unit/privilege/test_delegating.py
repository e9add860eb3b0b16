"""What stands against a nomination, an approval, a review and an end, and what breaks a delegation."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from iam.errors import Conflict, Forbidden, NotFound
from iam.people.standing import Status
from iam.policy.loading import load
from iam.policy.profile import Role, StaffKind
from iam.privilege.barred import barred_by
from iam.privilege.delegating.deciding import (
    Delegate,
    Facts,
    Officer,
    Seen,
    against_nomination,
    why_broken,
    why_not_approve,
    why_not_decline,
    why_not_end,
    why_not_nominate,
    why_not_review,
)
from iam.privilege.delegating.delegation import Broken, Delegation, DelegationState, Wish, hash_now, hash_of
from iam.privilege.register import Mode, PrivilegedId

AT = datetime(2026, 4, 6, 1, tzinfo=UTC)
TODAY = date(2026, 4, 6)
LATER = AT + timedelta(days=1)
RULES = load("baseline").privileged
MOST = RULES.delegation_days.value
HEAD, OTHER, STAFF, APPROVER = 1, 2, 3, 4
GENERAL = Officer(HEAD, frozenset({Role.GENERAL_OFFICER}))
APPROVES = Officer(APPROVER, frozenset({Role.APPROVER}))
TRUSTED = Delegate(STAFF, Status.IN_SERVICE, "posts")
WISH = Wish(STAFF, (7, 8), TODAY, TODAY + timedelta(days=9), "月次の更新", "夜間は使わない")


def an_id(number: int, **other: Any) -> PrivilegedId:  # noqa: ANN401 - fields of the row
    row = PrivilegedId(
        number, "gw", Mode.SECRET, f"maint{number}", "", "保守", 1, False, False, "", None, AT, AT, None
    )  # fmt: skip
    return replace(row, **other)


IDS: Mapping[int, PrivilegedId] = {7: an_id(7), 8: an_id(8)}


def a_delegation(**other: Any) -> Delegation:  # noqa: ANN401 - fields of the row
    seal = hash_of(WISH, IDS, nominated_by=HEAD, posts="posts")
    row = Delegation(
        5, STAFF, WISH.privileged_ids, WISH.valid_from, WISH.valid_until, WISH.conditions, WISH.reason, seal, "posts",
        None, DelegationState.NOMINATED, HEAD, AT, AT + timedelta(days=7), None, None, None, None, None, None, "", None,
        None, None, "", None,
    )  # fmt: skip
    return replace(row, **other)


LIVE = a_delegation(state=DelegationState.LIVE, approved_by=APPROVER, approved_at=AT, noticed_at=AT)


def facts(**other: Any) -> Facts:  # noqa: ANN401 - fields of the facts
    return replace(Facts(GENERAL, TRUSTED, IDS, (), RULES, AT), **other)


def approving(**other: Any) -> Facts:  # noqa: ANN401 - fields of the facts
    return facts(officer=APPROVES, **other)


def seen(found: Delegation, ids: Mapping[int, PrivilegedId] = IDS, **other: Any) -> Seen:  # noqa: ANN401
    return replace(Seen(found.content_hash, hash_now(found, ids), GENERAL), **other)


# --- nominating


def test_a_general_officer_nominates_somebody_trusted() -> None:
    assert why_not_nominate(WISH, facts()) is None


@pytest.mark.parametrize(
    ("changed", "about", "kind", "words"),
    [
        ({"officer": Officer(HEAD)}, "officer", Forbidden, "統括の担当者だけ"),
        ({"officer": Officer(HEAD, frozenset({Role.APPROVER, Role.OPERATOR}))}, "officer", Forbidden, "統括"),
        ({"officer": replace(GENERAL, person_id=STAFF)}, "officer", Forbidden, "自分に"),
        ({"officer": replace(GENERAL, barred=True)}, "officer", Forbidden, "職員区分"),
        ({"officer": replace(GENERAL, suspended=True)}, "officer", Forbidden, "停止"),
        ({"officer": Officer(HEAD, deputised=frozenset({Role.GENERAL_OFFICER}))}, "officer", Forbidden, "例外措置"),
        ({"delegate": None}, "delegate", NotFound, "台帳"),
        ({"delegate": replace(TRUSTED, barred=True)}, "delegate", Forbidden, "職員区分"),
        ({"delegate": replace(TRUSTED, status=Status.ON_LEAVE)}, "delegate", Conflict, "休職"),
        ({"delegate": replace(TRUSTED, status=Status.LEFT)}, "delegate", Conflict, "退職"),
        ({"delegate": replace(TRUSTED, suspended=True)}, "delegate", Conflict, "停止"),
        ({"delegate": replace(TRUSTED, resistant=False)}, "delegate", Conflict, "セキュリティキー"),
        ({"ids": {7: an_id(7)}}, "privileged_ids", NotFound, "台帳にない"),
        ({"ids": {7: an_id(7), 8: an_id(8, retired_at=AT)}}, "privileged_ids", Conflict, "廃止"),
        ({"others": [LIVE]}, "privileged_ids", Conflict, "その翌日以降"),
        ({"others": [a_delegation()]}, "privileged_ids", Conflict, "承認を待っています"),
    ],
)  # fmt: skip
def test_a_nomination_is_refused(changed: dict[str, Any], about: str, kind: type[Exception], words: str) -> None:
    refused = against_nomination(WISH, facts(**changed))
    assert list(refused) == [about]
    assert type(refused[about]) is kind
    assert words in str(refused[about])


@pytest.mark.parametrize(
    ("wish", "about", "words"),
    [
        ({"privileged_ids": ()}, "privileged_ids", "選んでください"),
        ({"privileged_ids": (7, 7)}, "privileged_ids", "選び直して"),
        ({"reason": " "}, "reason", "理由"),
        ({"valid_from": TODAY - timedelta(days=1)}, "days", "今日以降"),
        ({"valid_until": TODAY - timedelta(days=1)}, "days", "開始日以降"),
        ({"valid_until": TODAY + timedelta(days=MOST)}, "days", f"{MOST}日以内"),
        ({"valid_from": date(2028, 1, 1), "valid_until": date(2028, 1, 2)}, "days", "近づいてから"),
        ({"renews": 5}, "renews", "もとになる"),
    ],
)
def test_what_is_asked_for_is_bounded(wish: dict[str, Any], about: str, words: str) -> None:
    refused = against_nomination(replace(WISH, **wish), facts())
    assert list(refused) == [about]
    assert words in str(refused[about])


def test_a_delegation_may_last_as_long_as_the_profile_says_and_begin_later() -> None:
    last = TODAY + timedelta(days=MOST - 1)
    assert why_not_nominate(replace(WISH, valid_until=last), facts()) is None
    ahead = replace(WISH, valid_from=TODAY + timedelta(days=30), valid_until=TODAY + timedelta(days=60))
    assert why_not_nominate(ahead, facts()) is None


def test_a_renewal_follows_the_same_persons_delegation() -> None:
    follows = replace(
        WISH,
        renews=5,
        valid_from=LIVE.valid_until + timedelta(days=1),
        valid_until=LIVE.valid_until + timedelta(days=9),
    )
    assert why_not_nominate(follows, facts(others=[LIVE], renewed=LIVE)) is None
    assert "同じ職員" in str(why_not_nominate(follows, facts(renewed=replace(LIVE, delegate_id=OTHER))))
    assert "もとになる" in str(why_not_nominate(follows, facts(renewed=a_delegation())))


def test_a_deputy_acts_only_under_an_exception() -> None:
    deputy = Officer(HEAD, deputised=frozenset({Role.GENERAL_OFFICER}), waiver_id=3)
    assert why_not_nominate(WISH, facts(officer=deputy)) is None
    assert deputy.exception(Role.GENERAL_OFFICER) == 3
    assert replace(GENERAL, waiver_id=3).exception(Role.GENERAL_OFFICER) is None


# --- approving


def test_an_approver_approves_what_was_seen() -> None:
    assert why_not_approve(a_delegation(), seen(a_delegation()), approving()) is None


@pytest.mark.parametrize(
    ("found", "officer", "words"),
    [
        ({"state": DelegationState.LAPSED}, {}, "期限が過ぎて"),
        ({"state": DelegationState.LIVE}, {}, "承認待ちではありません"),
        ({"state": DelegationState.DECLINED}, {}, "差戻し"),
        ({}, {"person_id": HEAD}, "自分が指名した"),
        ({}, {"person_id": STAFF}, "自分に特権ID"),
        ({}, {"barred": True}, "職員区分"),
        ({}, {"suspended": True}, "停止"),
        ({}, {"proper": frozenset({Role.GENERAL_OFFICER})}, "承認の担当者だけ"),
        ({}, {"proper": frozenset(), "deputised": frozenset({Role.APPROVER})}, "例外措置"),
    ],
)
def test_whoever_may_not_approve_may_not_decline_either(
    found: dict[str, Any], officer: dict[str, Any], words: str
) -> None:
    waiting, who = a_delegation(**found), replace(APPROVES, **officer)
    assert words in str(why_not_decline(waiting, who))
    assert words in str(why_not_approve(waiting, seen(waiting), facts(officer=who)))


@pytest.mark.parametrize(
    ("changed", "judged", "words"),
    [
        ({}, {"hash": "another"}, "開き直して"),
        ({}, {"now": "another"}, "開き直して"),
        ({}, {"nominator": Officer(HEAD)}, "指名できる立場"),
        ({}, {"nominator": replace(GENERAL, barred=True)}, "指名できる立場"),
        ({}, {"nominator": replace(GENERAL, suspended=True)}, "指名できる立場"),
        ({"delegate": replace(TRUSTED, posts="moved")}, {}, "異動"),
        ({"delegate": replace(TRUSTED, lost_at=LATER)}, {}, "紛失"),
        ({"delegate": replace(TRUSTED, status=Status.AWAY)}, {}, "職務に就いて"),
        ({"delegate": replace(TRUSTED, barred=True)}, {}, "職員区分"),
        ({"at": AT + timedelta(days=10)}, {}, "期間が過ぎて"),
        ({"others": [replace(LIVE, id=9)]}, {}, "有効です"),
        ({"others": [replace(LIVE, id=9, delegate_id=OTHER)]}, {}, "1人まで"),
    ],
)
def test_an_approval_is_judged_by_this_instant(changed: dict[str, Any], judged: dict[str, Any], words: str) -> None:
    assert words in str(why_not_approve(a_delegation(), seen(a_delegation(), **judged), approving(**changed)))


def test_holders_of_other_days_and_nominations_that_wait_are_not_counted() -> None:
    next_month = replace(
        LIVE, id=9, delegate_id=OTHER, valid_from=date(2026, 5, 1), valid_until=date(2026, 5, 31)
    )  # fmt: skip
    waiting = a_delegation(id=10, delegate_id=OTHER)
    assert why_not_approve(a_delegation(), seen(a_delegation()), approving(others=[next_month, waiting])) is None


@pytest.mark.parametrize(
    "changed",
    [{"delegate_id": 9}, {"privileged_ids": (7,)}, {"valid_until": date(2027, 1, 1)}, {"conditions": ""},
     {"reason": "別"}, {"renews": 1}, {"valid_from": date(2026, 4, 7)}],
)  # fmt: skip
def test_the_hash_is_over_everything_that_is_said(changed: dict[str, Any]) -> None:
    seal = hash_of(WISH, IDS, nominated_by=HEAD, posts="posts")
    assert hash_of(replace(WISH, **changed), IDS, nominated_by=HEAD, posts="posts") != seal
    assert hash_of(WISH, IDS, nominated_by=OTHER, posts="posts") != seal
    assert hash_of(WISH, IDS, nominated_by=HEAD, posts="others") != seal


@pytest.mark.parametrize(
    "changed",
    [{"purpose": "別"}, {"most_holders": 2}, {"emergency": True}, {"kept": True}, {"note": "なぜ"}, {"login": "x"},
     {"mode": Mode.ENABLE}, {"system": "zei"}, {"retired_at": AT}],
)  # fmt: skip
def test_the_hash_is_over_the_register_rows_too(changed: dict[str, Any]) -> None:
    assert hash_now(a_delegation(), {**IDS, 8: an_id(8, **changed)}) != a_delegation().content_hash
    assert hash_now(a_delegation(), IDS) == a_delegation().content_hash


# --- what breaks it


@pytest.mark.parametrize(
    ("found", "delegate", "broken"),
    [
        ({}, {}, None),
        ({"valid_from": TODAY + timedelta(days=1)}, {}, None),
        ({"state": DelegationState.NOMINATED}, {}, Broken.NOT_LIVE),
        ({"state": DelegationState.VOIDED}, {}, Broken.NOT_LIVE),
        ({"state": DelegationState.ENDED, "ended_at": AT}, {}, Broken.NOT_LIVE),
        ({"state": DelegationState.ENDED}, {}, Broken.EXPIRED),
        ({"valid_until": TODAY - timedelta(days=1)}, {}, Broken.EXPIRED),
        ({}, {"barred": True}, Broken.BARRED),
        ({}, {"status": Status.ON_LEAVE}, Broken.AWAY),
        ({}, {"status": Status.AWAY}, Broken.AWAY),
        ({}, {"status": Status.LEFT}, Broken.LEFT),
        ({}, {"status": Status.ABSENT}, Broken.LEFT),
        ({}, {"suspended": True}, Broken.SUSPENDED),
        ({}, {"restored_at": LATER}, Broken.SUSPENDED),
        ({}, {"restored_at": AT - timedelta(seconds=1)}, None),
        ({}, {"posts": "others"}, Broken.MOVED),
        ({}, {"resistant": False}, Broken.FACTOR_LOST),
        ({}, {"lost_at": AT}, Broken.FACTOR_LOST),
        ({}, {"lost_at": AT - timedelta(seconds=1)}, None),
    ],
)  # fmt: skip
def test_what_happens_to_the_delegate_breaks_it(
    found: dict[str, Any], delegate: dict[str, Any], broken: Broken | None
) -> None:
    live = replace(LIVE, **found)
    assert why_broken(live, replace(TRUSTED, **delegate), live.content_hash, AT) is broken


def test_a_changed_register_breaks_it() -> None:
    assert why_broken(LIVE, TRUSTED, "another", AT) is Broken.CHANGED


# --- afterwards


REVIEWED = replace(LIVE, waiver_id=3)


@pytest.mark.parametrize(
    ("found", "officer", "words"),
    [
        (LIVE, Officer(9, frozenset({Role.HR_OFFICER})), "要らない"),
        (replace(REVIEWED, reviewed_at=AT), Officer(9, frozenset({Role.HR_OFFICER})), "済んで"),
        (replace(REVIEWED, approved_at=None), Officer(9, frozenset({Role.HR_OFFICER})), "要らない"),
        *((REVIEWED, Officer(id_, frozenset({Role.APPROVER})), "ほかの担当者") for id_ in (HEAD, APPROVER, STAFF)),
        (REVIEWED, Officer(9, frozenset({Role.OPERATOR})), "だけです"),
        (REVIEWED, Officer(9, frozenset({Role.APPROVER}), barred=True), "だけです"),
    ],
)
def test_a_review_is_another_officers(found: Delegation, officer: Officer, words: str) -> None:
    assert words in str(why_not_review(found, officer))


def test_another_officer_reviews_what_a_deputy_did() -> None:
    assert why_not_review(REVIEWED, Officer(9, frozenset({Role.HR_OFFICER}))) is None


def test_the_delegate_or_a_head_ends_it_and_nobody_else() -> None:
    assert why_not_end(LIVE, Officer(STAFF)) is None
    assert why_not_end(LIVE, GENERAL) is None
    assert why_not_end(LIVE, Officer(9, deputised=frozenset({Role.APPROVER}))) is None
    assert isinstance(why_not_end(LIVE, Officer(9, frozenset({Role.OPERATOR}))), Forbidden)
    assert isinstance(why_not_end(LIVE, replace(GENERAL, suspended=True)), Forbidden)
    assert isinstance(why_not_end(replace(LIVE, state=DelegationState.ENDED), GENERAL), Conflict)


@pytest.mark.parametrize(
    ("kinds", "barred"),
    [
        ([StaffKind.STAFF], False),
        ([StaffKind.OFFICIAL, StaffKind.STAFF], False),
        ([StaffKind.STAFF, StaffKind.CONTRACTOR], True),
        ([StaffKind.DEVELOPMENT], True),
        ([StaffKind.SYSTEM], True),
        ([None], True),
        ([], True),
    ],
)
def test_one_post_of_a_barred_category_bars(kinds: list[StaffKind | None], *, barred: bool) -> None:
    assert (barred_by(kinds) is not None) is barred
