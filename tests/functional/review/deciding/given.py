"""A body with a review that was opened over its systems, and everybody who answers in it.

council = a_council(body)
council.answers(5, council.line("gw", "ghost"), Verdict.REMOVE, reason="不要")
"""

import shutil
import tempfile
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from sqlalchemy import delete, func, insert, select, update

from iam.access.kept.books import kept_id_table
from iam.jobs.reviews.opening import open_review
from iam.office.roles import Offices
from iam.people.ledger import persons_by_number
from iam.policy.entry.review import Silence
from iam.policy.profile import Profile, Role
from iam.record.audit.chain import audit_record
from iam.record.keys import KeyRing
from iam.record.store import Store
from iam.review.books import campaign_answer_table, campaign_finding_table, campaign_line_table
from iam.review.campaigns import Campaign, Line, campaign, lines
from iam.review.deciding.answers import Answering, Taken, Wish, answer, answer_many
from iam.review.deciding.reviewers import Reviewer, reviewer
from iam.review.deciding.verdicts import Answer, Outcome, outcomes
from iam.review.opening.plan import Ground, Opening
from iam.review.words import CampaignKind, FindingKind, How, Part, Verdict
from iam.signin.door import Door
from migrations.run import upgrade
from tests.bodies import Body, Row, a_body, row, unit
from tests.entrance import Moment
from tests.offices import CONTRACTED, POSTS, Office, a_profile, an_office

GENERAL, GENERAL_TOO, HR, HR_TOO, GW, GW_TOO, ZEI, APPROVER, OPERATOR, AUDITOR = range(1, 11)
STAFF: Final = (11, 12, 13, 14)
OUTSIDE: Final = 17
"""A contractor at the post of a system owner."""

GW_UNIT, ZEI_UNIT = "情報政策課", "税務課"


def rows() -> list[Row]:
    """Everybody, as HR says."""
    at = {
        GENERAL: (Role.GENERAL_OFFICER, ""), GENERAL_TOO: (Role.GENERAL_OFFICER, ""), HR: (Role.HR_OFFICER, ""),
        HR_TOO: (Role.HR_OFFICER, ""), GW: (Role.SYSTEM_OWNER, GW_UNIT), GW_TOO: (Role.SYSTEM_OWNER, GW_UNIT),
        ZEI: (Role.SYSTEM_OWNER, ZEI_UNIT), APPROVER: (Role.APPROVER, ""), OPERATOR: (Role.OPERATOR, ""),
        AUDITOR: (Role.AUDITOR, ""),
    }  # fmt: skip
    found = [
        row(number, "0202" if number == ZEI else "0101", title_code=POSTS[role], **({"org_name": name} if name else {}))
        for number, (role, name) in at.items()
    ]
    outside = row(
        OUTSIDE, "0101", title_code=POSTS[Role.SYSTEM_OWNER], org_name=GW_UNIT, category=CONTRACTED,
        valid_until="2027-03-31", home_body="さくらシステム",
    )  # fmt: skip
    return [*found, outside, *(row(number, "0202") for number in STAFF)]


@dataclass
class Council:
    """Everybody around one open review."""

    office: Office
    id: int
    numbers: dict[int, int]

    @property
    def body(self) -> Body:
        return self.office.body

    @property
    def store(self) -> Store:
        return self.office.store

    @property
    def door(self) -> Door:
        return self.office.hall.door

    @property
    def clock(self) -> Moment:
        return self.office.hall.clock

    @property
    def campaign(self) -> Campaign:
        with self.store.read() as connection:
            return campaign(connection, self.id)

    def lines(self, system: str | None = None) -> list[Line]:
        with self.store.read() as connection:
            return list(lines(connection, self.id, system=system))

    def line(self, system: str, login: str | int) -> Line:
        """By login, or whose it is."""
        login = f"{login:07}" if isinstance(login, int) else login
        return next(each for each in self.lines(system) if each.login == login)

    def outcomes(self) -> dict[int, Outcome | None]:
        with self.store.read() as connection:
            return {line.id: found for line, found in outcomes(connection, lines(connection, self.id))}

    def reviewer(self, number: int) -> Reviewer:
        with self.store.read() as connection:
            return reviewer(connection, self.door, self.numbers[number], self.clock())

    # --- answering

    def wish(self, about: Line | int, verdict: Verdict, seen: int | None = None, **said: Any) -> Wish:  # noqa: ANN401 - fields of a wish
        """About a line or (by a staff number) about a person, having seen the newest unless told."""
        seen = self.campaign.revision if seen is None else seen
        line_id, person_id = (None, self.numbers[about]) if isinstance(about, int) else (about.id, None)
        return Wish(verdict, seen, line_id, person_id, **said)

    def answers(
        self,
        by: int,
        about: Line | int,
        verdict: Verdict,
        part: Part | None = None,
        *,
        seen: int | None = None,
        **said: Any,  # noqa: ANN401 - fields of a wish
    ) -> Answer:
        """Somebody answers."""
        self.clock.on(seconds=1)
        wish = self.wish(about, verdict, seen, **said)
        part = part or (Part.HR if isinstance(about, int) else Part.OWNER)
        with self.store.act(f"staff:{by:07}") as act:
            return answer(act, self.door, Answering(self.id, part, self.numbers[by]), wish)

    def many(
        self, by: int, part: Part, wishes: Iterable[Wish], *, all_or_none: bool = False, how: How = How.BULK
    ) -> Taken:
        """Somebody answers about many at once."""
        self.clock.on(seconds=1)
        with self.store.act(f"staff:{by:07}") as act:
            return answer_many(
                act, self.door, Answering(self.id, part, self.numbers[by], how), wishes, all_or_none=all_or_none
            )

    def keeps_all(self, by: int, of: Collection[Line], reason: str = "業務で使う") -> Taken:
        """One reason for all of it."""
        seen = self.campaign.revision
        return self.many(by, Part.OWNER, (Wish(Verdict.KEEP, seen, line_id=each.id, reason=reason) for each in of))

    # --- what stands

    def rows(self, *where: object) -> int:
        """How many answers stand."""
        with self.store.read() as connection:
            query = select(func.count()).select_from(campaign_answer_table)
            return connection.execute(query.where(*where)).scalar_one()  # type: ignore[arg-type] # clauses

    def asked(self, line: Line) -> Part:
        with self.store.read() as connection:
            query = select(campaign_line_table.c.asked).where(campaign_line_table.c.id == line.id)
            return Part(connection.execute(query).scalar_one())

    def audit(self, action: str) -> list[tuple[str, str]]:
        """(subject, detail) of records, the oldest first."""
        columns = audit_record.c
        with self.store.read() as connection:
            query = select(columns.subject, columns.detail).where(columns.action == action).order_by(columns.number)
            return [(row.subject, row.detail) for row in connection.execute(query)]


