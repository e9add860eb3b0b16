"""A use from its asking to its record: what opens, what is seen, what ends it, and what is left on the target."""

from collections.abc import Callable
from datetime import timedelta
from typing import Final

import pytest
from sqlalchemy import select, update

from iam.access.accounts import block_table, grant_table
from iam.outbox import Topic, unseen
from iam.outbox.letters import letter_table
from iam.policy.entry.privileged import Alone
from iam.privilege import delegating, using
from iam.privilege.books import secret_table, use_table
from iam.privilege.using import End, Use, UseState
from iam.record.audit.chain import audit_record
from iam.signin.deciding.facts import Knock, judge
from tests.bodies import on_leave, row
from tests.entrance import Person
from tests.functional.privilege.conftest import MakeWing
from tests.functional.signin.deciding.given import HERE
from tests.privileged import Wing, delegated


def topics(wing: Wing, person: Person) -> list[Topic]:
    with wing.store.read() as connection:
        return [each.topic for each in unseen(connection, person.id)]


def said(wing: Wing) -> str:
    """Everything that the database keeps in words: audit, letters, errands, notices."""
    with wing.store.read() as connection:
        audit = connection.execute(select(audit_record.c.detail, audit_record.c.subject)).all()
        letters = connection.execute(select(letter_table.c.subject, letter_table.c.body)).all()
        return repr([*audit, *letters, *connection.execute(select(use_table)).all()])


def test_a_secret_works_within_the_use_and_is_dead_after_it_and_the_record_closes_the_circle(wing: Wing) -> None:
    use = wing.opened(wing.ids["root"], decision_number="総第12号", minutes=30)
    assert use.ends_at == (use.opened_at or use.asked_at) + timedelta(minutes=30)
    assert "利用者だけ" in wing.refused(lambda: wing.reveals(wing.witness, use))
    secret = wing.reveals(wing.user, use)
    assert wing.gw.opens("kanri1", secret)
    assert "一度表示" in wing.refused(lambda: wing.reveals(wing.user, use))
    wing.clock.on(minutes=27)
    wing.there(use, wing.witness)
    wing.lasts(4, use)
    closed = wing.now(use)
    assert (closed.state, closed.end_reason) == (UseState.CLOSED, End.TIME)
    assert wing.shut("root")
    assert not wing.gw.opens("kanri1", secret)
    with wing.store.read() as connection:
        assert not connection.scalars(select(secret_table.c.sealed).where(secret_table.c.use_id == use.id)).all()[0]
    assert {Topic.PRIVILEGE_ENDED, Topic.PRIVILEGE_RECORD_DUE} <= set(topics(wing, wing.user))
    assert secret not in said(wing)
    _record(wing, use)


def _record(wing: Wing, use: Use) -> None:
    """The record is late, which stops the next use; it is written, and confirmed by the witness alone."""
    wing.clock.on(days=2)
    wing.rounds(2)
    assert topics(wing, wing.user).count(Topic.PRIVILEGE_RECORD_DUE) == 2
    assert "作業記録" in wing.refused(lambda: wing.asks(wing.user, wing.ids["root"]))
    acting = wing.acting(wing.user)
    with acting.attempt("record", use.subject) as act:
        using.write_record(act, acting, use.id, " 表領域を広げた ")
    assert "自分の作業記録" in wing.refused(lambda: wing.does(using.confirm_record, wing.user, use))
    wing.acting(wing.operator)
    assert "立ち会った本人" in wing.refused(lambda: wing.does(using.confirm_record, wing.operator, use))
    wing.acting(wing.witness)
    wing.does(using.confirm_record, wing.witness, use)
    done = wing.now(use)
    assert (done.record, done.confirmed_by) == ("表領域を広げた", wing.witness.id)
    assert "確認済み" in wing.refused(
        lambda: wing.does(lambda act, acting, id_: using.write_record(act, acting, id_, "別の話"), wing.user, use)
    )
    assert wing.asks(wing.user, wing.ids["root"]).state is UseState.ASKED
    tried = [event for event in _timeline(wing, use) if event.action == "use.refused"]
    assert [event.actor for event in tried if "立ち会った" in event.detail] == [f"staff:{wing.operator.number}"]


def _timeline(wing: Wing, use: Use) -> list[using.Event]:
    with wing.store.read() as connection:
        return using.timeline(connection, use.id)


def allowed(wing: Wing) -> frozenset[str]:
    """What the user's right to `gw` is worth at the doors, asked now."""
    acting = wing.acting(wing.user, prove=False)
    knock = Knock(acting.who, acting.session, "gw", HERE, wing.clock.now, "forward")
    return judge(wing.store, wing.door, knock).rights


