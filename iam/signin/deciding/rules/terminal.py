"""The terminal: whether it is in the register, in whose hands, in its own network, set apart for this work.

The one law: *a terminal that may not be used lets nobody in*, whoever sits
before it and whatever they prove (OITA-S6.4.1, OITA-S8.1.19.2, OITA-S8.2.3).
"""

from collections.abc import Iterator, Mapping
from typing import Final

from iam.access.places.terminals import Terminal, TerminalKind, TerminalState
from iam.policy.entry.systems import Unregistered
from iam.record.columns import jst_day
from iam.signin.deciding.question import Outcome, Question, Reason
from iam.signin.deciding.rules.place import placed

OTHER: Final = "自分に割り当てられた端末から利用してください。"
DESK: Final = "端末の管理者に問い合わせてください。"

_STATES: Final[Mapping[TerminalState, tuple[str, str, str]]] = {
    TerminalState.LOST: ("terminal-lost", "紛失の届けが出ている端末です。", f"見つかったときは、{DESK}"),
    TerminalState.RETIRED: ("terminal-retired", "廃止された端末です。", OTHER),
    TerminalState.IN_STOCK: ("terminal-in-stock", "保管中で、まだだれにも渡していない端末です。", DESK),
}


def terminal(question: Question) -> Iterator[Reason]:
    """Whether one may come in at this terminal."""
    found = question.terminal
    if found is None:
        yield from _unregistered(question)
        return
    speaks_against = [*_state(question, found), *_where(question, found), *_tasks(question, found)]
    if speaks_against:
        yield from speaks_against
    else:
        sentence = f"登録された端末です（{found.code}）。"
        yield Reason("terminal", Outcome.ALLOW, question.clause("registered"), sentence)


def _unregistered(question: Question) -> Iterator[Reason]:
    rule, clause = question.entry.unregistered, question.entry.clauses.get("unregistered", "")
    clause = clause or question.clause("registered")
    words = (
        "示された端末は、台帳にありません。" if question.presented else "登録された端末であることを確かめられません。"
    )
    if rule is Unregistered.DENY:
        yield Reason("unregistered", Outcome.DENY, clause, words, "登録された端末から利用してください。")
    elif rule is Unregistered.ALLOW:
        yield Reason("unregistered", Outcome.ALLOW, clause, f"{words}この領域では認められています。")
    # STEP_UP is a matter of proofs (proof.py).
    if question.dedicated:
        yield _not_set_apart(question)


def _state(question: Question, found: Terminal) -> Iterator[Reason]:
    """Lost, put away, not handed out; or in somebody else's hands (OITA-S6.4.1, OITA-S8.2.2.5)."""
    if found.state in _STATES:
        code, sentence, cure = _STATES[found.state]
        yield Reason(code, Outcome.DENY, question.clause("lost"), sentence, cure)
    if found.kind is TerminalKind.DEVICE:
        sentence = "職員がサインインする端末としては登録されていない機器です。"
        yield Reason("terminal-device", Outcome.DENY, question.clause("registered"), sentence, OTHER)
    if found.state is not TerminalState.LENT:
        return
    if found.person_id != question.person_id:
        yield Reason("terminal-lent", Outcome.DENY, question.clause("lent"), "ほかの職員に貸し出した端末です。", OTHER)
    if found.lent_until is not None and found.lent_until < jst_day(question.at):
        sentence = f"貸出しの期限（{found.lent_until}）を過ぎた端末です。"
        yield Reason("terminal-overdue", Outcome.DENY, question.clause("lent"), sentence, DESK)


def _where(question: Question, found: Terminal) -> Iterator[Reason]:
    """A terminal stays in its own network (OITA-S8.1.19.2); from there a listed flow may lead on."""
    clause = question.clause("elsewhere")
    if placed(question) and found.zone != question.place.zone:
        sentence = f"「{question.place.network}」とは別の領域の端末です。"
        yield Reason("terminal-elsewhere", Outcome.DENY, clause, sentence, "端末を元のネットワークに戻してください。")
    elif found.zone != question.zone and not (placed(question) and question.flow):
        sentence = f"{question.zone_label}の端末ではありません。"
        cure = f"{question.zone_label}の端末から利用してください。"
        yield Reason("terminal-zone", Outcome.DENY, clause, sentence, cure)


def _tasks(question: Question, found: Terminal) -> Iterator[Reason]:
    """A terminal that is set apart does its own work alone, and work that asks for one is done at one (専用端末)."""
    if found.tasks and question.system not in found.tasks:
        sentence = "ほかの業務の専用端末です。"
        yield Reason("terminal-other-task", Outcome.DENY, question.clause("dedicated"), sentence, OTHER)
    elif question.dedicated and not found.tasks:
        yield _not_set_apart(question)


def _not_set_apart(question: Question) -> Reason:
    sentence = f"「{question.system_name}」は、専用の端末からだけ利用できます。"
    cure = "この業務の専用端末から利用してください。"
    return Reason("not-dedicated", Outcome.DENY, question.clause("dedicated"), sentence, cure)
