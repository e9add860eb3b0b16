"""Reviews in the city: one under way, one signed and being carried out, so that none of their pages is empty.

The one law: *by the verbs of whoever does them*, as in tour.py; the targets live in memory.
"""

from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import insert

from iam.access.accounts import AccountKind
from iam.office.books import assignment_table
from iam.office.roles import How
from iam.policy.profile import Role
from iam.record.columns import jst_day
from iam.review.campaigns import Line, campaign, lines, persons
from iam.review.closing.signing import Signature, result, sign
from iam.review.deciding.answers import Answering, Wish, answer_many
from iam.review.deciding.reviewers import answerers
from iam.review.words import Part, Verdict
from tests.browser.city import City
from tests.browser.sheets import furnish_sheet
from tests.reviewed import opened
from web.practice.portal.reviewed import ROGUE, Parts, Practice
from web.practice.portal.visitors import Way

SYSTEM: Final = "finance"
REASON: Final = "課の業務に要ることを確かめました"


@dataclass(frozen=True)
class Reviews:
    """`open`: under way; `line`: of a system that the cast's owner owns, `person`: in it; `signed`: being carried out,
    `removed`: a line of it that goes; `returned`: of the open one, a sheet that came back."""

    open: int
    line: int
    person: int
    signed: int
    removed: int
    returned: int

    def at(self, role: Role | None) -> dict[tuple[str, str], object]:
        """What each page asks for: endpoint and name to a value."""
        here = dict.fromkeys(
            ("review.one", "review_since.page", "review_lines.page", "review_lines.one", "review_people.page",
             "review_people.one", "review_signing.page", "review_signing.sign", "review_signing.withdraw",
             "review_figures.page", "review_sheets.page", "review_sheets.returned", "review_sheet_making.page",
             "review_sheet_returns.page"),
            self.open,
        )  # fmt: skip
        part = (Part.HR if role is Role.HR_OFFICER else Part.GENERAL).value
        return {
            **{(endpoint, "id_"): id_ for endpoint, id_ in here.items()},
            ("review_lines.one", "line_id"): self.line, ("review_people.one", "person_id"): self.person,
            ("review_signing.sign", "part"): part, ("review_signing.withdraw", "part"): part,
            ("review_sheets.returned", "return_id"): self.returned,
            ("review_removals.page", "id_"): self.signed, ("review_removals.undo", "id_"): self.signed,
            ("review_removals.undo", "line_id"): self.removed,
        }  # fmt: skip


def furnish_reviews(city: City) -> Reviews:
    """One that is signed, then one that is under way."""
    signed, removed = _signed(city)
    under_way = opened(city.store, city.deployment, away="juki", systems=(SYSTEM, "juki")).campaign.id
    cast = city.cast
    general, hr, owner = (
        city.id_of(cast.one(role)) for role in (Role.GENERAL_OFFICER, Role.HR_OFFICER, Role.SYSTEM_OWNER)
    )
    Practice(city.store, city.door, Parts(general, hr, owner), under_way).play()
    with city.store.read() as connection:
        owned = {
            code for code in city.door.model.systems
            if owner in answerers(connection, city.door, [code], city.store.clock()).owners.get(code, ())
        }  # fmt: skip
        found = next(
            each for each in lines(connection, under_way, part=Part.OWNER)
            if each.system in owned and each.person_id and each.findings
        )  # fmt: skip
    assert found.person_id
    return Reviews(under_way, found.id, found.person_id, signed, removed, furnish_sheet(city, under_way))


def _signed(city: City) -> tuple[int, int]:
    id_ = opened(city.store, city.deployment, systems=(SYSTEM,)).campaign.id
    for role in (Role.GENERAL_OFFICER, Role.HR_OFFICER):
        _named(city, role)
    with city.store.read() as connection:
        found, people = list(lines(connection, id_)), [each.person_id for each in persons(connection, id_)]
        able = answerers(connection, city.door, [SYSTEM], city.store.clock())
    keeper = city.id_of(city.cast.one(Role.OPERATOR))
    for by in sorted(able.general):
        _say(city, id_, Part.GENERAL, by, [_decision(each, keeper) for each in found])
    for by in sorted(able.hr):
        _say(city, id_, Part.HR, by, [Wish(Verdict.IN_SERVICE, 0, person_id=each) for each in people])
    for part, by in ((Part.GENERAL, min(able.general)), (Part.HR, max(able.hr))):
        with city.store.act("test") as act:
            hash_ = result(act.connection, campaign(act.connection, id_)).hash
            sign(act, city.door, Signature(id_, part, by, hash_))
    return id_, next(each.id for each in found if each.login == ROGUE)


def _named(city: City, role: Role) -> None:
    """Somebody answers for what concerns whoever else has the role."""
    who, day = city.id_of(city.newcomer(Way.APP)), jst_day(city.store.clock())
    with city.store.act("test") as act:
        act.connection.execute(
            insert(assignment_table).values(
                person_id=who, role=role, kind=How.NAMED, valid_from=day, valid_until=day, reason="棚卸の間",
                given_at=act.at,
            )
        )  # fmt: skip


def _decision(line: Line, keeper: int) -> Wish:
    if line.login == ROGUE:
        return Wish(Verdict.REMOVE, 0, line_id=line.id, reason="だれのものか分かりません")
    if line.person_id or line.keeper_id or line.kind == AccountKind.PRIVILEGED:
        return Wish(Verdict.KEEP, 0, line_id=line.id, reason=REASON)
    return Wish(Verdict.KEEPER, 0, line_id=line.id, reason=REASON, given_to=keeper)


def _say(city: City, id_: int, part: Part, by: int, wishes: list[Wish]) -> None:
    with city.store.act("test") as act:
        seen = campaign(act.connection, id_).revision
        answer_many(act, city.door, Answering(id_, part, by), [replace(each, seen=seen) for each in wishes])