def test_a_group_is_entered_for_the_use_alone_and_doors_and_the_night_agree(wing: Wing) -> None:
    login = wing.body.login(wing.user.number)
    wing.acting(wing.user)
    assert "admins" not in allowed(wing)
    use = wing.opened(wing.ids["admins"])
    assert wing.gw.rights_of(login) >= {"admins"}
    assert "admins" in allowed(wing)
    wing.body.night(wing.body.today)
    assert "admins" in wing.gw.rights_of(login)
    wing.ends(use, wing.user)
    assert "admins" not in allowed(wing)
    wing.rounds()
    assert wing.now(use).state is UseState.CLOSED
    assert wing.shut("admins")
    wing.body.night(wing.body.today)
    assert wing.shut("admins")
    with wing.store.read() as connection:
        assert None not in connection.scalars(select(grant_table.c.withdrawn_at)).all()

    _without_a_secret_of_ours(wing)


def _without_a_secret_of_ours(wing: Wing) -> None:
    use = wing.opened(wing.ids["console"])
    assert not wing.shut("console")
    assert "ありません" in wing.refused(lambda: wing.reveals(wing.user, use))
    wing.ends(use, wing.witness)
    wing.rounds()
    assert (wing.now(use).end_reason, wing.shut("console")) == (End.WITNESS, True)


def test_the_witness_gone_pauses_with_the_target_shut_and_the_clock_running_and_back_it_opens_anew(wing: Wing) -> None:
    use = wing.opened(wing.ids["root"])
    first = wing.reveals(wing.user, use)
    wing.clock.on(seconds=121)
    wing.rounds(3)
    paused = wing.now(use)
    assert (paused.state, paused.ends_at, wing.shut("root")) == (UseState.PAUSED, use.ends_at, True)
    assert "利用中だけ" in wing.refused(lambda: wing.reveals(wing.user, use))
    assert "立会者ではありません" in wing.refused(lambda: wing.there(use, wing.operator))
    wing.there(use, wing.witness)
    wing.rounds()
    again = wing.now(use)
    assert (again.state, again.ends_at) == (UseState.OPEN, use.ends_at)
    second = wing.reveals(wing.user, use)
    assert second != first
    assert wing.gw.opens("kanri1", second)
    assert not wing.gw.opens("kanri1", first)
    wing.does(using.leave, wing.witness, use)
    wing.rounds()
    assert wing.shut("root")
    wing.joins(wing.operator, use)
    wing.rounds()
    taken = wing.now(use)
    assert (taken.state, taken.witness_id, taken.ends_at) == (UseState.OPEN, wing.operator.id, use.ends_at)


def test_where_the_profile_says_so_the_use_ends_with_its_witness(make_wing: MakeWing) -> None:
    wing = make_wing("root", alone=Alone.END)
    use = wing.opened(wing.ids["root"])
    wing.does(using.leave, wing.witness, use)
    wing.rounds()
    assert (wing.now(use).state, wing.now(use).end_reason) == (UseState.CLOSED, End.ALONE)


def suspended(wing: Wing, _use: Use) -> Callable[[], object]:
    wing.user.suspended()

    def lifted() -> None:
        with wing.store.act("test") as act:
            act.connection.execute(update(block_table).values(lifted_at=act.at))
        wing.rounds(1)
        wing.delegation = delegated(wing, wing.user, [wing.ids["root"]])

    return lifted


def clock_set_back(wing: Wing, _use: Use) -> Callable[[], object]:
    wing.clock.on(minutes=-10)
    return lambda: wing.clock.on(minutes=12)


def officer_ends(wing: Wing, use: Use) -> Callable[[], object]:
    wing.ends(use, wing.operator, "障害の切り分け")
    return lambda: None


def delegation_ended(wing: Wing, _use: Use) -> Callable[[], object]:
    assert wing.delegation is not None
    with wing.store.act("test") as act:
        delegating.end(act, wing.door, wing.delegation.id, wing.general.id, "当番の交代")
    return lambda: delegated(wing, wing.user, [wing.ids["root"]])


def gone_on_leave(wing: Wing, _use: Use) -> Callable[[], object]:
    number = wing.user.number
    wing.office.settle([row(number, "0201"), on_leave(row(number, "0201"), str(wing.office.today))])
    return lambda: None


CAUSES: Final[list[tuple[Callable[[Wing, Use], Callable[[], object]], End]]] = [
    (suspended, End.STANDING),
    (clock_set_back, End.CLOCK),
    (officer_ends, End.OFFICER),
    (delegation_ended, End.DELEGATION),
    (gone_on_leave, End.STANDING),
]
"""What ends a use, with how it is undone, so that the next one can be asked for."""


