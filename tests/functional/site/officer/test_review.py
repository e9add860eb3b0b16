"""Reviews on the officers' pages: who sees what, answers about IDs and persons, two signatures, what is undone."""

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from html import unescape
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy import event, func, insert, select, update

from iam.office.books import assignment_table
from iam.office.roles import How
from iam.people.ledger import appointment_table
from iam.policy.profile import Role
from iam.record.columns import jst_day
from iam.review import campaigns
from iam.review.books import (
    campaign_answer_table,
    campaign_comment_table,
    campaign_line_table,
    campaign_removal_table,
    campaign_table,
)
from iam.review.campaigns import Line
from iam.review.closing.removals import removals
from iam.review.deciding.answers import Answering, Wish, answer_many
from iam.review.deciding.reviewers import reviewer
from iam.review.exports.cover import cover
from iam.review.exports.manifest import Written, record
from iam.review.words import CampaignState, Part, Verdict
from tests.functional.site.conftest import Ground
from tests.functional.site.given import Browser, City
from tests.reviewed import opened
from web.practice.portal.reviewed import ROGUE, SHARED
from web.site.access import REVIEW

SYSTEMS: Final = ("finance", "juki")
REASON: Final = "課の業務に要ることを確かめました"
WAYS: Final[dict[str, list[str]]] = {
    Role.GENERAL_OFFICER: ["件を判定する"], Role.HR_OFFICER: ["人の在籍を答える"],
    Role.SYSTEM_OWNER: ["件を判定する"],
}  # fmt: skip


@dataclass
class Review:
    """A review that is open.  `owner`: the number of whoever owns one of its systems; `system`: that one."""

    city: City
    id: int
    owner: str
    system: str

    def page(self, rest: str = "") -> str:
        return f"/office/review/{self.id}{rest}"

    def as_(self, who: Role | str) -> Browser:
        client = self.city.client()
        self.city.signed_in(client, self.number(who))
        return client

    def number(self, who: Role | str) -> str:
        owner = self.owner if who is Role.SYSTEM_OWNER else ""
        return owner or (self.city.holder(who) if isinstance(who, Role) else who)

    def person(self, who: Role | str) -> int:
        return self.city.entrant(self.number(who)).person_id

    def lines(self, *, system: str = "", **how: object) -> list[Line]:
        with self.city.store.read() as connection:
            return list(campaigns.lines(connection, self.id, system=system or None, **how))  # type: ignore[arg-type] # its own words

    def line(self, login: str) -> Line:
        return next(each for each in self.lines(system=self.system) if each.login == login)

    def owned(self, count: int = 1) -> list[Line]:
        """IDs of persons about which the owner of the system answers."""
        asked = self.lines(system=self.system, part=Part.OWNER)
        return [each for each in asked if each.person_id][:count]

    def answer_of(self, line: Line) -> tuple[str, str] | None:
        """The verdict and the reason that stand about a line."""
        columns = campaign_answer_table.c
        query = select(columns.verdict, columns.reason).where(columns.line_id == line.id)
        with self.city.store.read() as connection:
            row = connection.execute(query.order_by(columns.id.desc())).first()
        return (row.verdict, row.reason) if row else None

    def named(self, role: Role, which: int = 0) -> str:
        """Somebody without a role who is given this one."""
        number, day = self.city.plain(which), jst_day(self.city.clock())
        with self.city.store.act("test") as act:
            values = {"person_id": self.person(number), "role": role, "kind": How.NAMED, "reason": "兼ねる"}
            days = {"valid_from": day, "valid_until": day, "given_at": act.at}
            act.connection.execute(insert(assignment_table).values(**values, **days))
        return number

    def decides_everything(self) -> None:
        """Every line and every person is answered, by the verbs of whoever may: one ID goes, the rest stays."""
        city, hr, head = self.city, self.person(Role.HR_OFFICER), self.person(Role.GENERAL_OFFICER)
        other = self.person(self.named(Role.GENERAL_OFFICER, 5))
        second = self.person(self.named(Role.HR_OFFICER, 6))
        lines = self.lines()
        kept = [each for each in lines if each.login != ROGUE]
        with city.store.read() as connection:
            people = [each.person_id for each in campaigns.persons(connection, self.id) if each.accounts]
        wishes = [
            Wish(self._verdict(each), 0, line_id=each.id, reason=REASON, given_to=self._given(each)) for each in kept
        ]
        wishes += [Wish(Verdict.REMOVE, 0, line_id=each.id, reason="不要") for each in lines if each.login == ROGUE]
        attests = [Wish(Verdict.IN_SERVICE, 0, person_id=each) for each in people]
        for part, by, asked in (
            (Part.GENERAL, head, wishes),
            (Part.GENERAL, other, wishes),
            (Part.HR, hr, attests),
            (Part.HR, second, attests),
        ):
            with city.store.read() as connection:
                seen = campaigns.campaign(connection, self.id).revision
            with city.store.act("test") as act:
                answer_many(act, city.door, Answering(self.id, part, by), [replace(each, seen=seen) for each in asked])

    def _verdict(self, line: Line) -> Verdict:
        return Verdict.KEEP if line.person_id or line.keeper_id else Verdict.KEEPER

    def _given(self, line: Line) -> int | None:
        return None if line.person_id or line.keeper_id else self.person(self.city.plain(2))

    def state(self) -> CampaignState:
        with self.city.store.read() as connection:
            return campaigns.campaign(connection, self.id).state

    def counts(self) -> list[int]:
        """How many answers and comments there are, and the signatures."""
        tables = (campaign_answer_table, campaign_comment_table)
        with self.city.store.read() as connection:
            found = [connection.execute(select(func.count()).select_from(table)).scalar_one() for table in tables]
            signed = select(func.count()).where(
                campaign_table.c.general_by.is_not(None) | campaign_table.c.hr_by.is_not(None)
            )
            return [*found, connection.execute(signed).scalar_one()]


