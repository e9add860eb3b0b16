"""What somebody tries who may use a privileged ID: more time, less record, a right that the night leaves behind."""

from dataclasses import replace
from datetime import datetime, time, timedelta

import pytest
from sqlalchemy import insert, select, update

from iam.access.accounts import account_table
from iam.errors import Conflict
from iam.policy.entry.privileged import Alone
from iam.privilege import using
from iam.privilege.books import use_table
from iam.privilege.using import End, Use, UseState
from iam.record.columns import JST, jst_day
from iam.record.store import Store
from iam.sync.urgent.errands import Errand, ErrandKind, Mode, Outcome, errands, put
from tests.bodies import row
from tests.functional.privilege.conftest import MakeWing
from tests.functional.privilege.using.test_alone import approves, writes
from tests.offices import CONTRACTED


def taken_back(store: Store, like: Use, count: int) -> None:
    """So many requests of theirs that they took back."""
    with store.act("test") as act:
        found = act.connection.execute(select(use_table).where(use_table.c.id == like.id)).one()
        nothing = dict.fromkeys(("opened_at", "ends_at", "ended_at", "closed_at", "record_due", "witness_id"))
        values = {**found._mapping, **nothing, "state": UseState.WITHDRAWN, "slot": None, "record": ""}
        del values["id"]
        act.connection.execute(insert(use_table), [values] * count)


def test_many_requests_that_were_taken_back_hide_neither_the_time_used_nor_a_late_record(make_wing: MakeWing) -> None:
    wing = make_wing("root", longest=60, window=60)
    use = wing.opened(wing.ids["root"], minutes=40)
    wing.lasts(39, use)
    wing.ends(use, wing.user)
    wing.rounds(2)
    taken_back(wing.store, use, 250)
    assert "続けて使える" in wing.refused(lambda: wing.asks(wing.user, wing.ids["root"], minutes=40))
    wing.clock.on(days=5)
    assert "作業記録" in wing.refused(lambda: wing.asks(wing.user, wing.ids["root"], minutes=40))


def test_a_record_that_was_approved_or_seen_otherwise_is_not_written_anew(make_wing: MakeWing) -> None:
    wing = make_wing("root")
    use = wing.starts(wing.user, wing.ids["root"])
    wing.joins(wing.witness, use)
    wing.rounds(3)
    wing.ends(use, wing.user)
    wing.rounds(2)
    writes(wing, use)
    seen = using.seen_in(replace(wing.now(use), record="別の記録"))
    with pytest.raises(Conflict, match="書き直されました"), wing.store.act("test") as act:
        using.approve_afterwards(act, wing.door, use.id, wing.approver.id, "確かめた", seen=seen)
    approves(wing, use, wing.approver)
    assert "承認済み" in wing.refused(lambda: writes(wing, use))
    wing.acting(wing.witness)
    wing.does(using.confirm_record, wing.witness, use)


def test_the_night_gives_nobody_a_privileged_right_which_a_use_alone_opens_and_closes(make_wing: MakeWing) -> None:
    wing = make_wing("admins")
    midnight = datetime.combine(wing.office.today + timedelta(days=1), time(), JST)
    wing.clock.on(seconds=(midnight - wing.clock.now).total_seconds() - 60)
    use = wing.asks(wing.user, wing.ids["admins"])
    wing.joins(wing.witness, use)
    # The errand has not been carried out yet: a plan of this moment could outlive the use.
    wing.clock.on(minutes=5)
    wing.body.night(jst_day(wing.clock.now))
    assert wing.shut("admins")
    wing.rounds(2)
    assert not wing.shut("admins")
    wing.body.night(jst_day(wing.clock.now))
    assert not wing.shut("admins")


def test_a_use_that_ends_before_anybody_noted_that_it_was_open_was_open(make_wing: MakeWing) -> None:
    wing = make_wing("root", "console")
    use = wing.asks(wing.user, wing.ids["console"])
    wing.joins(wing.witness, use)
    wing.carry()
    wing.ends(use, wing.user)
    assert wing.now(use).record_due is not None
    # Whoever cannot close it has not closed it.
    with wing.store.act("test") as act:
        act.connection.execute(update(account_table).where(account_table.c.login == "kanri3").values(kind="service"))
    wing.rounds(2)
    with wing.store.read() as connection:
        assert errands(connection, use.subject)[-1].outcome is Outcome.REFUSED
    assert wing.now(use).state is UseState.CLOSING


def test_a_use_that_its_target_never_told_to_be_open_is_closed_when_it_is_read_back(make_wing: MakeWing) -> None:
    wing = make_wing("console")
    wing.gw.away = True
    use = wing.asks(wing.user, wing.ids["console"])
    wing.joins(wing.witness, use)
    wing.carry()
    with wing.store.act("test") as act:
        act.connection.execute(update(account_table).where(account_table.c.login == "kanri3").values(kind="service"))
    wing.ends(use, wing.user)
    wing.rounds(2)
    assert wing.now(use).state is UseState.CLOSING


def test_nothing_is_opened_but_for_a_use_that_waits_for_it(make_wing: MakeWing) -> None:
    wing = make_wing("console", "root")
    late = wing.asks(wing.user, wing.ids["console"])
    wing.joins(wing.witness, late)
    # No worker was there for hours; an errand that somebody wrote into the book belongs to nothing.
    wing.clock.on(minutes=16)
    with wing.store.act("test") as act:
        forged = Errand(
            system="gw", login="kanri1", kind=ErrandKind.OPEN, mode=Mode.ENABLE, subject=late.subject, rule="",
            clause="", words="",
        )  # fmt: skip
        put(act, forged)
        put(act, replace(forged, subject="use 999"))
    wing.carry()
    assert wing.gw.is_on("kanri3") is wing.gw.is_on("kanri1") is False
    wing.rounds(3)
    assert wing.now(late).state is UseState.CLOSED
    use = wing.asks(wing.user, wing.ids["console"])
    wing.joins(wing.witness, use)
    wing.user.suspended()
    wing.carry()
    assert wing.shut("console")


def test_a_witness_who_became_a_contractor_is_no_witness(make_wing: MakeWing) -> None:
    wing = make_wing("console", alone=Alone.END)
    use = wing.opened(wing.ids["console"])
    number = wing.witness.number
    wing.office.settle(row(number, "0201", category=CONTRACTED, valid_until="2027-03-31", home_body="さくら情報"))
    wing.there(use, wing.witness)
    wing.rounds(3)
    assert (wing.now(use).state, wing.now(use).end_reason) == (UseState.CLOSED, End.ALONE)
