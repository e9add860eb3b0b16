"""Uses that one person opens: under a waiver, or in an emergency; what is owed afterwards, and to whom."""

from sqlalchemy import update

from iam.errors import MailError
from iam.jobs.periodic import deliver
from iam.office.changes import waivers
from iam.office.changes.books import waiver_table
from iam.office.changes.waivers import Control
from iam.outbox import Topic
from iam.policy.profile import Role
from iam.ports import Letter
from iam.privilege import using
from iam.privilege.using import End, Use, UseState, records
from tests.bodies import row
from tests.entrance import Person
from tests.functional.privilege.conftest import MakeWing
from tests.functional.privilege.using.test_walk import topics
from tests.offices import POSTS
from tests.privileged import Wing


class Away:
    """A mail server that does not answer."""

    def send(self, letter: Letter) -> None:
        """Nothing goes out."""
        raise MailError(f"{letter.number}: 応答がありません。", transient=True, away=True)


def waived(wing: Wing, scope: str) -> None:
    """Two other officers let uses of a system go without a witness."""
    day = wing.office.today
    wish = waivers.Wish(Control.TWO_PERSON, scope, "操作の記録を翌日に確認する", day, day.replace(month=5))
    with wing.store.act("test") as act:
        waivers.emergency(act, wing.door.offices, wing.operator.id, wish, "職員が三人", systems=wing.door.model.systems)


def writes(wing: Wing, use: Use) -> None:
    acting = wing.acting(wing.user)
    with acting.attempt("record", use.subject) as act:
        using.write_record(act, acting, use.id, "再起動した")


def test_only_a_live_waiver_of_the_system_lets_one_person_work_and_an_officer_looks_at_it_after(
    make_wing: MakeWing,
) -> None:
    wing = make_wing("root", witness=False)
    waived(wing, "zei")
    asked = wing.asks(wing.user, wing.ids["root"])
    assert asked.state is UseState.ASKED
    wing.does(using.withdraw, wing.user, asked)
    waived(wing, "gw")
    use = wing.asks(wing.user, wing.ids["root"])
    wing.rounds(3)
    opened = wing.now(use)
    assert (opened.state, opened.witness_id, opened.waiver_id is None) == (UseState.OPEN, None, False)
    with wing.store.act("test") as act:
        act.connection.execute(update(waiver_table).values(withdrawn_at=act.at))
    wing.rounds(2)
    assert wing.now(use).state is UseState.PAUSED  # what allowed it is gone: somebody has to join
    wing.joins(wing.witness, use)
    wing.rounds(3)
    assert wing.now(use).state is UseState.OPEN
    wing.ends(use, wing.user)
    wing.rounds(2)
    with wing.store.act("test") as act:
        act.connection.execute(update(waiver_table).values(withdrawn_at=None))
    _reviewed(wing, wing.asks(wing.user, wing.ids["root"]))


def _reviewed(wing: Wing, use: Use) -> None:
    """What was done alone is reviewed by an officer and by nobody else."""
    wing.rounds(3)
    wing.ends(use, wing.user)
    wing.rounds(2)
    writes(wing, use)
    assert Topic.PRIVILEGE_REVIEW_DUE in topics(wing, wing.general)
    wing.acting(wing.witness)
    assert "担当者" in wing.refused(lambda: wing.does(using.confirm_record, wing.witness, use))
    wing.acting(wing.operator)
    wing.does(using.confirm_record, wing.operator, use)
    assert wing.now(use).confirmed_by == wing.operator.id


def test_an_emergency_opens_with_mail_and_the_feed_and_every_approver_away(make_wing: MakeWing) -> None:
    wing = make_wing("root", "spare")
    # The one approver became something else; somebody audits.
    wing.office.settle(row(2, "0101"), row(7, "0101", title_code=POSTS[Role.AUDITOR]))
    auditor = Person(wing.office.hall, wing.office.id_of(7), "0000007", "")
    wing.body.targets["zei"].away = True
    assert not wing.office.bearers(Role.APPROVER)
    assert "登録されていません" in wing.refused(lambda: wing.starts(wing.operator, wing.ids["spare"]))
    assert "始められるのは" in wing.refused(lambda: wing.starts(wing.office.person(8).with_key(), wing.ids["root"]))
    use = wing.starts(wing.operator, wing.ids["root"])
    wing.rounds(3)
    assert deliver(wing.store, Away()).trouble
    opened = wing.now(use)
    assert (opened.state, opened.emergency, opened.witness_id) == (UseState.OPEN, True, None)
    secret = wing.reveals(wing.operator, use)
    assert wing.gw.opens("kanri1", secret)
    told = [topics(wing, each).count(Topic.PRIVILEGE_EMERGENCY) for each in (wing.general, auditor, wing.witness)]
    assert told == [1, 1, 0]
    wing.joins(wing.witness, use)
    wing.does(using.leave, wing.witness, use)
    wing.clock.on(minutes=58)
    wing.rounds(1)
    assert wing.now(use).state is UseState.OPEN
    wing.rounds(4, seconds=60)
    ended = wing.now(use)
    assert (ended.state, ended.end_reason) == (UseState.CLOSED, End.TIME)
    assert not wing.gw.opens("kanri1", secret)


def test_an_emergency_is_approved_by_another_by_the_next_working_day_or_told_again_until_it_is(
    make_wing: MakeWing,
) -> None:
    wing = make_wing("root")
    wing.clock.on(days=4)  # a Friday
    use = wing.starts(wing.user, wing.ids["root"])
    wing.rounds(3)
    wing.ends(use, wing.user)
    wing.rounds(2)
    assert str(wing.now(use).record_due) == "2026-04-13"
    assert "作業記録がまだ" in wing.refused(lambda: approves(wing, use, wing.approver))
    told = topics(wing, wing.general).count(Topic.PRIVILEGE_EMERGENCY_OVERDUE)
    for days, so_far in ((3, 0), (1, 1), (1, 2), (0, 2)):
        wing.clock.on(days=days)
        wing.rounds(2)
        assert topics(wing, wing.general).count(Topic.PRIVILEGE_EMERGENCY_OVERDUE) - told == so_far
    with wing.store.read() as connection:
        assert [each.id for each in records.unfinished(connection, wing.clock.now)] == [use.id]
    writes(wing, use)
    assert "利用した方" in wing.refused(lambda: approves(wing, use, wing.user))
    assert "承認の担当者だけ" in wing.refused(lambda: approves(wing, use, wing.general))
    approves(wing, use, wing.approver)
    assert "すでに承認" in wing.refused(lambda: approves(wing, use, wing.approver))
    with wing.store.read() as connection:
        assert records.unfinished(connection, wing.clock.now) == []


def approves(wing: Wing, use: Use, by: Person) -> Use:
    with wing.store.act("test") as act:
        return using.approve_afterwards(act, wing.door, use.id, by.id, "障害票を確認した")
