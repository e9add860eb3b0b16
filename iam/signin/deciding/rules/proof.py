"""The proofs: what was proved, of how many kinds, how long ago, in which zone; and what a step up asks for.

The one law: *kinds, not counts* (OITA-S6.4.4, R22), and a proof grows old
(R38): what does not suffice any more is asked for again, never waved through.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from iam.policy.entry.systems import Unregistered
from iam.signin.deciding.question import Held, Needs, Outcome, Question, Reason
from iam.signin.deciding.rules.place import comes_from_outside, over_public_line, placed
from iam.signin.kinds import Kind, Proofs

TWO: Final = 2
"""Kinds, where a rule asks for several (OITA-S6.4.4)."""

NOTHING: Final = Proofs()


@dataclass(frozen=True, slots=True)
class Demand:
    """What one rule asks of the proofs.  `whose`: who asks, as a sentence begins; `holding`: one is of possession;
    `though`: what it makes up for, as a sentence begins."""

    code: str
    clause: str
    whose: str
    kinds: int = 1
    resistant: bool = False
    holding: bool = False
    though: str = ""

    def met(self, proofs: Proofs) -> bool:
        """Whether these proofs are enough."""
        kinds = proofs.kinds
        return (
            len(kinds) >= self.kinds
            and (proofs.phishing_resistant or not self.resistant)
            and (Kind.POSSESSION in kinds or not self.holding)
        )

    @property
    def words(self) -> str:
        """What is asked for."""
        if self.resistant:
            return "フィッシングに強い認証（セキュリティキーかICカード）"
        if self.kinds >= TWO:
            return f"種類の異なる{'二' if self.kinds == TWO else '三'}つの認証要素"
        return "認証"


def demands(question: Question) -> Iterator[Demand]:
    """Everything that rules and the asking system ask of the proofs."""
    signin, entry, asked = question.signin, question.entry, question.asked
    proofs = question.clause("proofs")
    if signin.second_factor:
        clause = signin.clauses.get("second_factor", proofs)
        yield Demand("two-kinds", clause, f"{question.zone_label}の情報システムには、", TWO)
    if signin.phishing_resistant:
        clause = signin.clauses.get("phishing_resistant", proofs)
        yield Demand("resistant", clause, "利用者の役割や領域から、", resistant=True)
    if comes_from_outside(question):
        whose, though = (
            ("庁外からは、", "庁外からですが、")
            if placed(question)
            else ("庁内からと確かめられないときは、", "庁内からと確かめられませんが、")
        )
        yield Demand("outside-kinds", proofs, whose, TWO, holding=over_public_line(question), though=though)
    if question.terminal is None and entry.unregistered is Unregistered.STEP_UP:
        clause = entry.clauses.get("unregistered", question.clause("registered"))
        though = "登録された端末と確かめられませんが、"
        yield Demand("unregistered", clause, "登録された端末と確かめられないときは、", TWO, though=though)
    if asked.kinds > 1:
        yield Demand("asked-kinds", proofs, f"「{question.system_name}」は、", asked.kinds)
    if asked.resistant:
        yield Demand("asked-resistant", proofs, f"「{question.system_name}」は、", resistant=True)


def proof(question: Question) -> Iterator[Reason]:
    """Whether enough was proved, recently enough, in a zone from which it counts here."""
    held = question.held
    proofs = question.clause("proofs")
    if held is None:
        sentence, cure = "まだサインインしていません。", "サインインしてください。"
        yield Reason("sign-in", Outcome.STEP_UP, proofs, sentence, cure)
    else:
        words = "、".join(method.label_ja for method in held.proofs.methods) or "なし"
        yield Reason("signed-in", Outcome.ALLOW, proofs, f"サインインしています（{words}）。")
        yield from _limits(question, held)
    yield from _zone(question, held)
    given = held.proofs if held else NOTHING
    for demand in demands(question):
        if demand.met(given):
            yield Reason(demand.code, Outcome.ALLOW, demand.clause, f"{demand.though}{demand.words}で確かめています。")
        else:
            sentence = f"{demand.whose}{demand.words}が必要です。"
            yield Reason(demand.code, Outcome.STEP_UP, demand.clause, sentence, "追加の認証をしてください。")
    if question.waiver:
        clause = question.signin.clauses.get("second_factor", proofs)
        sentence = f"例外措置により、二つの要素を求めていません（{question.waiver}）。"
        yield Reason("waiver", Outcome.ALLOW, clause, sentence)


def needs(question: Question) -> Needs:
    """What a step up must end with: everything that is asked, whether or not it is there already."""
    found = Needs(max_age=question.asked.max_age)
    for demand in demands(question):
        found = found.and_(Needs(max(demand.kinds, 1), demand.resistant))
    held = question.held
    if held is None:
        return found
    for limit, since in ((_idle(question, held), held.seen_at), (question.signin.overall, held.proved_at)):
        if question.at - since >= limit:
            found = found.and_(Needs(max_age=limit))
    return found


def turns(question: Question) -> Iterator[datetime]:
    """The instants at which a proof grows too old, past or to come."""
    held = question.held
    if held is None:
        return
    yield held.seen_at + _idle(question, held)
    yield held.proved_at + question.signin.overall
    if held.ends_at is not None:
        yield held.ends_at
    if question.asked.max_age is not None:
        yield held.proved_at + question.asked.max_age


def _idle(question: Question, held: Held) -> timedelta:
    return question.signin.idle if held.idle is None else min(question.signin.idle, held.idle)


def _limits(question: Question, held: Held) -> Iterator[Reason]:
    """Idle since, and proved when (R38).  The overall limit counts from the last whole proof: to prove oneself again
    is what it asks for, and a session moves no limit of its own by it."""
    at, clauses, limits = question.at, question.signin.clauses, question.clause("limits")
    again = "もう一度、本人であることを確かめてください。"
    if held.locked:
        yield Reason("locked", Outcome.STEP_UP, limits, "画面がロックされています。", "ロックを解除してください。")
    if held.duty:
        yield _duty(question, held.duty)
    if at - held.seen_at >= _idle(question, held):
        sentence = "しばらく操作がなかったため、本人の確認が必要です。"
        yield Reason("idle", Outcome.STEP_UP, clauses.get("idle", limits), sentence, again)
    if at - held.proved_at >= question.signin.overall or (held.ends_at is not None and at >= held.ends_at):
        sentence = "サインインから時間がたったため、本人の確認が必要です。"
        yield Reason("overall", Outcome.STEP_UP, clauses.get("overall", limits), sentence, again)
    if question.asked.max_age is not None and at - held.proved_at >= question.asked.max_age:
        sentence = f"「{question.system_name}」は、直前の本人確認を求めています。"
        yield Reason("asked-age", Outcome.STEP_UP, limits, sentence, again)


def _duty(question: Question, duty: str) -> Reason:
    clause = question.clause("proofs")
    if duty == "password":
        sentence, cure = "先にパスワードを変更する必要があります。", "ポータルでパスワードを変更してください。"
    else:
        sentence, cure = "先に認証要素を登録する必要があります。", "ポータルで認証要素を登録してください。"
    return Reason(f"duty-{duty}", Outcome.STEP_UP, clause, sentence, cure)


def _zone(question: Question, held: Held | None) -> Iterator[Reason]:
    """A session of one zone is no session in another, unless a listed flow leads there (R42, OITA-S5.1.1)."""
    if (held.zone if held else question.portal) == question.zone or question.via:
        return
    clause = question.entry.clauses.get("across", question.clause("place"))
    sentence = f"サインインした領域から、{question.zone_label}の「{question.system_name}」には入れません。"
    yield Reason(
        "session-zone", Outcome.DENY, clause, sentence, f"{question.zone_label}の窓口からサインインしてください。"
    )
