"""What an answer must hold to be taken: pure.

The one law: *no answer is empty, and none says two things*: what takes something away and what keeps something doubtful
has a reason, what names a day, a right or a person names one that can be, and nothing else is filled in beside it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Protocol

from iam.access.accounts import AccountKind
from iam.errors import Conflict, Forbidden, IamError, SheetError
from iam.people.japanese import holds_my_number
from iam.people.standing import Status
from iam.record.columns import local_text
from iam.review.campaigns import CampaignPerson, Line
from iam.review.deciding.taking.wishes import Wish
from iam.review.deciding.verdicts import Answer
from iam.review.words import OF_LINES, OF_PERSONS, How, Verdict
from iam.sync.actual.reconcile import Sorting

LONGEST_WORDS: Final = 500
"""Characters of a reason."""

LONGEST_LAPSE: Final = timedelta(days=366)
"""Days: what is to stay longer is kept, and looked at again by the next review."""

NOBODYS: Final = (
    "持ち主も管理者もいないIDは、そのままでは継続できません。"
    "「管理者を定める」「持ち主を定める」「期限で終了」「停止」のいずれかにしてください。"
)

TAKING: Final = frozenset({Verdict.REMOVE, Verdict.REDUCE, Verdict.LAPSE})
"""What takes something away, and so needs a reason."""

PRESENT: Final = frozenset({Status.IN_SERVICE, Status.ON_LEAVE, Status.AWAY, Status.FUTURE})
"""Who is of the body in the ledger's eyes: of anybody else 人事 says why they are in service all the same."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known beside the line and the wish.

    `on`: the JST day.  `by`: who answers.  `unfit`: person id -> why they cannot keep an ID.  `strange`: why they
    cannot own one.  `has`: person id -> systems in which they have an account of their own.
    """

    on: date
    by: int
    unfit: Mapping[int, str]
    strange: Mapping[int, str]
    has: Mapping[int, frozenset[str]]


class Kept(Protocol):
    """What of a line says whether anybody answers for it."""

    @property
    def person_id(self) -> int | None: ...
    @property
    def keeper_id(self) -> int | None: ...
    @property
    def kind(self) -> str: ...
    @property
    def sorting(self) -> str: ...


def ownerless(line: Kept) -> bool:
    """Whether nobody answers for a line: neither person nor keeper, nor a register or a protection that names one."""
    named = line.kind == AccountKind.PRIVILEGED or (line.sorting == Sorting.PROTECTED and not line.kind)
    return line.person_id is None and line.keeper_id is None and not named


def why_not_said(line: Line, wish: Wish, known: Known) -> IamError | None:
    """The first thing that stands against this answer about a line, or None."""
    if wish.verdict not in OF_LINES:
        return SheetError([f"「{wish.verdict.label_ja}」は職員についての回答です。IDには使えません。"])
    if (wrong := _superfluous(wish)) is not None:
        return wrong
    needed = wish.verdict in TAKING or (wish.verdict is Verdict.KEEP and line.findings > 0)
    if (
        wrong := _words(wish, "指摘のあるIDを継続する理由" if wish.verdict is Verdict.KEEP else "理由", needed)
    ) is not None:
        return wrong
    check = _LINES.get(wish.verdict)
    return check(line, wish, known) if check else None


def why_not_said_of(person: CampaignPerson, wish: Wish, known: Known) -> IamError | None:
    """The first thing that stands against this answer about a person, or None."""
    if wish.verdict not in OF_PERSONS:
        return SheetError([f"「{wish.verdict.label_ja}」は利用者IDについての回答です。職員には使えません。"])
    if (wrong := _superfluous(wish)) is not None:
        return wrong
    if wish.verdict is Verdict.LEFT and wish.until is None:
        return SheetError(["「退職・離任」には、在職した最後の日を書いてください。"])
    if wish.until is not None and wish.until > known.on + LONGEST_LAPSE:
        return SheetError([f"日付は {known.on + LONGEST_LAPSE} までにしてください。"])
    if wish.verdict is Verdict.UNKNOWN:
        return _words(wish, "何を確かめているか", needed=True)
    doubtful = wish.verdict in {Verdict.IN_SERVICE, Verdict.AWAY} and Status(person.status) not in PRESENT
    return _words(wish, f"理由（人事の記録では「{Status(person.status).label_ja}」です）", doubtful)


_FILLED: Final[Mapping[str, tuple[frozenset[Verdict], str]]] = {
    "rights": (frozenset({Verdict.REDUCE}), "外す権限"),
    "until": (frozenset({Verdict.LAPSE, Verdict.LEFT}), "日付"),
    "given_to": (frozenset({Verdict.KEEPER, Verdict.REASSIGN}), "職員"),
}


def _superfluous(wish: Wish) -> SheetError | None:
    """Filled in although this verdict has no use for it: it says two things, and nobody knows which was meant."""
    for name, (verdicts, label) in _FILLED.items():
        if getattr(wish, name) and wish.verdict not in verdicts:
            others = "か".join(f"「{each.label_ja}」" for each in Verdict if each in verdicts)
            return SheetError(
                [f"「{wish.verdict.label_ja}」に{label}は書けません。{label}を書くときは{others}にしてください。"]
            )
    return None


def _words(wish: Wish, what: str, needed: bool) -> SheetError | None:  # noqa: FBT001 - read as "words, if needed"
    if needed and not wish.reason.strip():
        return SheetError([f"「{wish.verdict.label_ja}」には、{what}を書いてください。"])
    wrong = why_not_words(wish.reason)
    return SheetError([f"理由: {wrong}"]) if wrong else None


def why_not_words(text: str) -> str:
    """What is wrong with words that somebody wrote, or ""."""
    if len(text) > LONGEST_WORDS:
        return f"{LONGEST_WORDS}文字までにしてください。"
    if not all(char.isprintable() or char.isspace() for char in text):
        return "使えない文字があります。書き直してください。"
    if holds_my_number(text):
        return "個人番号（マイナンバー）のような12桁の数字があります。消してください。"
    return ""


def _keep(line: Line, _wish: Wish, _known: Known) -> IamError | None:
    return SheetError([NOBODYS]) if ownerless(line) else None


def _reduce(line: Line, wish: Wish, _known: Known) -> IamError | None:
    if (wrong := _keep(line, wish, _known)) is not None:
        return wrong
    held = {each.right for each in line.rights}
    if not wish.rights:
        return SheetError(["「一部の権限を外す」には、外す権限を選んでください。"])
    if unknown := sorted(set(wish.rights) - held):
        return SheetError([f"権限「{'」「'.join(unknown)}」は、このIDにありません。"])
    return None


def _lapse(_line: Line, wish: Wish, known: Known) -> IamError | None:
    if wish.until is None:
        return SheetError(["「期限で終了」には、使える最後の日を書いてください。"])
    if not known.on <= wish.until <= known.on + LONGEST_LAPSE:
        return SheetError([f"最後の日は {known.on} から {known.on + LONGEST_LAPSE} までの日にしてください。"])
    return None


def _keeper(line: Line, wish: Wish, known: Known) -> IamError | None:
    if line.person_id is not None:
        return SheetError(["職員個人のIDに管理者は定められません。「継続」「停止」などで回答してください。"])
    if line.kind == AccountKind.PRIVILEGED:
        return SheetError(["特権IDは、特権IDの台帳で扱います。「継続」「停止」などで回答してください。"])
    return _somebody(wish, known, "管理者", known.unfit)


def _reassign(line: Line, wish: Wish, known: Known) -> IamError | None:
    if line.account_id is not None or line.keeper_id is not None or line.kind:
        return SheetError(["台帳にあるIDの持ち主は、棚卸では替えられません。「継続」「停止」などで回答してください。"])
    if line.sorting is Sorting.MISSING:
        return SheetError(["システムにないIDの持ち主は定められません。「停止」で回答してください。"])
    if line.system in known.has.get(wish.given_to or 0, frozenset()):
        return SheetError(["その職員には、このシステムのIDが既にあります。どちらかを「停止」にしてください。"])
    return _somebody(wish, known, "持ち主", known.strange)


def _somebody(wish: Wish, known: Known, what: str, refused: Mapping[int, str]) -> IamError | None:
    if wish.given_to is None:
        return SheetError([f"{what}にする職員を選んでください。"])
    if wish.given_to == known.by:
        return Forbidden(f"自分を{what}にすることは、自分では決められません。統括か、ほかの責任者が回答します。")
    if words := refused.get(wish.given_to):
        return SheetError([f"{what}にできません。{words}"])
    return None


Check = Callable[[Line, Wish, Known], IamError | None]

_LINES: Final[Mapping[Verdict, Check]] = {
    Verdict.KEEP: _keep, Verdict.REDUCE: _reduce, Verdict.LAPSE: _lapse, Verdict.KEEPER: _keeper,
    Verdict.REASSIGN: _reassign,
}  # fmt: skip


def says(answer: Answer, wish: Wish) -> bool:
    """Whether an answer stands already as it is wished, given by somebody and word for word."""
    told = answer.verdict, answer.reason, answer.rights, answer.until, answer.given_to
    asked = wish.verdict, wish.reason.strip(), tuple(sorted(set(wish.rights))), wish.until, wish.given_to
    return answer.how is not How.SILENCE and told == asked


def refrozen(line: Line, wish: Wish) -> Conflict | None:
    """What somebody is told who looked at a line before its system was read at last, and found it otherwise."""
    if line.refrozen <= wish.seen:
        return None
    return Conflict("ご覧になったあとにシステムを読み直し、この行の内容が変わりました。開き直して確かめてください。")


def overtaken(answer: Answer | None, wish: Wish, names: Mapping[int, str]) -> Conflict | None:
    """What the second of two reviewers is told: who answered after they looked, what and when."""
    if answer is None or answer.answered_by is None or answer.revision <= wish.seen:
        return None
    who, when = names.get(answer.answered_by, "ほかの担当者"), local_text(answer.answered_at)
    return Conflict(
        f"ご覧になったあと、{who}さんが {when} に「{answer.verdict.label_ja}」と回答しました。"
        "その回答はそのまま残っています。開き直して確かめ、変えるときはもう一度回答してください。"
    )
