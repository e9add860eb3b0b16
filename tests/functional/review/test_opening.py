"""A review is opened over what the systems really hold, frozen with its hash, and says what it could not read."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import delete, func, insert, select, update

from iam.access.accounts import grant_table
from iam.access.kept.books import kept_id_table, kept_member_table
from iam.errors import Busy, Conflict, NotFound
from iam.intake.taking import mark_pending
from iam.jobs.reviews.opening import Opened, open_review, read_again
from iam.people.ledger import next_id
from iam.policy.profile import Role
from iam.privilege.books import sighting_file_table, sighting_table
from iam.review.books import (
    campaign_answer_table,
    campaign_line_table,
    campaign_person_table,
    campaign_system_table,
    campaign_table,
)
from iam.review.campaigns import Line, campaigns, lines, person_of
from iam.review.opening.accounts import lines as making
from iam.review.opening.hashes import snapshot_hash
from iam.review.opening.plan import Ground, Opening
from iam.review.words import CampaignKind, CampaignState, How, Part, Verdict
from iam.signin.deciding.records import decision_table
from iam.sync.actual.reconcile import Protection, Sorting, protect
from tests.bodies import DAY, Body, leaver, mover, row, unit
from tests.entrance import Person
from tests.memory import MemoryTarget
from tests.offices import Office, an_office

EXTRA = Opening(CampaignKind.EXTRA)
OWNER = "情報政策課"


@dataclass
class Town:
    """A body with officers, staff, and targets on which hands have meddled."""

    office: Office
    yamada: Person
    keeper: Person

    @property
    def body(self) -> Body:
        return self.office.body

    @property
    def gw(self) -> MemoryTarget:
        return self.body.targets["gw"]

    @property
    def ground(self) -> Ground:
        door = self.office.hall.door
        return Ground(door.profile, door.model, door.offices, unit)

    def opens(self, opening: Opening = EXTRA, **job: object) -> Opened:
        """Somebody opens a review."""
        return open_review(self.body.job(store=self.office.store, **job), self.ground, opening)

    def reads_again(self, id_: int) -> Opened:
        return read_again(self.body.job(store=self.office.store), self.ground, id_)

    def lines(self, id_: int, system: str = "gw") -> dict[str, Line]:
        """By login."""
        with self.office.store.read() as connection:
            return {each.login: each for each in lines(connection, id_, system=system)}

    def says(self, line_: Line, verdict: Verdict = Verdict.KEEP) -> None:
        """Somebody answers about a line."""
        with self.office.store.act("test") as act:
            act.connection.execute(
                insert(campaign_answer_table).values(
                    campaign_id=line_.campaign_id, part=Part.OWNER, line_id=line_.id, concerns_id=line_.person_id,
                    verdict=verdict, rights=[], reason="", how=How.PAGE, answered_by=self.keeper.id,
                    answered_at=act.at, revision=1,
                )
            )  # fmt: skip

    def count(self, table: object, *where: object) -> int:
        with self.office.store.read() as connection:
            return connection.execute(select(func.count()).select_from(table).where(*where)).scalar_one()  # type: ignore[arg-type] # a table


@pytest.fixture
def town(body: Body) -> Iterator[Town]:
    office = an_office(body)
    office.officer(1, Role.SYSTEM_OWNER, "0101", org_name=OWNER)
    yamada, keeper = office.person(11, "0202"), office.person(12, "0101")
    office.settle(leaver(row(13, "0202"), "2026-03-31"), row(14, "0201"))
    yield Town(office, yamada, keeper)
    office.store.dispose()


def plant(town: Town) -> dict[str, str]:
    """What years and hands leave on a target; login -> how it is sorted."""
    gw, today, store = town.gw, town.body.today, town.office.store
    gw.place("ghost", rights=["mail"])
    gw.place("nobody", "0009999")
    gw.place("second", "0000011", rights=["soumu"])
    gw.place("leftover", "0000013", enabled=False)
    gw.place("kyoyo", rights=["mail"])
    gw.place("backup", "0000014")
    gw.groups["soumu"].add("cn=all,ou=groups")
    with store.act("test") as act:
        protect(act, "gw", Protection("backup", OWNER, "バックアップ", today + DAY), today)
        kept = {"system": "gw", "kind": "shared", "purpose": "窓口", "project": "", "company": "", "registered_by": "t",
                "registered_at": act.at, "changed_at": act.at}  # fmt: skip
        ids = [
            act.connection.execute(
                insert(kept_id_table).values(**kept, login=login, comparable=login, keeper_id=keeper)
                .returning(kept_id_table.c.id)
            ).scalar_one()
            for login, keeper in (("kyoyo", town.keeper.id), ("vanished", None))
        ]  # fmt: skip
        act.connection.execute(insert(kept_member_table).values(kept_id=ids[0], person_id=1, valid_from=today))
        act.connection.execute(
            insert(grant_table).values(
                id=next_id(act.connection, grant_table), person_id=town.yamada.id, system="gw", entitlement="soumu",
                origin="request 7", clause="baseline", valid_from=today, valid_until=today + 30 * DAY,
            )
        )  # fmt: skip
        mark_pending(act.connection, [town.yamada.id])
    town.body.night(today)
    gw.remove(town.body.login(14))
    return {
        "ghost": "rogue", "nobody": "rogue", "second": "disputed", "leftover": "unlinked", "kyoyo": "protected",
        "backup": "protected", "cn=all,ou=groups": "rogue", town.body.login(14): "missing", "vanished": "missing",
    }  # fmt: skip


def test_every_account_that_a_target_holds_is_a_line_with_what_is_known_of_it(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making, "PAGE", 3)
    planted = plant(town)
    opened = town.opens()
    (gw, zei), found = opened.systems, town.lines(opened.campaign.id)
    assert {login: found[login].sorting for login in planted} == planted
    linked = {each.person_id for each in found.values() if each.sorting is Sorting.LINKED}
    assert linked == {1, town.yamada.id, town.keeper.id}
    # R09: counted on the target itself, whatever was made of it.
    assert gw.on_target == len(town.gw.accounts) + 1 == len(found) - gw.missing
    assert (gw.missing, gw.lines, gw.trouble, gw.unread) == (2, len(found), "", False)
    assert (zei.on_target, zei.missing, zei.lines) == (1, 0, 1)
    assert {(each.right, each.by, each.rule, each.until) for each in found[town.body.login(11)].rights} == {
        ("mail", "rule", "all", ""), ("shimin", "rule", "shimin", ""), ("soumu", "grant", "request 7", "2026-05-06"),
    }  # fmt: skip
    (right,) = found["ghost"].rights
    assert (right.right, right.name, right.by, right.since) == ("mail", "メール", "none", "")
    assert (found["kyoyo"].kind, found["kyoyo"].keeper_id, found["kyoyo"].person_id) == ("shared", town.keeper.id, None)
    assert (found["cn=all,ou=groups"].kind, found["leftover"].person_id) == ("entry", town.office.id_of(13))
    # Whoever owns the system does not answer about their own account; nobody owns the other system.
    assert {each.login for each in found.values() if each.asked is Part.GENERAL} == {town.body.login(1)}
    assert {each.asked for each in town.lines(opened.campaign.id, "zei").values()} == {Part.GENERAL}
    with town.office.store.read() as connection:
        left = person_of(connection, opened.campaign.id, town.office.id_of(13))
    assert left is not None
    assert (left.status, left.since, left.department, left.accounts) == ("left", date(2026, 4, 1), "市民部", 1)
    assert "令和8年3月31日" in left.appointment


def test_the_newest_use_counts_wherever_it_was_seen(town: Town) -> None:
    mine, at = town.body.login(11), datetime(2026, 4, 5, 1, tzinfo=UTC)
    for login in ("ghost", "idle"):
        town.gw.place(login)
    town.gw.used = {f"uid={mine}": at, "uid=ghost": at - DAY}
    with town.office.store.act("test") as act:
        came = {"reasons": [], "address": "", "rules": "", "first_at": at, "times": 1, "person_id": town.yamada.id}
        act.connection.execute(insert(decision_table), [
            {**came, "system": "gw", "door": "oidc", "outcome": "allow", "last_at": at + timedelta(hours=1)},
            {**came, "system": "gw", "door": "saml", "outcome": "deny", "last_at": at + timedelta(hours=2)},
            {**came, "system": "zei", "door": "oidc", "outcome": "deny", "last_at": at},
        ])  # fmt: skip
        file = insert(sighting_file_table).values(
            name="log", system="gw", sha256="0", rows=1, rejected=[], taken_at=at, taken_by="t"
        )
        id_ = act.connection.execute(file.returning(sighting_file_table.c.id)).scalar_one()
        act.connection.execute(
            insert(sighting_table).values(
                file_id=id_, fingerprint=b"1", system="gw", host="srv1", login="Ghost", comparable="ghost", at=at,
                what="signed_in", address="", place="1", verdict="ordinary", judged_at=at,
            )
        )  # fmt: skip
    opened = town.opens().campaign
    (tax,) = town.lines(opened.id, "zei").values()
    found = {**town.lines(opened.id), "tax": tax}
    assert {login: (found[login].used_at, found[login].used_where) for login in (mine, "ghost", "idle", "tax")} == {
        mine: (at + timedelta(hours=1), "入口（OpenID Connect）"), "ghost": (at, "取り込んだ記録（srv1）"),
        "idle": (None, ""), "tax": (None, ""),
    }  # fmt: skip


def test_what_was_frozen_can_be_hashed_again_and_any_change_of_it_shows(town: Town) -> None:
    plant(town)
    opened = town.opens().campaign
    assert (opened.state, len(opened.snapshot_hash)) == (CampaignState.OPEN, 64)

    def now() -> str:
        with town.office.store.read() as connection:
            return snapshot_hash(connection, opened.id)

    assert now() == opened.snapshot_hash
    one = campaign_line_table.c.login == "ghost"
    for table, where, value in (
        (campaign_line_table, one, {"enabled": False}),
        (campaign_line_table, one, {"rights": []}),
        (campaign_line_table, one, {"used_at": opened.opened_at}),
        (campaign_person_table, campaign_person_table.c.person_id == town.yamada.id, {"status": "left"}),
        (campaign_system_table, campaign_system_table.c.system == "gw", {"on_target": 1}),
        (campaign_table, campaign_table.c.id == opened.id, {"terms": {**opened.terms.stored(), "due": 3}}),
    ):
        with town.office.store.act("test") as act:
            before = dict(
                act.connection.execute(select(*(table.c[name] for name in value)).where(where)).one()._mapping
            )
            act.connection.execute(update(table).where(where).values(**value))
        assert now() != opened.snapshot_hash, value
        with town.office.store.act("test") as act:
            act.connection.execute(update(table).where(where).values(**before))
    # Who is asked, and how many findings there are, may change: it is no part of the snapshot.
    with town.office.store.act("test") as act:
        act.connection.execute(update(campaign_line_table).values(asked=Part.GENERAL, findings=9))
    assert now() == opened.snapshot_hash


def test_a_target_that_was_away_is_said_and_read_at_last_without_losing_answers_that_still_hold(town: Town) -> None:
    plant(town)
    town.gw.away = True
    opened = town.opens()
    assert [each.system for each in opened.unread] == ["gw"]
    assert "応答がありません" in opened.unread[0].trouble
    before = town.lines(opened.campaign.id)
    assert opened.systems[0].on_target + opened.systems[0].missing == len(before)
    for login in ("ghost", "nobody", town.body.login(11)):
        town.says(before[login])
    assert [each.system for each in town.reads_again(opened.campaign.id).unread] == ["gw"]
    town.gw.away = False
    town.gw.touch("ghost", enabled=False)
    town.gw.remove("nobody")
    town.gw.place("newcomer")
    read = town.reads_again(opened.campaign.id)
    after = town.lines(opened.campaign.id)
    assert (read.unread, read.systems[0].on_target) == ([], len(town.gw.accounts) + 1)
    assert after.keys() == before.keys() - {"nobody"} | {"newcomer"}
    assert all(after[login].id == before[login].id for login in after.keys() & before.keys())
    answered = campaign_answer_table.c
    assert town.count(campaign_answer_table) == 1
    assert town.count(campaign_answer_table, answered.line_id == after[town.body.login(11)].id) == 1
    assert (read.campaign.revision, *(after[each].refrozen for each in ("ghost", town.body.login(11)))) == (1, 1, 0)
    with town.office.store.read() as connection:
        assert snapshot_hash(connection, opened.campaign.id) == read.campaign.snapshot_hash
    assert read.campaign.snapshot_hash != opened.campaign.snapshot_hash


@pytest.mark.parametrize("migrated_url", ["sqlite"], indirect=True)
def test_the_review_of_a_quarter_is_opened_once_and_half_open_ones_are_put_away(town: Town) -> None:
    quarterly = Opening(CampaignKind.QUARTERLY)

    class Killed(Exception):
        pass

    def dies(what: str, done: int, _of: int) -> None:
        if done and "職員" in what:
            raise Killed

    with pytest.raises(Killed):
        town.opens(quarterly, progress=dies)
    assert town.count(campaign_line_table) > 0
    opened = town.opens(quarterly)
    assert opened.campaign.title == "令和8年度 第1四半期の棚卸"
    assert opened.put_away == [opened.campaign.id - 1]
    assert town.count(campaign_line_table, campaign_line_table.c.campaign_id != opened.campaign.id) == 0
    with pytest.raises(Conflict, match=f"すでに始めています（棚卸 {opened.campaign.id}、"):
        town.opens(quarterly)
    april, extra = town.opens(Opening(CampaignKind.APRIL)), town.opens(replace(EXTRA, systems=("zei",)))
    assert (april.campaign.quarter, april.campaign.title) == (0, "令和8年度 4月の発令後の棚卸")
    assert [each.system for each in extra.systems] == ["zei"]
    assert town.opens(EXTRA).campaign.id > extra.campaign.id
    for wrong, error in (
        (replace(EXTRA, systems=("mail",)), NotFound),
        (replace(quarterly, systems=("gw",)), Conflict),
        (replace(EXTRA, due_on=town.body.today), Conflict),
        (replace(EXTRA, title="a\nb"), Conflict),
    ):
        with pytest.raises(error):
            town.opens(wrong)
    with town.office.store.exclusive("sync"), pytest.raises(Busy):
        town.opens(EXTRA)


@pytest.mark.parametrize("migrated_url", ["sqlite"], indirect=True)
def test_a_review_whose_lines_are_not_what_the_target_holds_does_not_open(town: Town) -> None:
    def loses(what: str, _done: int, _of: int) -> None:
        if "職員" in what:
            with town.office.store.act("test") as act:
                act.connection.execute(delete(campaign_line_table).where(campaign_line_table.c.system == "zei"))

    with pytest.raises(Conflict, match="数が合わない"):
        town.opens(EXTRA, progress=loses)
    with town.office.store.read() as connection:
        assert [each.state for each in campaigns(connection)] == [CampaignState.OPENING]


@pytest.mark.parametrize("migrated_url", ["sqlite"], indirect=True)
def test_an_appointment_that_is_not_announced_yet_stands_in_no_review(town: Town) -> None:
    today = town.body.today
    moved = mover(row(14, "0201", org_name="市民課"), "0301", str(today + 10 * DAY))
    moved[1] = {**moved[1], "announce_from": str(today + 5 * DAY)}
    town.office.settle(moved, leaver(row(11, "0202", announce_from=str(today + DAY)), str(today)))
    opened = town.opens().campaign
    with town.office.store.read() as connection:
        found = person_of(connection, opened.id, town.office.id_of(14))
    assert found is not None
    assert (found.org_code, found.department, found.status, found.until) == ("0201", "市民部", "in_service", None)


@pytest.mark.parametrize("migrated_url", ["sqlite"], indirect=True)
def test_the_former_decision_stands_beside_the_account(town: Town) -> None:
    plant(town)
    first = town.opens().campaign
    before = town.lines(first.id)
    town.says(before["ghost"], Verdict.REMOVE)
    town.says(before["backup"])
    with town.office.store.act("test") as act:
        act.connection.execute(
            update(campaign_table).values(state=CampaignState.SIGNED, general_by=1, hr_by=town.keeper.id)
        )
    after = town.lines(town.opens().campaign.id)
    assert after["ghost"].former == "停止（令和8年4月6日 情報システムの責任者）"
    assert after["backup"].former == "継続（令和8年4月6日 情報システムの責任者）"
    assert after["nobody"].former == ""


@pytest.mark.parametrize("migrated_url", ["sqlite"], indirect=True)
def test_of_a_system_without_a_target_the_ledger_and_the_registers_are_reviewed(town: Town) -> None:
    plant(town)
    opened = town.opens(replace(EXTRA, systems=("gw",)), targets={})
    (gw,) = opened.systems
    found = town.lines(opened.campaign.id)
    assert (gw.connected, gw.unread, gw.on_target, gw.missing, gw.lines) == (False, False, 0, 0, len(found))
    assert {each.sorting for each in found.values()} == {Sorting.LINKED, Sorting.PROTECTED}
    assert found["kyoyo"].keeper_id == town.keeper.id
    assert {each.right for each in found[town.body.login(11)].rights} == {"mail", "shimin", "soumu"}