def a_council(body: Body, silence: Silence = Silence.SUSPEND) -> Council:
    """Opened over gw and zei with a rogue ID, a shared ID that an owner keeps, and one that nobody keeps."""
    office = an_office(body, profile(silence))
    office.settle(rows())
    with office.store.read() as connection:
        numbers = {number: persons_by_number(connection, [f"{number:07}"])[f"{number:07}"] for number in
                   (*range(1, 11), *STAFF, OUTSIDE)}  # fmt: skip
    gw = body.targets["gw"]
    gw.place("ghost", rights=["mail", "soumu"])
    for login in ("kyoyo", "madoguchi"):
        gw.place(login, rights=["mail"])
    with office.store.act("test") as act:
        for login, keeper in (("kyoyo", numbers[GW]), ("madoguchi", None)):
            act.connection.execute(
                insert(kept_id_table).values(
                    system="gw", login=login, comparable=login, kind="shared", purpose="窓口", keeper_id=keeper,
                    project="", company="", registered_by="test", registered_at=act.at, changed_at=act.at,
                )
            )  # fmt: skip
    door = office.hall.door
    ground = Ground(door.profile, door.model, Offices(door.profile, door.absence), unit)
    opened = open_review(body.job(store=office.store), ground, Opening(CampaignKind.EXTRA))
    _find(office.store, opened.campaign.id, [numbers[each] for each in STAFF])
    return Council(office, opened.campaign.id, numbers)


def _find(store: Store, campaign_id: int, acquitted: Collection[int]) -> None:
    """What was found, whatever else finds: nothing about these persons' accounts in gw nor about an ID that is kept."""
    line = campaign_line_table.c
    with store.act("test") as act:
        act.connection.execute(delete(campaign_finding_table))
        rows = act.connection.execute(select(line.id, line.system, line.login, line.person_id, line.keeper_id)).all()
        for row in rows:
            kind = {"ghost": FindingKind.ROGUE, "madoguchi": FindingKind.NO_KEEPER}.get(row.login, FindingKind.UNUSED)
            free = row.keeper_id is not None or (row.system == "gw" and row.person_id in acquitted)
            act.connection.execute(update(campaign_line_table).where(line.id == row.id).values(findings=int(not free)))
            if not free:
                act.connection.execute(
                    insert(campaign_finding_table).values(
                        campaign_id=campaign_id, line_id=row.id, kind=kind, evidence={}, clause="baseline"
                    )
                )


def profile(silence: Silence) -> Profile:
    made = a_profile()
    rule = made.review.silence.model_copy(update={"value": silence})
    return made.model_copy(update={"review": made.review.model_copy(update={"silence": rule})})


@cache
def _prepared(silence: Silence) -> tuple[Path, KeyRing, int, dict[int, int]]:
    """The same, made once for all tests of a module."""
    folder = Path(tempfile.mkdtemp())
    upgrade(f"sqlite:///{folder / 'iam.db'}")
    body = a_body(f"sqlite:///{folder / 'iam.db'}", folder / "keys.json", migrated=True)
    council = a_council(body, silence)
    council.store.dispose()
    body.store.dispose()
    return folder / "iam.db", body.store.keys, council.id, council.numbers


def a_copy(folder: Path, silence: Silence = Silence.SUSPEND) -> Council:
    """A council of one's own, on SQLite, in a fraction of the time.  Its targets are empty: nothing is read again."""
    prepared, keys, id_, numbers = _prepared(silence)
    shutil.copy(prepared, folder / "iam.db")
    body = a_body(f"sqlite:///{folder / 'iam.db'}", keys, migrated=True)
    return Council(an_office(body, profile(silence)), id_, numbers)
