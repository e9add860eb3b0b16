"""A review of さくら市 under way: answered by 人事 about some people, by others about some IDs.

The one law: *by the verbs of whoever does them*: each answer is given by somebody who may give it, with a reason, and
much is left for the visitor.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final

from iam.record.store import Store
from iam.review.campaigns import campaign
from iam.review.deciding.answers import Answering, Wish, answer_many
from iam.review.deciding.comments import About, comment
from iam.review.deciding.reviewers import reviewer
from iam.review.deciding.worklists import Chosen, Item, people_worklist, worklist
from iam.review.words import How, Part, Verdict
from iam.signin.door import Door

ACTOR: Final = "practice"
ROGUE: Final = "kensaku-99"
SHARED: Final = "kyoyo-madoguchi"
TEST: Final = "test-user01"
PLANTED: Final = (ROGUE, SHARED, TEST)
"""What hands left on a system: an ID that nobody knows, one that several share, one of a test."""

_KEPT: Final = "係長に確かめました。業務の分担のとおりです"
_LOOKED: Final = 40
_FEW: Final = 12
_PEOPLE: Final = 20


@dataclass(frozen=True)
class Parts:
    """Who plays, by their numbers in the ledger.  `owner` owns a system."""

    general: int
    hr: int
    owner: int


@dataclass(frozen=True)
class Practice:
    """The body, its players, and the review."""

    store: Store
    door: Door
    parts: Parts
    campaign_id: int

    def play(self) -> None:
        """Answer some of it, and say something about one ID."""
        with self.store.read() as connection:
            asked = reviewer(connection, self.door, self.parts.hr, self.store.clock())
            of = campaign(connection, self.campaign_id)
            people = people_worklist(connection, asked, of, Chosen(Part.HR), most=_PEOPLE).items
        attests = [Wish(Verdict.IN_SERVICE, 0, person_id=each.person.person_id) for each in people if not each.why_not]
        self._say(Part.HR, self.parts.hr, [replace(each, reason="11月の名簿で確かめました") for each in attests])
        mine = [each for each in self._open(Part.OWNER, self.parts.owner) if each.owner]
        self._say(Part.OWNER, self.parts.owner, list(self._some(mine)))
        self._say(Part.GENERAL, self.parts.general, list(self._nobodys()))
        if mine:
            about = About(self.campaign_id, line_id=mine[-1].line.id)
            with self.store.act(ACTOR) as act:
                comment(act, self.door, self.parts.owner, about, "年度末に異動の予定です。次の棚卸で見直します。")

    def _some(self, mine: Sequence[Item]) -> Iterator[Wish]:
        """Most stay, and one goes."""
        for each in islice(mine, _FEW):
            yield Wish(Verdict.KEEP, 0, line_id=each.line.id, reason=_KEPT)
        for each in islice(mine, _FEW, _FEW + 1):
            yield Wish(Verdict.REMOVE, 0, line_id=each.line.id, reason="別のIDで仕事をしているため、使っていません")

    def _nobodys(self) -> Iterator[Wish]:
        """What is nobody's own: one gets a keeper, one goes, the rest waits."""
        for each in self._open(Part.GENERAL, self.parts.general):
            if each.line.login == SHARED and not each.line.keeper_id:
                reason = "窓口の端末で交代で使うID。係長が管理します"
                yield Wish(Verdict.KEEPER, 0, line_id=each.line.id, reason=reason, given_to=self.parts.owner)
            elif each.line.login == ROGUE:
                yield Wish(Verdict.REMOVE, 0, line_id=each.line.id, reason="だれのものか分からず、使われてもいません")

    def _open(self, part: Part, who: int) -> list[Item]:
        with self.store.read() as connection:
            asked = reviewer(connection, self.door, who, self.store.clock())
            if part not in asked.parts:
                return []
            of = campaign(connection, self.campaign_id)
            found = worklist(connection, asked, of, Chosen(part), most=_LOOKED).items
            return [each for each in found if not each.why_not]

    def _say(self, part: Part, by: int, wishes: Sequence[Wish]) -> None:
        with self.store.act(ACTOR) as act:
            seen = campaign(act.connection, self.campaign_id).revision
            asked = [replace(each, seen=seen) for each in wishes]
            answer_many(act, self.door, Answering(self.campaign_id, part, by, How.PAGE), asked)