@pytest.fixture(scope="module")
def kept(ground: Ground, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Review]:
    """A database with a review of two systems, opened once for all tests of the module."""
    file = tmp_path_factory.mktemp("review") / "iam.db"
    shutil.copy(ground.file, file)
    city = City(ground.deployment, ground.keys, f"sqlite:///{file}", ground.known)
    id_ = opened(city.store, city.deployment, systems=SYSTEMS).campaign.id
    found = Review(city, id_, *_owner(city))
    city.store.dispose()
    return file, found


def _owner(city: City) -> tuple[str, str]:
    """Whoever owns a system of the review: the number, and the system."""
    with city.store.read() as connection:
        for number, roles in city.known.items():
            if Role.SYSTEM_OWNER not in roles:
                continue
            owned = reviewer(connection, city.door, city.entrant(number).person_id, city.clock()).systems & set(SYSTEMS)
            if owned:
                return number, min(owned)
    raise AssertionError("nobody owns one of these systems")


@pytest.fixture
def review(kept: tuple[Path, Review], ground: Ground, tmp_path: Path) -> Iterator[Review]:
    file, found = kept
    shutil.copy(file, tmp_path / "iam.db")
    city = City(ground.deployment, ground.keys, f"sqlite:///{tmp_path / 'iam.db'}", ground.known)
    yield replace(found, city=city)
    city.store.dispose()


def read(answer: object) -> str:
    """What somebody reads of an answer."""
    text = answer.get_data(as_text=True)  # type: ignore[attr-defined] # a response
    main = re.search(r"<main.*</main>", text, re.DOTALL)
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", main[0] if main else text)))


SEEN: Final[dict[str, Callable[[Review], str]]] = {
    "list": lambda _: "/office/review",
    "one": lambda review: review.page(),
    "lines": lambda review: review.page("/lines?which=all"),
    "own line": lambda review: review.page(f"/lines/{review.line(SHARED).id}"),
    "other line": lambda review: review.page(f"/lines/{_other(review).id}"),
    "people": lambda review: review.page("/people"),
    "person": lambda review: review.page(f"/people/{review.owned(1)[0].person_id}"),
    "result": lambda review: review.page("/result"),
    "since": lambda review: review.page("/since"),
    "removals": lambda review: review.page("/removals"),
}


def _other(review: Review) -> Line:
    return review.lines(system=next(each for each in SYSTEMS if each != review.system))[0]


def test_everybody_sees_what_is_theirs_and_an_auditor_is_offered_nothing_to_do(review: Review) -> None:
    whole = dict.fromkeys(SEEN, 200)
    seen = {
        Role.GENERAL_OFFICER: whole, Role.HR_OFFICER: whole, Role.OPERATOR: whole, Role.AUDITOR: whole,
        Role.SYSTEM_OWNER: {**whole, "other line": 404, "people": 403, "person": 403, "result": 403},
        Role.APPROVER: dict.fromkeys(SEEN, 403), review.city.plain(): dict.fromkeys(SEEN, 403),
    }  # fmt: skip
    for who, expected in seen.items():
        browser = review.as_(who)
        answers = {name: browser.get(place(review)) for name, place in SEEN.items()}
        assert {name: answer.status_code for name, answer in answers.items()} == expected, who
        if who in {Role.AUDITOR, Role.OPERATOR}:
            offered = [name for name, each in answers.items() if 'method="post" action="/office' in each.text]
            assert offered == [], who
        ways = re.findall(r"件を判定する|人の在籍を答える", read(browser.get(review.page())))
        assert ways == WAYS.get(who, []), f"what waits for them stands on the first page: {who}"
    listed = review.as_(Role.SYSTEM_OWNER).get(review.page(f"/lines?which=all&q={SHARED}")).text
    names = {code: system.name for code, system in review.city.door.model.systems.items()}
    assert f">{names[review.system]}<" in listed
    assert f">{names[_other(review).system]}<" not in listed


