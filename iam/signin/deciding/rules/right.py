"""The person and the right: whether they stand where they may come in, and may use the system today.

The one law: *the ledger of today decides* (R02, OITA-S8.2.1.1): neither a
sign-in of this morning nor an account that still stands somewhere gives a right.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from iam.people.standing import Status
from iam.signin.deciding.question import Outcome, Question, Reason

ASK: Final = "心当たりがないときは、情報システムの担当に問い合わせてください。"

_STANDING: Final[Mapping[str, str]] = {
    "suspended": "利用の権利が停止されています。",
    Status.FUTURE: "着任の日が来ていません。",
    Status.ON_LEAVE: "休職・休業の期間中です。",
    Status.AWAY: "派遣・出向の期間中です。",
    Status.ABSENT: "人事の名簿に見当たりません。",
    Status.LAPSED: "任期が満了し、更新の発令がありません。",
    Status.LEFT: "退職しています。",
    Status.UNTOLD: "有効な発令がありません。",
}


def standing(question: Question) -> Iterator[Reason]:
    """Whether the person may come in at all (R02)."""
    clause = question.clause("standing")
    if question.standing:
        words = _STANDING.get(question.standing, "在職していません。")
        yield Reason("standing", Outcome.DENY, clause, words, ASK)
    else:
        yield Reason("in-service", Outcome.ALLOW, clause, "職員として利用できる状態にあります。")


def right(question: Question) -> Iterator[Reason]:
    """Whether they have an ID in the system today, and the right inside it that was asked for (OITA-S8.2.1.1)."""
    words, clause = question.because
    asked, name = question.asked.entitlement, question.system_name
    cure = "業務に必要なときは、所属の長を通じて権限の付与を申請してください。"
    if question.rights is None:
        sentence = f"「{name}」を使う権限が、今日の時点でありません。"
        yield Reason("no-right", Outcome.DENY, clause, sentence, cure)
    elif asked and asked not in question.rights:
        sentence = f"「{name}」に入るために必要な権限（{asked}）がありません。"
        yield Reason("no-entitlement", Outcome.DENY, question.clause("right"), sentence, cure)
    else:
        why = f"根拠: {words}。" if words else ""
        yield Reason("right", Outcome.ALLOW, clause, f"「{name}」を使う権限があります。{why}")
