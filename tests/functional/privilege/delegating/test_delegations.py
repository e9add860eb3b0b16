"""A delegation from its nomination to its end, on both databases."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier
from typing import Final

import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from iam.errors import Conflict, Forbidden, NotFound
from iam.office import cases
from iam.office.deputies import Wish as Deputy
from iam.outbox import Topic, unseen
from iam.policy.profile import Role
from iam.privilege import delegating, register
from iam.privilege.books import delegation_table
from iam.privilege.delegating import Broken, Delegation, DelegationState
from iam.privilege.register import Deed
from iam.signin.factors.authenticators import State, end, of_person
from tests.bodies import DAY, concurrent, leaver, mover, on_leave
from tests.delegations import Bureau, a_row, bearer
from tests.entrance import Person
from tests.offices import CONTRACTED, POSTS

OUTSIDE: Final = {"category": CONTRACTED, "valid_until": "2027-03-31", "home_body": "さくらシステム"}
"""What a row says of a contractor."""


def ends_factor(bureau: Bureau, person: Person, state: State) -> None:
    with bureau.store.act("test") as act:
        for each in of_person(act.connection, person.id):
            end(act, each.id, state, "test")


# --- from nomination to approval


def test_three_persons_make_a_delegation_and_everybody_concerned_is_told(bureau: Bureau) -> None:
    found = bureau.nominates()
    assert (found.state, bureau.live()) == (DelegationState.NOMINATED, None)
    assert bureau.told(bureau.approver)[-1:] == [Topic.PRIVILEGE_NOMINATED]
    with bureau.store.read() as connection:
        notice, *_ = unseen(connection, bureau.approver.id)
    assert notice.detail["right"] == "グループウェア の maint"
    with bureau.store.read() as connection:
        assert delegating.approvers(connection, bureau.door, found, bureau.store.clock()) == [bureau.approver.id]
    live = bureau.approves(found)
    assert (live.state, live.noticed_at, live.waiver_id) == (DelegationState.LIVE, bureau.store.clock(), None)
    assert bureau.live() == live
    assert bureau.live(person=bureau.spare) is None
    for person in (bureau.general, bureau.delegate):
        assert bureau.told(person)[-1:] == [Topic.PRIVILEGE_DELEGATED]
    actions = ("nominated", "approved", "noticed")
    assert [len(bureau.office.hall.audited(f"delegation.{each}")) for each in actions] == [1, 1, 1]


def test_the_general_officer_receives_the_notice_once(bureau_sqlite: Bureau) -> None:
    bureau = bureau_sqlite
    found = bureau.nominates()
    with pytest.raises(Conflict, match="まだ承認されていない"), bureau.store.act("x") as act:
        delegating.receive(act, bureau.door, found.id, bureau.general.id)
    bureau.approves(found)
    with pytest.raises(Forbidden, match="統括"), bureau.store.act("x") as act:
        delegating.receive(act, bureau.door, found.id, bureau.approver.id)
    first = bureau.store.clock()
    for _ in range(2):
        with bureau.store.act("x") as act:
            received = delegating.receive(act, bureau.door, found.id, bureau.general.id)
        assert (received.received_by, received.received_at) == (bureau.general.id, first)
        bureau.office.hall.clock.on(minutes=1)


def test_it_begins_on_its_first_day_and_ends_after_its_last(bureau_sqlite: Bureau) -> None:
    bureau = bureau_sqlite
    today = bureau.office.today
    found = bureau.entrusts(bureau.wish(valid_from=today + 2 * DAY, valid_until=today + 3 * DAY))
    seen = []
    for _ in range(5):
        seen.append(bureau.live() is not None)
        bureau.office.hall.clock.on(days=1)
    assert seen == [False, False, True, True, False]
    assert bureau.why_void(bureau.now(found)) == Broken.EXPIRED
    assert bureau.tidies() == delegating.Tidied(over=1)
    assert bureau.tidies() == delegating.Tidied()
    assert bureau.now(found).state is DelegationState.ENDED
    assert bureau.told(bureau.delegate)[-1:] == [Topic.PRIVILEGE_DELEGATION_ENDED]


def test_a_nomination_lapses_and_cannot_be_approved_then(bureau_sqlite: Bureau) -> None:
    bureau = bureau_sqlite
    found = bureau.nominates()
    bureau.office.hall.clock.on(days=bureau.door.profile.privileged.pending_days.value)
    assert bureau.now(found).state is DelegationState.LAPSED
    with pytest.raises(Conflict, match="期限が過ぎて"):
        bureau.approves(found)
    with pytest.raises(Conflict, match="承認待ちではありません"), bureau.store.act("x") as act:
        delegating.withdraw(act, bureau.door, found.id, bureau.general.id)
    assert bureau.tidies() == delegating.Tidied(lapsed=1)
    assert bureau.told(bureau.general)[-1:] == [Topic.PRIVILEGE_NOT_DELEGATED]


def test_what_was_declined_or_withdrawn_is_not_approved(bureau_sqlite: Bureau) -> None:
    bureau = bureau_sqlite
    declined = bureau.nominates()
    with pytest.raises(Conflict, match="理由"), bureau.store.act("x") as act:
        delegating.decline(act, bureau.door, declined.id, bureau.approver.id, " ")
    with bureau.store.act("x") as act:
        delegating.decline(act, bureau.door, declined.id, bureau.approver.id, "期間が長い")
    assert bureau.told(bureau.general)[-1:] == [Topic.PRIVILEGE_NOT_DELEGATED]
    withdrawn = bureau.nominates()
    with pytest.raises(Forbidden, match="指名した担当者だけ"), bureau.store.act("x") as act:
        delegating.withdraw(act, bureau.door, withdrawn.id, bureau.approver.id)
    with bureau.store.act("x") as act:
        delegating.withdraw(act, bureau.door, withdrawn.id, bureau.general.id)
    for found in (declined, withdrawn):
        with pytest.raises(Conflict, match="承認待ちではありません"):
            bureau.approves(found)


def test_nobody_approves_what_changed_after_it_was_shown(bureau_sqlite: Bureau) -> None:
    bureau = bureau_sqlite
    found = bureau.nominates()
    for seen in ("", "0" * 64):
        with pytest.raises(Conflict, match="変わっています"):
            bureau.approves(found, seen=seen)
    with bureau.store.act("somebody at the database") as act:
        act.connection.execute(update(delegation_table).values(valid_until=found.valid_until + 30 * DAY))
    with pytest.raises(Conflict, match="変わっています"):
        bureau.approves(bureau.now(found))


def test_a_row_that_was_written_past_the_rules_is_no_delegation(bureau_sqlite: Bureau) -> None:
    bureau = bureau_sqlite
    found = bureau.entrusts()
    with bureau.store.act("somebody at the database") as act:
        act.connection.execute(update(delegation_table).values(valid_until=found.valid_until + 30 * DAY))
    assert bureau.live() is None
    assert bureau.why_void(bureau.now(found)) == Broken.CHANGED


def test_the_database_itself_refuses_fewer_than_three_persons_and_no_notice(bureau: Bureau) -> None:
    bureau.entrusts()
    columns = delegation_table.c
    for changed in (
        {"approved_by": columns.nominated_by}, {"approved_by": columns.delegate_id}, {"noticed_at": None},
        {"nominated_by": columns.delegate_id}, {"reviewed_by": columns.approved_by},
    ):  # fmt: skip
        with pytest.raises(IntegrityError), bureau.store.act("x") as act:
            act.connection.execute(update(delegation_table).values(**changed))


def test_a_contractor_neither_holds_nor_gives_one_whatever_they_are(bureau_sqlite: Bureau) -> None:
    bureau = bureau_sqlite
    contracted = bureau.office.person(6, **OUTSIDE).with_key()
    with pytest.raises(Forbidden, match="職員区分"):
        bureau.nominates(bureau.wish(delegate_id=contracted.id))
    found = bureau.nominates()
    heads = [(bureau.general, Role.GENERAL_OFFICER), (bureau.approver, Role.APPROVER)]
    bureau.office.settle(*(a_row(int(who.number), "0101", title_code=POSTS[role], **OUTSIDE) for who, role in heads))
    for who, role in heads:
        bureau.office.hall.office(who, role)
    with pytest.raises(Forbidden, match="職員区分"):
        bureau.nominates(bureau.wish(delegate_id=bureau.spare.id), by=bureau.general)
    with pytest.raises(Forbidden, match="職員区分"):
        bureau.approves(found)
    with pytest.raises(Forbidden), bureau.store.act("x") as act:
        delegating.withdraw(act, bureau.door, found.id, bureau.general.id)


def test_a_delegate_needs_a_factor_that_resists_phishing(bureau_sqlite: Bureau) -> None:
    bureau = bureau_sqlite
    plain = bureau.office.person(6)
    with pytest.raises(Conflict, match="セキュリティキー"):
        bureau.nominates(bureau.wish(delegate_id=plain.id))
    plain.with_app()
    with pytest.raises(Conflict, match="セキュリティキー"):
        bureau.nominates(bureau.wish(delegate_id=plain.id))
    bureau.nominates(bureau.wish(delegate_id=plain.with_key().id))


# --- at the same instant


def race(bureau: Bureau, deeds: list[Callable[[], Delegation]]) -> list[Delegation | Exception]:
    together = Barrier(len(deeds))

    def run(deed: Callable[[], Delegation]) -> Delegation | Exception:
        together.wait()
        try:
            return deed()
        except (Conflict, Forbidden) as refusal:
            return refusal

    with ThreadPoolExecutor(len(deeds)) as pool:
        return list(pool.map(run, deeds))


def test_of_two_approvers_at_the_same_instant_one_approves(bureau: Bureau) -> None:
    found, second = bureau.nominates(), bureau.office.officer(7, Role.APPROVER)
    done = race(bureau, [lambda: bureau.approves(found), lambda: bureau.approves(found, by=second)])
    assert sum(isinstance(each, Delegation) for each in done) == 1
    assert sum(isinstance(each, Conflict) for each in done) == 1
    assert len(bureau.office.hall.audited("delegation.approved")) == 1


def test_no_more_hold_an_id_than_were_allowed_though_approved_at_the_same_instant(bureau: Bureau) -> None:
    bureau.account("lone", most_holders=1)
    second = bureau.office.officer(7, Role.APPROVER)
    first, other = (
        bureau.nominates(bureau.wish("lone", delegate_id=who.id)) for who in (bureau.delegate, bureau.spare)
    )
    done = race(bureau, [lambda: bureau.approves(first), lambda: bureau.approves(other, by=second)])
    assert [str(each) for each in done if isinstance(each, Conflict) and "1人まで" in str(each)]
    assert sum(isinstance(each, Delegation) for each in done) == 1
    assert sum(bureau.live("lone", who) is not None for who in (bureau.delegate, bureau.spare)) == 1


def test_a_change_of_the_register_and_an_approval_at_the_same_instant_leave_nothing_usable(bureau: Bureau) -> None:
    found = bureau.nominates()
    wish = replace(register.Wish.like(bureau.ids["maint"]), purpose="別の用途")
    with bureau.store.act("x") as act:
        case = register.propose(act, bureau.door, bureau.operator.id, wish, "変更")

    def change() -> Delegation:
        with bureau.store.act("x") as act:
            cases.confirm(
                act, bureau.door.offices, case.id, decided_by=bureau.general.id, seen_hash=case.content_hash,
                carry_out=lambda act, of: register.take_effect(act, bureau.door, of),
            )  # fmt: skip
        return found

    race(bureau, [lambda: bureau.approves(found), change])
    assert bureau.live() is None


# --- what voids it


VOIDS: dict[str, Broken] = {
    "moves": Broken.MOVED, "second post": Broken.MOVED, "leaves": Broken.LEFT, "leave": Broken.AWAY,
    "contracted": Broken.BARRED, "suspended": Broken.SUSPENDED, "lost": Broken.FACTOR_LOST,
    "removed": Broken.FACTOR_LOST, "register": Broken.CHANGED, "retired": Broken.CHANGED,
}  # fmt: skip
"""What happens to a delegate, each to another one, and what the delegation says of it."""


def test_what_voids_a_delegation(bureau: Bureau) -> None:
    day, today = bureau.office.today, bureau.office.today.isoformat()
    own = {what: a_row(number) for number, what in enumerate(VOIDS, 10)}
    bureau.office.settle(*own.values())
    who = {what: bearer(bureau.office, number).with_key() for number, what in enumerate(VOIDS, 10)}
    who["lost"].with_key()
    for login in ("wide", "changed", "gone"):
        bureau.account(login, most_holders=20)
    logins = {"register": "changed", "retired": "gone"}
    found = {
        what: bureau.entrusts(bureau.wish(logins.get(what, "wide"), delegate_id=person.id))
        for what, person in who.items()
    }
    assert {bureau.why_void(each) for each in found.values()} == {""}
    bureau.office.hall.clock.on(minutes=1)
    bureau.office.settle(
        mover(own["moves"], "0202", today),
        [own["second post"], concurrent(own["second post"], "0202", today)],
        leaver(own["leaves"], (day - DAY).isoformat()),
        [own["leave"], on_leave(own["leave"], today)],
        {**own["contracted"], **OUTSIDE},
    )
    who["suspended"].suspended()
    lose_one(bureau, who["lost"])
    ends_factor(bureau, who["removed"], State.REMOVED)
    bureau.registers(replace(register.Wish.like(bureau.ids["changed"]), purpose="別の用途"))
    bureau.registers(register.Wish.retiring(bureau.ids["gone"]))
    assert {what: bureau.why_void(bureau.now(each)) for what, each in found.items()} == VOIDS
    assert not [what for what, person in who.items() if bureau.live(logins.get(what, "wide"), person)]
    assert bureau.tidies() == delegating.Tidied(over=len(VOIDS))
    over = {what: bureau.now(each) for what, each in found.items()}
    assert {each.state for each in over.values()} == {DelegationState.VOIDED}
    assert {what: each.why_ended for what, each in over.items()} == {what: why.label_ja for what, why in VOIDS.items()}
    assert bureau.told(bureau.general)[-1:] == [Topic.PRIVILEGE_DELEGATION_ENDED]


def lose_one(bureau: Bureau, person: Person) -> None:
    """A key is lost while another is left."""
    with bureau.store.act("test") as act:
        end(act, of_person(act.connection, person.id)[0].id, State.LOST, "test")


def test_a_loss_before_the_nomination_does_not_void_it(bureau_sqlite: Bureau) -> None:
    bureau = bureau_sqlite
    bureau.delegate.with_key()
    lose_one(bureau, bureau.delegate)
    bureau.office.hall.clock.on(minutes=1)
    bureau.entrusts()
    assert bureau.live() is not None


# --- the end, and what follows


def test_one_is_enough_to_end_it_and_twice_is_refused(bureau_sqlite: Bureau) -> None:
    bureau = bureau_sqlite
    found = bureau.entrusts()
    for by, reason, error in ((bureau.spare, "不要", Forbidden), (bureau.general, " ", Conflict)):
        with pytest.raises(error), bureau.store.act("x") as act:
            delegating.end(act, bureau.door, found.id, by.id, reason)
    with bureau.store.act("x") as act:
        ended = delegating.end(act, bureau.door, found.id, bureau.delegate.id, "作業が済んだ")
    assert (ended.state, ended.why_ended, bureau.live()) == (DelegationState.ENDED, "作業が済んだ", None)
    with pytest.raises(Conflict, match="有効ではありません"), bureau.store.act("x") as act:
        delegating.end(act, bureau.door, found.id, bureau.general.id, "もう一度")


def test_a_renewal_is_a_case_of_its_own_that_follows_the_former(bureau_sqlite: Bureau) -> None:
    bureau = bureau_sqlite
    found = bureau.entrusts()
    with pytest.raises(Conflict, match="翌日以降"):
        bureau.nominates(bureau.wish(renews=found.id))
    first = found.valid_until + DAY
    renewal = bureau.nominates(bureau.wish(valid_from=first, valid_until=first + 9 * DAY, renews=found.id))
    assert (renewal.renews, renewal.state) == (found.id, DelegationState.NOMINATED)
    bureau.approves(renewal)
    bureau.office.hall.clock.on(days=10)
    assert bureau.live() == bureau.now(renewal)


def test_a_delegation_that_is_not_there_is_told_so(bureau_sqlite: Bureau) -> None:
    bureau = bureau_sqlite
    with pytest.raises(NotFound):
        bureau.approves(replace(bureau.nominates(), id=99))


# --- deputies


def test_a_deputy_nominates_under_an_exception_and_another_officer_reviews(bureau_sqlite: Bureau) -> None:
    bureau = bureau_sqlite
    today = bureau.office.today
    deputy = bureau.office.person(6)
    wish = Deputy(deputy.id, Role.GENERAL_OFFICER, bureau.general.id, today, today + 30 * DAY)
    bureau.office.deputise(bureau.general, bureau.approver, wish)
    with pytest.raises(Forbidden, match="例外措置"):
        bureau.nominates(by=deputy)
    bureau.waives(scope="zei")
    with pytest.raises(Forbidden, match="例外措置"):
        bureau.nominates(by=deputy)
    waiver = bureau.waives(scope="gw")
    found = bureau.approves(bureau.nominates(by=deputy))
    assert (found.waiver_id, found.awaits_review) == (waiver.id, True)
    with bureau.store.read() as connection:
        (owed,) = delegating.reviews_due(connection, bureau.door, bureau.store.clock())
        (late,) = delegating.reviews_due(connection, bureau.door, bureau.store.clock() + timedelta(days=2))
    assert (owed.due, owed.overdue, late.overdue) == (today + DAY, False, True)
    assert bureau.told(bureau.general)[-1:] == [Topic.PRIVILEGE_DELEGATION_REVIEW]
    for by, error in ((deputy, Forbidden), (bureau.approver, Forbidden), (bureau.operator, Forbidden)):
        with pytest.raises(error), bureau.store.act("x") as act:
            delegating.review(act, bureau.door, found.id, by.id, "確かめた")
    with bureau.store.act("x") as act:
        delegating.review(act, bureau.door, found.id, bureau.general.id, "内容を確かめた。問題なし")
    with bureau.store.read() as connection:
        assert delegating.reviews_due(connection, bureau.door, bureau.store.clock()) == []
    assert bureau.live() is not None


def test_a_late_review_is_asked_for_each_working_day_by_one_of_two_workers(bureau: Bureau) -> None:
    today = bureau.office.today
    deputy = bureau.office.person(6)
    wish = Deputy(deputy.id, Role.GENERAL_OFFICER, bureau.general.id, today, today + 30 * DAY)
    bureau.office.deputise(bureau.general, bureau.approver, wish)
    bureau.waives(scope="gw")
    found = bureau.approves(bureau.nominates(by=deputy))
    sent = []
    for days in (1, 1, 0, 1, 1, 1, 1, 1):  # Monday's is due on Tuesday
        bureau.office.hall.clock.on(days=days)
        with ThreadPoolExecutor(2) as pool:
            done = list(pool.map(lambda _: bureau.tidies(), range(2)))
        told = bureau.told(bureau.general).count(Topic.PRIVILEGE_DELEGATION_REVIEW)
        sent.append((sum(each.reminded for each in done), told))
    assert sent == [(0, 1), (1, 2), (0, 2), (1, 3), (1, 4), (0, 4), (0, 4), (1, 5)]
    with bureau.store.act("x") as act:
        delegating.review(act, bureau.door, found.id, bureau.general.id, "内容を確かめた")
    bureau.office.hall.clock.on(days=1)
    assert bureau.tidies().reminded == 0


def test_an_exception_that_is_over_lets_no_deputy_act(bureau_sqlite: Bureau) -> None:
    bureau = bureau_sqlite
    today = bureau.office.today
    deputy = bureau.office.person(6)
    wish = Deputy(deputy.id, Role.GENERAL_OFFICER, bureau.general.id, today, today + 30 * DAY)
    bureau.office.deputise(bureau.general, bureau.approver, wish)
    bureau.waives(days=1)
    bureau.office.hall.clock.on(days=1)
    with pytest.raises(Forbidden, match="例外措置"):
        bureau.nominates(bureau.wish(valid_from=today + DAY), by=deputy)


def test_an_end_is_retired_from_the_register_only_by_two(bureau_sqlite: Bureau) -> None:
    bureau = bureau_sqlite
    with pytest.raises(Forbidden, match="自分が申請した"):
        bureau.registers(register.Wish.retiring(bureau.ids["maint"]), asker=bureau.general, by=bureau.general)
    gone = bureau.registers(register.Wish.retiring(bureau.ids["maint"]))
    assert gone.retired_at is not None
    assert register.Wish.retiring(gone).deed is Deed.RETIRE
    with pytest.raises(Conflict, match="廃止"):
        bureau.nominates()