def test_an_answer_of_an_auditor_an_operator_or_a_contractor_with_every_role_changes_nothing(review: Review) -> None:
    forged = review.named(Role.GENERAL_OFFICER, 3)
    for role in (Role.SYSTEM_OWNER, Role.HR_OFFICER):
        review.named(role, 3)
    line = review.owned(1)[0]
    adapter = review.city.app.url_map.bind("")
    numbers = {"id_": review.id, "line_id": line.id, "person_id": line.person_id, "part": "general"}
    said = {
        "verdict": "keep", "reason": REASON, "words": REASON, "line": str(line.id), "which": "chosen", "seen": "0",
        "sure": "y",
    }  # fmt: skip
    with review.city.store.act("sql") as act:
        theirs = update(appointment_table).where(appointment_table.c.person_id == review.person(forged))
        act.connection.execute(theirs.values(category="contractor"))
    before = review.counts()
    for who in (Role.AUDITOR, Role.OPERATOR, forged):
        browser = review.as_(who)
        token = browser.token("/access")
        for endpoint in sorted(REVIEW):
            rules = [rule for rule in review.city.app.url_map.iter_rules(endpoint) if "POST" in (rule.methods or ())]
            for rule in rules:
                given = {name: numbers[name] for name in rule.arguments if name in numbers}
                if given.keys() != rule.arguments:
                    continue
                path = adapter.build(endpoint, given, method="POST")
                answer = browser.post(path, data={"csrf_token": token, **said})
                assert (answer.status_code, review.counts()) == (403, before), (who, path)


def test_an_owner_answers_one_after_the_other_and_several_at_once(review: Review) -> None:
    browser, lines = review.as_(Role.SYSTEM_OWNER), review.owned(6)
    first, second = lines[0], lines[1]
    here = review.page(f"/lines/{first.id}")
    page = browser.get(here)
    assert "回答して次へ" in read(page)
    # what is missing is said, and nothing typed is lost
    for said in ({"verdict": "lapse", "reason": REASON}, {"verdict": "remove"}, {"reason": REASON}):
        answer = browser.send(f"{here}/answer", {**said, **seen(page)}, of=here)
        assert (answer.status_code, said.get("reason", "") in read(answer)) == (422, True)
    assert review.answer_of(first) is None
    answer = browser.send(f"{here}/answer", {"verdict": "keep", "reason": REASON, "next": "1", **seen(page)}, of=here)
    assert answer.status_code == 303
    assert review.answer_of(first) == ("keep", REASON)
    assert f"/lines/{first.id}" not in answer.location
    # several, with one reason; the ID without an owner cannot simply be kept, and the others stand
    shared = review.line(SHARED)
    place = review.page("/lines?which=all")
    chosen = [str(each.id) for each in (second, *lines[2:], shared)]
    form = {"line": chosen, "which": "chosen", "verdict": "keep", "reason": REASON}
    answer = browser.send(review.page("/lines/answers?which=all"), {**form, **seen(browser.get(place))}, of=place)
    assert answer.status_code == 409
    assert "1件は回答できませんでした" in read(answer)
    assert SHARED in read(answer)
    assert {review.answer_of(each) for each in lines[1:]} == {("keep", REASON)}
    assert review.answer_of(shared) is None
    # nothing chosen is nothing answered
    answer = browser.send(review.page("/lines/answers"), {**form, "line": [], **seen(browser.get(place))}, of=place)
    assert "回答するIDを選んでください。" in read(answer)


def seen(page: object) -> dict[str, str]:
    """The revision that a page showed."""
    found = re.search(r'name="seen"[^>]*value="(\d+)"', page.text)  # type: ignore[attr-defined] # a response
    assert found
    return {"seen": found[1]}