def test_whatever_takes_away_what_allowed_it_ends_it_in_the_next_round(make_wing: MakeWing) -> None:
    wing = make_wing("root")
    for cause, why in CAUSES:
        use = wing.opened(wing.ids["root"], minutes=30)
        secret = wing.reveals(wing.user, use)
        undone = cause(wing, use)
        wing.rounds(3)
        ended = wing.now(use)
        assert (ended.state, ended.end_reason.partition(": ")[0]) == (UseState.CLOSED, why), ended.why_ended
        assert wing.shut("root")
        assert not wing.gw.opens("kanri1", secret)
        assert wing.ends(use, wing.witness) == wing.now(use) == ended  # ended twice: nothing more happens
        undone()


def test_a_dead_target_at_the_end_is_retried_alarmed_once_and_shown_until_done(make_wing: MakeWing) -> None:
    wing = make_wing("root")
    use = wing.opened(wing.ids["root"])
    wing.gw.away = True
    wing.ends(use, wing.user)
    wing.rounds(6, seconds=31)
    assert wing.now(use).state is UseState.CLOSING
    assert wing.undone() == [f"close use {use.id}"]
    assert "別の方" in wing.refused(lambda: wing.starts(wing.operator, wing.ids["root"]))
    assert [topics(wing, each).count(Topic.PRIVILEGE_STUCK) for each in (wing.general, wing.operator)] == [1, 1]
    wing.gw.away = False
    wing.rounds(3, seconds=31)
    assert (wing.now(use).state, wing.shut("root"), wing.undone()) == (UseState.CLOSED, True, [])

    _never_opened(wing)


def _never_opened(wing: Wing) -> None:
    """A target that cannot be opened ends the use, and nobody finds it open later."""
    wing.gw.away = True
    use = wing.asks(wing.user, wing.ids["root"])
    wing.joins(wing.witness, use)
    wing.clock.on(minutes=14)
    wing.lasts(2, use)
    assert (wing.now(use).state, wing.now(use).end_reason.partition(":")[0]) == (UseState.CLOSING, End.NOT_OPENED)
    wing.gw.away = False
    wing.rounds(3, seconds=31)
    assert (wing.now(use).state, wing.now(use).record_due) == (UseState.CLOSED, None)
    assert wing.shut("root")


def test_what_nobody_witnesses_lapses_and_what_is_taken_back_is_free_at_once(make_wing: MakeWing) -> None:
    wing = make_wing("root")
    use = wing.asks(wing.user, wing.ids["root"])
    assert "自分の利用" in wing.refused(lambda: wing.joins(wing.user, use))
    assert "すでに始めています" in wing.refused(lambda: wing.asks(wing.user, wing.ids["root"]))
    wing.clock.on(minutes=15)
    wing.rounds(1)
    assert wing.now(use).state is UseState.LAPSED
    assert "立ち会えません" in wing.refused(lambda: wing.joins(wing.witness, use))
    second = wing.asks(wing.user, wing.ids["root"])
    assert "申請した本人" in wing.refused(lambda: wing.does(using.withdraw, wing.witness, second))
    wing.does(using.withdraw, wing.user, second)
    third = wing.asks(wing.user, wing.ids["root"])
    assert (third.state, wing.now(second).state) == (UseState.ASKED, UseState.WITHDRAWN)
    wing.rounds(2)
    assert wing.shut("root")
    wing.does(using.withdraw, wing.user, third)
    _old_proof(wing)


def _old_proof(wing: Wing) -> None:
    acting = wing.acting(wing.user)
    wing.clock.on(minutes=9)
    with pytest.raises(using.ProofNeeded, match="もう一度"), acting.attempt("ask", "privileged_id 1") as act:
        using.ask(act, acting, using.Wish(wing.ids["root"].id, "更新"))
    wing.user.suspended()
    fresh = wing.acting(wing.witness)
    with pytest.raises(Exception, match="在職していない"), fresh.attempt("ask", "privileged_id 1") as act:
        using.ask(act, acting, using.Wish(wing.ids["root"].id, "更新"))


def test_a_witness_opens_nothing_that_must_end(make_wing: MakeWing) -> None:
    wing = make_wing("root")
    use = wing.asks(wing.user, wing.ids["root"])
    wing.clock.on(minutes=-10)
    assert "時計が戻った" in wing.refused(lambda: wing.joins(wing.witness, use))
    wing.clock.on(minutes=10)
    delegation_ended(wing, use)
    assert "指名が効力を失った" in wing.refused(lambda: wing.joins(wing.witness, use))
    wing.rounds(2)
    assert (wing.now(use).state, wing.shut("root")) == (UseState.LAPSED, True)
