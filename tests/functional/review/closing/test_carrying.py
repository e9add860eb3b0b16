"""What was signed is carried out, read again, closed; on its day, by whoever comes next, and undone by an officer."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import insert, select

from iam.access.accounts import account_table, block_table, grant_table
from iam.access.kept.register import kept_by_login
from iam.errors import Conflict, Forbidden
from iam.outbox import Topic
from iam.people.ledger import next_id
from iam.review.words import CampaignState, Verdict
from iam.sync.urgent.books import errand_table
from tests.bodies import Body, mover, row
from tests.functional.review.closing.given import End, Said, an_end
from tests.functional.review.deciding.given import (
    APPROVER,
    GENERAL,
    GENERAL_TOO,
    GW,
    GW_TOO,
    HR,
    HR_TOO,
    OPERATOR,
    Council,
    a_council,
)
from tests.functional.sync.conftest import sqlite_body

__all__ = ["sqlite_body"]

Make = Callable[..., End]


@pytest.fixture
def make(sqlite_body: Callable[..., Body]) -> Iterator[Make]:
    made: list[Council] = []

    def end(said: dict[tuple[str, str | int], Said], nested: str = "") -> End:
        body = sqlite_body()
        if nested:
            body.targets["gw"].groups["soumu"] = {nested}
        made.append(a_council(body))
        return an_end(made[-1], said)

    yield end
    for each in made:
        each.store.dispose()
        each.body.store.dispose()


def test_everything_that_was_signed_is_so_on_the_target_and_the_review_is_closed(make: Make) -> None:
    end = make({("gw", 11): Said(Verdict.REMOVE), ("gw", 12): Said(Verdict.REDUCE, ("shimin",))}).signed()
    body, gw = end.council.body, end.council.body.targets["gw"]

    looked = end.looks()

    assert (looked.put, looked.verified, looked.closed) == (6, 1, []), "the keeper alone is so at once"
    assert {each.outcome for each in end.urgent()} == {"done"}
    assert (body.is_on(11), body.rights(11), body.rights(12)) == (False, set(), {"mail"})
    assert body.is_on(11, "zei"), "nothing was decided about the other system"
    assert (gw.is_on("ghost"), gw.rights_of("ghost")) == (False, set())
    assert (gw.is_on("kyoyo"), gw.rights_of("kyoyo")) == (True, {"mail"})

    done = end.looks()

    assert (done.verified, done.closed, end.council.campaign.state) == (5, [end.council.id], CampaignState.CLOSED)
    assert end.told(Topic.REVIEW_CLOSED) == [GENERAL, GENERAL_TOO, HR, HR_TOO]
    with end.council.store.read() as connection:
        kept = kept_by_login(connection, "gw", "madoguchi")
    assert kept is not None
    assert kept.keeper_id == end.council.numbers[GENERAL_TOO]
    # The night finds nothing to give back.
    assert not body.night(body.today).changes
    assert not body.audit_breaks()


def test_only_what_the_target_shows_is_verified_and_what_is_late_is_alarmed_once(make: Make) -> None:
    end = make({("gw", 11): Said(Verdict.REMOVE)}).signed()
    gw = end.council.body.targets["gw"]
    gw.away = True
    end.looks()
    end.urgent()
    assert end.tends().troubles
    assert {each.trouble != "" for each in end.removals if each.verified_at is None} == {True}
    end.council.clock.on(hours=25)
    end.tends()
    end.tends()
    assert end.told(Topic.REVIEW_STUCK) == [GENERAL, GENERAL_TOO, GW, GW_TOO, OPERATOR]

    gw.away = False
    end.urgent()
    # Somebody switches it on again before it is read: the mirror said off, the target says on.
    gw.touch("ghost", enabled=True)
    assert end.looks().closed == []
    (ghost,) = (each for each in end.removals if each.login == "ghost" and each.what == "account")
    assert (ghost.verified_at, ghost.trouble) == (None, "読み直すと、有効のままです。")
    gw.touch("ghost", enabled=False)
    assert end.tends().closed == [end.council.id]


def test_an_account_that_lapses_goes_on_its_day_and_the_review_does_not_wait_for_it(make: Make) -> None:
    end = make({("gw", 11): Said(Verdict.LAPSE, until=date(2026, 4, 30))}).signed()
    body = end.council.body
    end.looks()
    end.urgent()
    assert end.looks().closed == [end.council.id]
    assert body.is_on(11)
    end.council.clock.now += timedelta(days=25)
    body.clock.today = date(2026, 5, 1)
    assert end.tends().put == 1
    end.urgent()
    assert end.looks().verified == 1
    assert (body.is_on(11), body.rights(11)) == (False, set())


def test_an_officer_undoes_it_with_a_reason_and_nobody_their_own(make: Make) -> None:
    end = make({("gw", 11): Said(Verdict.REMOVE), ("gw", HR): Said(Verdict.REMOVE)}).signed()
    body = end.council.body
    before = body.rights(11)
    end.looks()
    end.urgent()
    end.looks()
    assert not body.is_on(11)
    for by, login, why in ((HR, HR, "自分の"), (GW, 11, "統括か人事"), (APPROVER, 11, "統括か人事")):
        with pytest.raises(Forbidden, match=why):
            end.lifts(by, login)
    with pytest.raises(Conflict, match="理由"):
        end.lifts(GENERAL, 11, reason=" ")

    end.lifts(HR, 11)
    with pytest.raises(Conflict, match="ありません"):
        end.lifts(GENERAL, 11)
    end.urgent()

    assert (body.is_on(11), body.rights(11)) == (True, before)
    assert end.told(Topic.REVIEW_LIFTED) == [GENERAL, GENERAL_TOO, HR_TOO]


def test_the_next_post_earns_anew_what_a_review_took_from_the_one_before(make: Make) -> None:
    end = make({("gw", 11): Said(Verdict.REMOVE), ("gw", 12): Said(Verdict.REMOVE)}).signed()
    body = end.council.body
    end.looks()
    end.urgent()
    end.looks()
    # One moves to another section; the other's post is renewed as it is.
    renewed = [row(12, "0202", valid_until="2026-06-30"), row(12, "0202", "2026-07-01")]
    body.say(mover(row(11, "0202"), "0101", "2026-07-01"), renewed)

    body.night("2026-07-01")

    assert (body.is_on(11), body.rights(11)) == (True, {"mail", "soumu"})
    assert not body.is_on(12)
    end.council.clock.now += timedelta(days=90)
    end.tends()
    columns = block_table.c
    with end.council.store.read() as connection:
        left = connection.execute(select(columns.person_id).where(columns.lifted_at.is_(None))).scalars().all()
    assert left == [end.council.numbers[12]]


def test_what_was_to_lapse_later_ends_with_the_post_that_it_was_decided_about(make: Make) -> None:
    lapses = Said(Verdict.LAPSE, until=date(2026, 6, 30))
    end = make({("gw", 11): lapses, ("gw", 12): lapses}).signed()
    body = end.council.body
    body.say(mover(row(11, "0202"), "0101", "2026-05-01"))
    body.night("2026-05-01")
    end.council.clock.now += timedelta(days=30)
    end.tends()
    end.council.clock.now += timedelta(days=60)
    body.night("2026-07-05")
    end.tends()
    assert (body.is_on(11), body.rights(11), body.is_on(12)) == (True, {"mail", "soumu"}, False)


def test_what_is_no_account_is_seen_to_by_hand_and_read_again(make: Make) -> None:
    nested = "cn=all,ou=groups"
    end = make({}, nested).signed()
    gw = end.council.body.targets["gw"]
    end.looks()
    end.urgent()
    end.looks()
    (entry,) = (each for each in end.removals if each.what == "entry")
    assert (entry.login, entry.verified_at, "システム側で" in entry.trouble) == (nested, None, True)
    gw.groups["soumu"].discard(nested)
    assert end.tends().closed == [end.council.id]


def test_two_workers_at_once_put_everything_once(make: Make) -> None:
    end = make({("gw", 11): Said(Verdict.REMOVE)}).signed()
    with ThreadPoolExecutor(2) as pool:
        looked = [each.result() for each in [pool.submit(end.looks) for _ in range(2)]]
    assert sum(each.put for each in looked) == len(end.removals)
    with end.council.store.read() as connection:
        put = connection.execute(select(errand_table.c.login, errand_table.c.entitlement)).all()
    assert sorted(put) == [("ghost", ""), ("ghost", "mail"), ("ghost", "soumu")]


def test_what_was_granted_goes_with_the_right_and_comes_back_with_it(make: Make) -> None:
    end = make({("gw", 11): Said(Verdict.REDUCE, ("shimin",))})
    council, columns = end.council, grant_table.c
    with council.store.act("test") as act:
        act.connection.execute(
            insert(grant_table).values(
                id=next_id(act.connection, grant_table), person_id=council.numbers[11], system="gw",
                entitlement="shimin", origin="request 1", clause="baseline", valid_from=date(2026, 4, 1),
                valid_until=date(2027, 3, 31),
            )
        )  # fmt: skip
    end.signed()
    end.looks()
    with council.store.read() as connection:
        gone = connection.execute(select(columns.withdrawn_at)).scalar_one()
    end.lifts(GENERAL, 11)
    end.urgent()
    with council.store.read() as connection:
        back = connection.execute(select(columns.withdrawn_at)).scalar_one()
    assert (gone is not None, back) == (True, None)
    assert "shimin" in council.body.rights(11)


def test_what_has_gone_from_the_target_meanwhile_is_done_and_is_not_made_again(make: Make) -> None:
    end = make({("gw", 11): Said(Verdict.REMOVE)}).signed()
    body, gw = end.council.body, end.council.body.targets["gw"]
    login = body.login(11)
    gw.remove(login)
    gw.remove("ghost")
    # Somebody new has the name of what was removed: they are not closed for it.
    gw.place("ghost", rights=["mail"])
    gw.accounts["uid=other"] = replace(
        gw.accounts.pop("uid=ghost"), native_id="uid=other", fingerprint=b"another account!"
    )
    gw.groups["mail"] = {"uid=other" if each == "uid=ghost" else each for each in gw.groups["mail"]}
    body.night(body.today)
    end.looks()
    end.urgent()
    end.tends()
    assert end.council.campaign.state is CampaignState.CLOSED
    body.night(body.today)
    assert (gw.is_on(login), gw.accounts["uid=other"].enabled, "uid=other" in gw.groups["mail"]) == (None, True, True)
    with end.council.store.read() as connection:
        state = connection.execute(select(account_table.c.state).where(account_table.c.login == login))
        assert set(state.scalars()) == {"disabled", "active"}, "here off, in the other system as it was"


def test_who_has_the_name_of_what_was_judged_is_left_alone_and_what_was_renamed_is_told(make: Make) -> None:
    end = make({("gw", "kyoyo"): Said(Verdict.REMOVE)}).signed()
    body, gw = end.council.body, end.council.body.targets["gw"]
    # After the last reading: the one was renamed, the other deleted, and both names were given to others.
    for login, before in (("ghost", "ghost2"), ("kyoyo", "")):
        native, account = f"uid={login}", gw.accounts.pop(f"uid={login}")
        gw.place(login, rights=["mail"])
        gw.accounts[native] = replace(gw.accounts[native], native_id=f"uid=new-{login}", fingerprint=login.encode())
        gw.accounts[f"uid=new-{login}"] = gw.accounts[native]
        if before:
            gw.accounts[f"uid={before}"] = replace(account, login=before, fingerprint=b"renamed")
    end.looks()
    assert {each.outcome for each in end.urgent()} == {"refused"}
    assert (gw.is_on("ghost"), gw.is_on("kyoyo")) == (True, True)
    assert body.audit_breaks() == ""


def test_what_became_somebodys_own_after_it_was_judged_is_left_to_them(make: Make) -> None:
    end = make({("gw", "ghost"): Said(Verdict.LAPSE, until=date(2026, 4, 30))}).signed()
    body, gw = end.council.body, end.council.body.targets["gw"]
    with end.council.store.act("unyou") as act:
        values = {
            "id": next_id(act.connection, account_table), "system": "gw", "login": "ghost", "comparable": "ghost",
            "person_id": end.council.numbers[OPERATOR], "kind": "personal", "state": "active",
            "native_id": "uid=ghost", "created_at": act.at,
        }  # fmt: skip
        act.connection.execute(insert(account_table).values(values))
    end.council.clock.on(days=30)
    end.looks()

    end.urgent()

    assert gw.is_on("ghost")
    told = {each.trouble for each in end.removals if each.login == "ghost"}
    assert len(told) == 1
    assert "職員本人のIDとして" in told.pop()
    assert body.audit_breaks() == ""