def test_an_answer_that_names_a_keeper_needs_somebody_of_the_ledger(review: Review) -> None:
    browser, shared, keeper = review.as_(Role.SYSTEM_OWNER), review.line(SHARED), review.city.plain(4)
    here = review.page(f"/lines/{shared.id}")
    page = browser.get(here)
    if "回答して次へ" not in read(page):
        browser = review.as_(Role.GENERAL_OFFICER)
        page = browser.get(here)
    said = {"verdict": "keeper", "reason": "窓口の係で使う", **seen(page)}
    for number, words in (("", "職員番号を入力してください。"), ("999999", "この職員番号の職員は台帳にいません")):
        answer = browser.send(f"{here}/answer", {**said, "given_to": number}, of=here)
        assert (answer.status_code, words in read(answer)) == (422, True)
    assert browser.send(f"{here}/answer", {**said, "given_to": keeper}, of=here).status_code == 303
    assert review.answer_of(shared) == ("keeper", "窓口の係で使う")
    assert keeper in read(browser.get(here))


def test_of_two_reviewers_at_once_the_second_reads_who_was_first(review: Review) -> None:
    other = review.named(Role.GENERAL_OFFICER)
    line = review.line(ROGUE)
    here = review.page(f"/lines/{line.id}")
    first, second = review.as_(Role.GENERAL_OFFICER), review.as_(other)
    looked = seen(second.get(here))
    assert (
        first.send(f"{here}/answer", {"verdict": "remove", "reason": "不明のID", **looked}, of=here).status_code == 303
    )
    answer = second.send(
        f"{here}/answer", {"verdict": "lapse", "until": "2026-12-31", "reason": "年内", **looked}, of=here
    )
    assert answer.status_code == 409
    name = review.city.entrant(review.number(Role.GENERAL_OFFICER)).name.replace("\u3000", " ")
    assert name in read(answer)
    assert "年内" in read(answer)
    assert review.answer_of(line) == ("remove", "不明のID")
    # having read it, they may say otherwise
    again = {"verdict": "lapse", "until": "2026-12-31", "reason": "年内", **seen(answer)}
    assert second.send(f"{here}/answer", again, of=here).status_code == 303
    assert review.answer_of(line) == ("lapse", "年内")


def test_nobody_answers_about_their_own_account_and_they_read_why(review: Review) -> None:
    head = review.named(Role.GENERAL_OFFICER)
    mine = next(each for each in review.lines() if each.person_id == review.person(head))
    browser, here = review.as_(head), review.page(f"/lines/{mine.id}")
    assert "あなたは回答できません" in read(browser.get(here))
    listed = browser.get(review.page(f"/lines?which=all&q={mine.login}")).text
    assert f'name="line" value="{mine.id}"' not in listed
    assert mine.login in listed
    for rest, more in ((f"/lines/{mine.id}/answer", {}), ("/lines/answers", {"line": str(mine.id), "which": "chosen"})):
        form = {"csrf_token": browser.token("/access"), "verdict": "keep", "reason": REASON, "seen": "9", **more}
        assert browser.post(review.page(rest), data=form).status_code in {403, 409}
    assert review.answer_of(mine) is None


def test_personnel_answer_a_department_at_once_and_somebody_who_left_with_their_last_day(review: Review) -> None:
    browser = review.as_(Role.HR_OFFICER)
    place = review.page("/people")
    page = browser.get(place)
    department = next(
        each for each in re.findall(r'<option value="([^"-]+)">', page.text) if each not in {"all", "open"}
    )
    here = f"{place}?department={department}"
    form = {"which": "all", "verdict": "in_service", "reason": "11月20日の名簿で確認", **seen(page)}
    answer = browser.send(review.page(f"/people/answers?department={department}"), form, of=here)
    assert answer.status_code == 303
    assert "当てはまる職員はいません" in read(browser.get(here))
    leaver = review.owned(1)[0].person_id
    here = review.page(f"/people/{leaver}")
    said = {"verdict": "left", **seen(browser.get(here))}
    assert browser.send(f"{here}/answer", said, of=here).status_code == 422
    said |= {"until": "2026-11-10", "reason": "11月10日付け退職"}
    assert browser.send(f"{here}/answer", said, of=here).status_code == 303
    assert "退職・離任" in read(browser.get(here))
    # what personnel said weighs on the account
    assert "停止" in read(review.as_(Role.GENERAL_OFFICER).get(review.page(f"/lines/{review.owned(1)[0].id}")))


def test_comments_are_read_by_all_and_change_no_decision(review: Review) -> None:
    line = review.owned(1)[0]
    here = review.page(f"/lines/{line.id}")
    browser = review.as_(Role.HR_OFFICER)
    assert browser.send(f"{here}/comment", {"words": "12月に異動の予定です"}, of=here).status_code == 303
    assert browser.send(f"{here}/comment", {"words": ""}, of=here).status_code == 422
    assert "12月に異動の予定です" in read(review.as_(Role.SYSTEM_OWNER).get(here))
    assert review.answer_of(line) is None


