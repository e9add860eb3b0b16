"""The place: from which network somebody comes, through which zone, and from outside by which permission.

The one law: *a place that is not known is the strictest that it could be*
(OITA-S5.1.1, OITA-S8.1.8, R27).  An address that stands in no network of the body is
a public line; no address at all could besides stand in a zone from which nothing
leads here, so where the network is divided it lets nobody in.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from iam.access.places.networks import Origin
from iam.access.places.permissions import Permission
from iam.access.places.terminals import Terminal
from iam.policy.entry.systems import Across, Outside
from iam.record.columns import jst_day
from iam.signin.deciding.question import Outcome, Question, Reason

PLACE: Final = "許可された場所の端末から開き直してください。"
PERMIT: Final = "業務で必要なときは、理由、期間、端末を示して庁外利用の許可を申請してください。"


def comes_from_outside(question: Question) -> bool:
    """Whether the rules for outside hold: for everything that is not known to be the office."""
    return question.place.origin is not Origin.OFFICE


def over_public_line(question: Question) -> bool:
    """Whether the rules for public lines hold: also for a place that is not known."""
    return question.place.origin in {Origin.PUBLIC, Origin.UNKNOWN}


def placed(question: Question) -> bool:
    """Whether the place's zone is known; the office of an undivided network has the zone ""."""
    return question.place.origin is not Origin.UNKNOWN


def place(question: Question) -> Iterator[Reason]:
    """Whether one may come in from this place."""
    yield from _zone(question)
    if comes_from_outside(question):
        yield from _outside(question)


def _zone(question: Question) -> Iterator[Reason]:
    here, across = question.place, question.entry.clauses.get("across", question.clause("place"))
    if not placed(question):
        if not here.address and question.zone:
            sentence = "接続元のアドレスが分からないため、どの領域からの接続か確かめられません。"
            yield Reason("address-missing", Outcome.DENY, question.clause("place"), sentence, PLACE)
    elif here.zone == question.zone:
        sentence = f"{here.origin.label_ja}の「{here.network or question.zone_label}」から接続しています。"
        yield Reason("place", Outcome.ALLOW, question.clause("place"), sentence)
    elif question.entry.across is Across.NONE or not question.flow:
        sentence = f"「{here.network}」からは、{question.zone_label}の「{question.system_name}」に接続できません。"
        cure = f"{question.zone_label}の端末から利用してください。"
        yield Reason("no-flow", Outcome.DENY, across, sentence, cure)
    else:
        sentence = f"「{here.network}」から{question.zone_label}への、認められた通信です。"
        yield Reason("flow", Outcome.ALLOW, question.flow, sentence)


def _outside(question: Question) -> Iterator[Reason]:
    public = over_public_line(question)
    name = "public" if public else "outside"
    closed = question.entry.outside is Outside.DENY or (public and question.entry.public is Outside.DENY)
    clause = question.entry.clauses.get(name, question.clause("device"))
    words = _words(question)
    if closed:
        sentence = f"{words}からは、「{question.system_name}」を利用できません。"
        yield Reason(f"{name}-closed", Outcome.DENY, clause, sentence, PLACE)
    elif (permission := question.permission) is None or not _holds(question, permission):
        sentence = f"{words}から利用する許可がありません。"
        yield Reason(f"{name}-no-permission", Outcome.DENY, clause, sentence, PERMIT)
    elif public and not permission.public:
        sentence = f"{words}から利用する許可がありません。庁外からの許可は、公衆回線を含みません。"
        yield Reason("public-no-permission", Outcome.DENY, clause, sentence, PERMIT)
    elif not takes_along(permission, question.terminal):
        sentence = "庁外利用を許可された端末ではありません。"
        cure = "許可された持出し用の端末から利用してください。"
        yield Reason("outside-terminal", Outcome.DENY, question.clause("device"), sentence, cure)
    else:
        sentence = f"{words}から利用する許可があります（{permission.valid_until}まで）。"
        yield Reason("permission", Outcome.ALLOW, permission.clause, sentence)


def _words(question: Question) -> str:
    if question.place.origin is not Origin.UNKNOWN:
        return question.place.origin.label_ja
    return "登録のないネットワーク" if question.place.address else "接続元の分からない場所"


def _holds(question: Question, permission: Permission) -> bool:
    return permission.person_id == question.person_id and permission.lives(jst_day(question.at))


def takes_along(permission: Permission, terminal: Terminal | None) -> bool:
    """Whether the permission is good with this terminal: one that may leave the office, and the one that it names.

    A terminal that the register does not hold never is, nor one that may leave no more (OITA-S7.1.1.3).
    """
    return terminal is not None and terminal.outside and permission.terminal_id in {None, terminal.id}


def best(permissions: Iterable[Permission], terminal: Terminal | None) -> Permission | None:
    """Of several live permissions the one that says most: good with this terminal, then for public lines as well."""
    return max(permissions, key=lambda each: (takes_along(each, terminal), each.public, each.valid_until), default=None)
