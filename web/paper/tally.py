"""What is counted while rows pass: verdicts, and characters that only their maker can show.

The one law: *counted from what was written*, not from what was meant to be.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from iam.review.exports.rows import Row
from iam.review.words import Verdict
from web.paper.text.characters import odd_in


@dataclass
class OddOne:
    """A character, how often it was met, and where first."""

    count: int
    first: str
    why: str


@dataclass
class Tally:
    """What passed.  `verdicts`: how many lines got which, None for those without; `silent`: decided by silence."""

    lines: int = 0
    silent: int = 0
    verdicts: Counter[Verdict | None] = field(default_factory=Counter)
    odd: dict[str, OddOne] = field(default_factory=dict)

    def take(self, row: Row, place: str, headings: Sequence[str], cells: Sequence[str]) -> None:
        """Count a row and what it says; `place`: the sheet and the row, as a person would look for them."""
        self.lines += 1
        outcome = row.outcome
        self.verdicts[outcome.verdict if outcome else None] += 1
        self.silent += bool(outcome and outcome.silent)
        for each in odd_in(0, headings, cells, cp932=False):
            first = OddOne(0, f"{place} {each.heading}", each.why)
            self.odd.setdefault(each.character, first).count += 1