def signs(review: Review, browser: Browser, part: str, **instead: str) -> int:
    """Sign what the page shows."""
    place = review.page(f"/sign/{part}")
    looked = re.search(r'name="seen"[^>]*value="(\w+)"', browser.get(place).text)
    assert looked
    return browser.send(place, {"seen": looked[1], "sure": "y", **instead}).status_code


def test_two_persons_sign_one_result_and_what_they_signed_is_undone_with_a_reason(review: Review) -> None:
    head, hr = review.as_(Role.GENERAL_OFFICER), review.as_(Role.HR_OFFICER)
    assert "まだ署名できません" in read(head.get(review.page("/result")))
    review.decides_everything()
    assert "まだ署名できません" not in (text := read(head.get(review.page("/result")))), text
    assert hr.get(review.page("/sign/general")).status_code == 403
    # not looked at, or something else than what was looked at
    assert [signs(review, head, "general", sure=""), signs(review, head, "general", seen="0" * 64)] == [422, 409]
    assert signs(review, head, "general") == 303
    assert "取り下げる" in read(head.get(review.page("/result")))
    # one answer more, and the signature is void
    line = review.owned(1)[0]
    with review.city.store.act("test") as act:
        who = Answering(review.id, Part.GENERAL, review.person(Role.GENERAL_OFFICER))
        answer_many(act, review.city.door, who, [Wish(Verdict.REMOVE, 10**9, line_id=line.id, reason="使わない")])
    assert [signs(review, head, "general"), signs(review, hr, "hr")] == [303, 303]
    assert review.state() is CampaignState.SIGNED
    assert line.login in read(head.get(review.page("/removals")))
    place = review.page(f"/lines/{line.id}/lift")
    assert review.as_(Role.AUDITOR).get(place).status_code == 403
    assert head.send(place, {"reason": ""}).status_code == 422
    assert head.send(place, {"reason": "まだ使うことが分かった"}).status_code == 303
    with review.city.store.read() as connection:
        assert all(each.lifted_at for each in removals(connection, review.id, line_ids=[line.id]))
        stay = [each for each in removals(connection, review.id) if not each.lifted_at]
    with review.city.store.act("test") as act:  # all were read back before one was lifted
        act.connection.execute(update(campaign_removal_table).values(verified_at=act.at))
    assert f"{len(stay)} / {len(stay)}" in read(head.get(review.page()))


def test_signing_and_undoing_ask_for_a_new_proof(review: Review) -> None:
    browser = review.as_(Role.GENERAL_OFFICER)
    review.city.clock.forward(minutes=6)
    for rest in ("/sign/general", "/sign/general/withdraw", f"/lines/{review.owned(1)[0].id}/lift"):
        answer = browser.get(review.page(rest))
        assert (answer.status_code, "/prove" in answer.location) == (303, True), rest


def test_a_worklist_asks_the_database_as_often_for_many_lines_as_for_few(review: Review) -> None:
    columns = [each for each in campaign_line_table.c if each.name not in {"id", "native_id", "login"}]
    with review.city.store.act("sql") as act:
        for copy in range(5_000 // len(review.lines()) + 1):
            more = select(
                campaign_line_table.c.native_id + f"-{copy}", campaign_line_table.c.login + f"-{copy}", *columns
            ).where(campaign_line_table.c.native_id.not_like("%-%"))
            names = ["native_id", "login", *(each.name for each in columns)]
            act.connection.execute(insert(campaign_line_table).from_select(names, more))
    asked: list[str] = []
    browser = review.as_(Role.GENERAL_OFFICER)
    with review.city.store.read() as connection:
        assert connection.execute(select(func.count()).select_from(campaign_line_table)).scalar_one() > 5_000
        engine = connection.engine
    event.listen(engine, "before_cursor_execute", lambda *given: asked.append(str(given[2])))
    answer = browser.get(review.page("/lines?which=all"))
    assert answer.status_code == 200
    assert answer.text.count("<tr>") == 51
    assert len(asked) < 40, asked


def test_what_was_taken_out_of_a_review_stands_on_its_page(review: Review) -> None:
    written = Written("棚卸.xlsx", "xlsx", 1_234, 10, "ab" * 32)
    with review.city.store.read() as connection:
        front = cover(connection, review.id, "さくら市")
    with review.city.store.act("unyou") as act:
        record(act, front, [written])
    text = read(review.as_(Role.AUDITOR).get(review.page()))
    assert all(each in text for each in ("棚卸.xlsx", "1,234", "unyou", "ab" * 8))
