"""A review is answered by everybody who has a part in it, on both databases, until nothing is left to say."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, time

import pytest
from sqlalchemy import insert, update
from sqlalchemy.exc import IntegrityError

from iam.access.accounts import account_table
from iam.access.kept.books import kept_id_table
from iam.errors import Conflict, Forbidden, NotFound, SheetError
from iam.people.ledger import appointment_table
from iam.record.columns import JST, jst_day
from iam.review.books import campaign_answer_table, campaign_table
from iam.review.deciding.answers import Wish
from iam.review.deciding.comments import About, comment, comments
from iam.review.deciding.counting.pace import paces
from iam.review.deciding.counting.progress import By, Undecided, people_progress, progress, undecided
from iam.review.deciding.silence import Silenced, let_silence_speak
from iam.review.deciding.since import Change, changed_since
from iam.review.deciding.worklists import Chosen, how_many, line_ids, people_worklist, person_ids, worklist
from iam.review.words import FindingKind, How, Part, Verdict
from iam.sync.actual.mirror import actual_account_table, actual_member_table
from tests.bodies import DAY, Body
from tests.functional.review.deciding.given import (
    GENERAL,
    GENERAL_TOO,
    GW,
    GW_TOO,
    HR,
    HR_TOO,
    OPERATOR,
    OUTSIDE,
    STAFF,
    ZEI,
    Council,
    a_council,
)


def left(council: Council) -> Undecided:
    with council.store.read() as connection:
        return undecided(connection, council.id)


@pytest.fixture
def council(body: Body) -> Iterator[Council]:
    made = a_council(body)
    yield made
    made.store.dispose()


def test_a_review_is_answered_to_its_end(council: Council) -> None:
    _owners_answer(council)
    _the_general_officer_answers(council)
    _personnel_answer(council)
    _everybody_sees_how_far_it_is(council)
    _what_changed_shows(council)
    _silence_says_the_rest(council)
    _nothing_is_taken_afterwards(council)
    assert council.body.audit_breaks() == ""


def _owners_answer(council: Council) -> None:
    ghost, kyoyo, madoguchi = (council.line("gw", login) for login in ("ghost", "kyoyo", "madoguchi"))
    staff = [council.line("gw", number) for number in STAFF]
    # One's own, what one keeps, what is not asked: each refused, and by the database too.
    for by, line, words in ((GW, council.line("gw", GW), "自分の利用者ID"), (GW, kyoyo, "自分が管理者"),
                            (ZEI, ghost, "責任者ではない"), (ZEI, council.line("zei", ZEI), "自分の利用者ID"),
                            (OUTSIDE, ghost, "権限がありません"), (HR, ghost, "権限がありません")):  # fmt: skip
        with pytest.raises(Forbidden, match=words):
            council.answers(by, line, Verdict.REMOVE, reason="不要")
    for line, by in ((council.line("gw", GW), GW), (kyoyo, GW)):
        with pytest.raises((IntegrityError, Conflict)), council.store.act("test") as act:
            act.connection.execute(insert(campaign_answer_table).values(
                campaign_id=council.id, part=Part.OWNER, line_id=line.id, concerns_id=line.person_id,
                keeper_id=line.keeper_id, verdict=Verdict.KEEP, rights=[], reason="", how=How.PAGE,
                answered_by=council.numbers[by], answered_at=act.at, revision=1,
            ))  # fmt: skip
    # Of two at once the second is told who was first, and nothing is lost.
    seen = council.campaign.revision
    council.answers(GW, ghost, Verdict.LAPSE, reason="年度末まで", until=jst_day(council.clock()) + 9 * DAY, seen=seen)
    with pytest.raises(Conflict, match=f"{GW:07}さんが .* に「期限で終了」と回答"):
        council.answers(GW_TOO, ghost, Verdict.REMOVE, reason="不要", seen=seen)
    assert council.answers(GW_TOO, ghost, Verdict.REMOVE, reason="不要").revision == seen + 2
    assert '"was":{"by":' in council.audit("review.answered")[-1][1]
    # The same again changes nothing, however old what they saw.
    council.answers(GW_TOO, ghost, Verdict.REMOVE, reason="不要", seen=seen)
    assert council.campaign.revision == seen + 2
    # In bulk: what cannot be taken is named, and the rest is taken.
    wishes = [
        *(council.wish(line, Verdict.KEEP) for line in staff[:2]),
        council.wish(madoguchi, Verdict.KEEP, reason="窓口"),
        council.wish(council.line("gw", GW), Verdict.KEEP),
        council.wish(staff[0], Verdict.REMOVE, reason="不要"),
        Wish(Verdict.KEEP, seen, line_id=10**6),
    ]
    taken = council.many(GW, Part.OWNER, wishes, all_or_none=True)
    assert (taken.taken, len(taken.refused), council.rows()) == (0, 4, 1)
    taken = council.many(GW, Part.OWNER, wishes)
    assert (taken.taken, taken.same) == (2, 0)
    assert [type(each.why) for each in taken.refused] == [SheetError, Forbidden, Conflict, NotFound]
    assert council.audit("review.answered_in_bulk")[-1][0] == council.campaign.subject
    assert council.many(GW, Part.OWNER, wishes[:2]).same == 2
    council.answers(GW_TOO, madoguchi, Verdict.KEEPER, given_to=council.numbers[OPERATOR])
    with pytest.raises(SheetError, match="10,000件"):
        council.many(GW, Part.OWNER, (Wish(Verdict.KEEP, 0, line_id=each) for each in range(10_001)))


def _the_general_officer_answers(council: Council) -> None:
    ghost, own = council.line("gw", "ghost"), council.line("gw", GENERAL)
    council.answers(GENERAL, ghost, Verdict.LAPSE, Part.GENERAL, reason="引継ぎ", until=jst_day(council.clock()))
    outcome = council.outcomes()[ghost.id]
    assert outcome is not None
    assert (outcome.verdict, outcome.until) == (Verdict.REMOVE, None)
    with pytest.raises(Forbidden, match="自分の利用者ID"):
        council.answers(GENERAL, own, Verdict.KEEP, Part.GENERAL, reason="使う")
    council.answers(GENERAL_TOO, own, Verdict.KEEP, Part.GENERAL, reason="使う")
    assert council.asked(council.line("zei", ZEI)) is Part.GENERAL
    with council.store.read() as connection:
        who = council.reviewer(GENERAL)
        page = worklist(connection, who, council.campaign, Chosen(Part.GENERAL))
        assert [item.line.system for item in page.items] == ["zei"]
        every = Chosen(Part.GENERAL, open_only=False, everything=True)
        first = worklist(connection, who, council.campaign, every, most=10)
        assert first.more == first.items[-1].line.id
        second = worklist(connection, who, council.campaign, every, after=first.more, most=50)
        ids = [item.line.id for page in (first, second) for item in page.items]
        assert ids == [line.id for line in council.lines()] == line_ids(connection, who, council.campaign, every, 100)
        assert {item.line.id: item.why_not for item in first.items if item.why_not}.keys() == {own.id}
        narrow = {
            "zei": replace(every, system="zei"), "市民部": replace(every, department="市民部", system="gw"),
            "": replace(every, department=""), "rogue": replace(every, finding=FindingKind.ROGUE),
            "found": replace(every, found=False), "GHO": replace(every, text="GHO"),
            "0000012": replace(every, text="0000012"),
        }  # fmt: skip
        counts = {name: how_many(connection, who, council.campaign, chosen) for name, chosen in narrow.items()}
    assert counts == {"zei": 5, "市民部": 5, "": 3, "rogue": 1, "found": 5, "GHO": 1, "0000012": 2}


def _personnel_answer(council: Council) -> None:
    on = jst_day(council.clock())
    with pytest.raises(Forbidden, match="自分の在職"):
        council.answers(HR, HR, Verdict.IN_SERVICE)
    council.answers(HR_TOO, HR, Verdict.IN_SERVICE)
    council.answers(HR, STAFF[0], Verdict.LEFT, until=on - DAY)
    council.answers(HR, STAFF[1], Verdict.UNKNOWN, reason="本人に照会中")
    said = {line.system: council.outcomes()[line.id] for line in council.lines() if line.person_id == 11}
    assert {system: outcome and (outcome.verdict, outcome.until) for system, outcome in said.items()} == {
        "gw": (Verdict.REMOVE, on - DAY), "zei": (Verdict.REMOVE, on - DAY),
    }  # fmt: skip
    with council.store.read() as connection:
        who, chosen = council.reviewer(HR), Chosen(Part.HR)
        page = people_worklist(connection, who, council.campaign, chosen, most=3)
        rest = people_worklist(connection, who, council.campaign, chosen, after=page.more or 0)
        ids = [item.person.person_id for item in (*page.items, *rest.items)]
        assert ids == person_ids(connection, who, council.campaign, chosen, 100)
        assert set(council.numbers.values()) - set(ids) == {council.numbers[HR], council.numbers[STAFF[0]]}
        assert people_worklist(connection, who, council.campaign, replace(chosen, text="0000012")).items[0].answer
        with pytest.raises(Forbidden):
            people_worklist(connection, council.reviewer(GW), council.campaign, chosen)
    about = About(council.id, person_id=council.numbers[STAFF[1]])
    with council.store.act("staff:0000005") as act:
        comment(act, council.door, council.numbers[GW], about, "先週から見かけません")
    with pytest.raises(Forbidden), council.store.act("test") as act:
        comment(act, council.door, council.numbers[OPERATOR], about, "私も")
    with council.store.read() as connection:
        assert [(each.name, each.words) for each in comments(connection, about)] == [
            ("山田 0000005", "先週から見かけません")
        ]


def _everybody_sees_how_far_it_is(council: Council) -> None:
    with council.store.read() as connection:
        by = {each: progress(connection, council.id, each) for each in By}
        assert {each.key: (each.lines, each.decided, each.found) for each in by[By.SYSTEM]} == {
            "gw": (18, 5, 13), "zei": (5, 1, 5),
        }  # fmt: skip
        assert {each.key: each.open for each in by[By.PART]} == {"owner": 16, "general": 1}
        assert {sum(each.lines for each in found) for found in by.values()} == {23}
        assert {sum(each.decided for each in found) for found in by.values()} == {6}
        assert sum(each.decided for each in people_progress(connection, council.id)) == 2
        found = {each.person_id: each for each in paces(connection, council.campaign)}
    assert left(council) == Undecided(lines=17, persons=12, unknown=1)
    assert {id_: (each.number, each.kept, each.bulk) for id_, each in found.items()} == {
        council.numbers[GW]: (2, 2, 2), council.numbers[GW_TOO]: (2, 0, 0), council.numbers[GENERAL]: (1, 0, 0),
        council.numbers[GENERAL_TOO]: (1, 1, 0),
    }  # fmt: skip
    assert (found[council.numbers[GENERAL_TOO]].kept_found, found[council.numbers[GENERAL]].words) == (1, "引継ぎ")


def _the_world_moves_on(council: Council, login: dict[int, str]) -> None:
    mover, leaver = council.numbers[STAFF[2]], council.numbers[STAFF[3]]
    there, member, told = actual_account_table.c, actual_member_table.c, appointment_table.c
    with council.store.act("test") as act:
        run = act.connection.execute
        run(update(actual_account_table).where(there.login == login[GW]).values(enabled=False))
        run(actual_account_table.delete().where(there.login == login[11]))
        run(actual_member_table.delete().where(member.native_id == f"uid={login[11]}"))
        run(update(actual_account_table).where(there.login == "ghost").values(link="0000012"))
        run(actual_member_table.delete().where(member.native_id == "uid=kyoyo"))
        run(insert(actual_member_table).values(system="gw", entitlement="kacho", native_id="uid=kyoyo"))
        run(insert(actual_account_table).values(
            system="gw", native_id="uid=new", login="new", link="", enabled=True, attributes={}, fingerprint=b"9"
        ))  # fmt: skip
        run(update(kept_id_table).where(kept_id_table.c.login == "madoguchi").values(keeper_id=mover))
        run(update(appointment_table).where(told.person_id == mover).values(org_code="0301", known_from=act.at))
        run(
            update(appointment_table)
            .where(told.person_id == leaver)
            .values(valid_until=jst_day(act.at) - DAY, known_from=act.at)
        )
        run(
            update(account_table)
            .where(account_table.c.native_id == "uid=0000012", account_table.c.system == "gw")
            .values(person_id=mover)
        )


def _what_changed_shows(council: Council) -> None:
    lines = {line.login: line for line in council.lines("gw")}
    with council.store.read() as connection:
        assert changed_since(connection, council.door, council.campaign, council.clock()).lines.keys() == set()
    mover, leaver = council.numbers[STAFF[2]], council.numbers[STAFF[3]]
    login = {number: council.body.login(number) for number in (*STAFF, GW)}
    _the_world_moves_on(council, login)
    at = council.clock.on(seconds=1)
    with council.store.read() as connection:
        whole = changed_since(connection, council.door, council.campaign, at)
        few = changed_since(
            connection, council.door, council.campaign, at, line_ids=[lines["ghost"].id, lines[login[13]].id]
        )
    changes = {line.login: {each.change for each in whole.lines.get(line.id, ())} for line in lines.values()}
    assert {name: found for name, found in changes.items() if found} == {
        login[GW]: {Change.DISABLED}, login[11]: {Change.DELETED}, "ghost": {Change.OWNER},
        "kyoyo": {Change.NEW_RIGHTS, Change.RIGHTS_GONE}, "madoguchi": {Change.OWNER}, login[12]: {Change.OWNER},
        login[13]: {Change.MOVED}, login[14]: {Change.LEFT},
    }  # fmt: skip
    assert [(each.login, each.system) for each in whole.accounts] == [("new", "gw")]
    assert whole.persons.keys() == {mover, leaver}
    assert (set(few.lines), set(few.persons)) == ({lines["ghost"].id, lines[login[13]].id}, {mover})
    assert not few.accounts


def _silence_says_the_rest(council: Council) -> None:
    due = council.campaign.due_on
    with pytest.raises(Conflict, match="まだ過ぎていません"), council.store.act("worker") as act:
        let_silence_speak(act, council.door, council.id)
    council.clock.now = datetime.combine(due + DAY, time(9), JST)
    open_before = {line.id for line in council.lines() if council.outcomes()[line.id] is None}
    with council.store.act("worker") as act:
        said = let_silence_speak(act, council.door, council.id)
    # General officers, approver and operator are passed on: six of them, and one asked of the general officer before.
    heads = {council.line("gw", number).id for number in (GENERAL_TOO, 8, OPERATOR)}
    assert said == Silenced(removed=13, kept=0, passed=3, unknown=12)
    silent = {id_ for id_, outcome in council.outcomes().items() if outcome and outcome.silent}
    assert silent == open_before - heads - {council.line("zei", ZEI).id}
    assert {council.asked(line) for line in council.lines() if line.id in heads} == {Part.GENERAL}
    assert left(council) == Undecided(lines=4, persons=0, unknown=1)
    _some_speak_late(council)
    with pytest.raises(Conflict, match="すでに"), council.store.act("worker") as act:
        let_silence_speak(act, council.door, council.id)


def _some_speak_late(council: Council) -> None:
    """They take the place of silence; and a signature over less is void."""
    late = council.line("zei", 13)
    with council.store.act("test") as act:
        signed = {"general_by": council.numbers[GENERAL], "general_at": act.at, "result_hash": "x"}
        act.connection.execute(update(campaign_table).where(campaign_table.c.id == council.id).values(**signed))
    council.answers(GENERAL, late, Verdict.KEEP, Part.GENERAL, reason="休暇のため遅れた")
    outcome = council.outcomes()[late.id]
    assert outcome is not None
    assert (outcome.verdict, outcome.silent) == (Verdict.KEEP, False)
    assert (council.campaign.general_by, council.campaign.result_hash) == (None, "")
    assert council.audit("review.signatures_cleared")
    council.answers(HR, STAFF[1], Verdict.IN_SERVICE)
    for number, by in ((GENERAL_TOO, GENERAL), (8, GENERAL), (OPERATOR, GENERAL)):
        council.answers(by, council.line("gw", number), Verdict.KEEP, Part.GENERAL, reason="使う")
    council.answers(GENERAL, council.line("zei", ZEI), Verdict.KEEP, Part.GENERAL, reason="使う")
    assert left(council).total == 0


def _nothing_is_taken_afterwards(council: Council) -> None:
    late = council.line("zei", 13)
    with council.store.act("test") as act:
        act.connection.execute(
            update(campaign_table).where(campaign_table.c.id == council.id).values(state="abandoned")
        )
    with pytest.raises(Conflict, match="取りやめ"):
        council.answers(GENERAL, late, Verdict.KEEP, Part.GENERAL, reason="使う")
