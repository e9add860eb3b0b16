"""Permission to come in from outside the office: what an officer asks, and what another one's confirmation does.

The one law: *no permission without a reason, an end of a year at most, and two officers* (OITA-S8.2.2.1,
OITA-S8.2.2.2, OITA-S7.1.1.3, R27); one for a public line is an exception that the approver alone gives
(OITA-S8.2.2.7).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import Connection

from iam import outbox
from iam.access.places import permissions
from iam.access.places.permissions import Permission, Terms
from iam.access.places.terminals import TerminalState, terminal_by_id
from iam.errors import Conflict, Forbidden, NotFound
from iam.office.cases import Case, CaseKind, ask
from iam.office.deputies import wrong_days
from iam.office.roles import Offices, roles_held
from iam.outbox import Topic
from iam.people.ledger import people
from iam.people.standing import Status
from iam.policy.entry.systems import Outside
from iam.policy.profile import Role
from iam.record.act import Act
from iam.record.columns import jst_day

LIFE: Final = timedelta(days=7)
"""How long such a case waits: nobody stands at a desk for it."""

WITHDRAWS: Final = frozenset({Role.GENERAL_OFFICER, Role.APPROVER, Role.OPERATOR, Role.TERMINAL_OFFICER})
"""Who may take a permission back; its holder may as well."""

_LOST: Final = frozenset({TerminalState.LOST, TerminalState.RETIRED})


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for.  `terminal_id` None: with any terminal that may leave the office."""

    person_id: int
    terms: Terms

    @property
    def content(self) -> dict[str, object]:
        """As a case holds it."""
        return {
            "terminal_id": self.terms.terminal_id, "public": self.terms.public,
            "valid_from": self.terms.valid_from.isoformat(), "valid_until": self.terms.valid_until.isoformat(),
        }  # fmt: skip

    @classmethod
    def of(cls, case: Case) -> "Wish":
        """What the case asks for."""
        if case.subject_id is None:
            raise NotFound("だれに許可するかが書かれていない申請です。あらためて申請してください。")
        content: Mapping[str, Any] = case.content
        first, last = (date.fromisoformat(content[name]) for name in ("valid_from", "valid_until"))
        return cls(case.subject_id, Terms(content["terminal_id"], content["public"], first, last))


def propose(act: Act, offices: Offices, asked_by: int, wish: Wish, reason: str) -> Case:
    """Ask for a permission; another officer confirms.

    Raises:
        Conflict, Forbidden, NotFound: the first rule that stands against it.
    """
    if not reason.strip():
        raise Conflict("庁外から使う理由を書いてください。")
    if refusal := why_not(act.connection, offices, wish, jst_day(act.at)):
        raise refusal
    return ask(
        act, offices, CaseKind.OUTSIDE, asked_by, subject_id=wish.person_id, content=wish.content, reason=reason,
        life=LIFE,
    )  # fmt: skip


def take_effect(act: Act, offices: Offices, case: Case) -> Permission:
    """What confirming does: the permission, judged once more.

    Raises:
        Conflict, Forbidden, NotFound: when it could no longer be asked for today.
    """
    wish = Wish.of(case)
    if refusal := why_not(act.connection, offices, wish, jst_day(act.at)):
        raise refusal
    clause = clause_of(offices, public=wish.terms.public)
    return permissions.give(act, wish.person_id, wish.terms, reason=case.reason, clause=clause, case_id=case.id)


def clause_of(offices: Offices, *, public: bool) -> str:
    """The clause behind a permission: of public lines it is one of its own."""
    general = offices.profile.entry.general
    return (general.public if public else general.outside).clause


def withdraw(act: Act, offices: Offices, permission_id: int, by: int, reason: str) -> Permission:
    """Take a permission back before its last day: one officer, or its holder, is enough to take away.

    Raises:
        NotFound: no such permission; Conflict: it is over; Forbidden: neither its holder nor such an officer asks.
    """
    found = permissions.permission(act.connection, permission_id)
    roles = roles_held(act.connection, offices, by, jst_day(act.at))
    if by != found.person_id and not roles & WITHDRAWS:
        raise Forbidden("許可を取り消せるのは、許可を受けた本人と、統括・承認・運用・端末の担当者だけです。")
    found = permissions.withdraw(act, permission_id, reason)
    for who in people(act.connection, [found.person_id] if by != found.person_id else []):
        told: dict[str, outbox.Value] = {"last": found.valid_until, "on": jst_day(act.at)}
        outbox.tell(act, who.id, who.email, Topic.OUTSIDE_ENDED, told)
    return found


def why_not(
    connection: Connection, offices: Offices, wish: Wish, today: date
) -> Conflict | Forbidden | NotFound | None:
    """The first rule that stands against this permission, or None."""
    return next(iter(mistakes(connection, offices, wish, today).values()), None)


def mistakes(
    connection: Connection, offices: Offices, wish: Wish, today: date
) -> dict[str, Conflict | Forbidden | NotFound]:
    """Every rule that stands against it, by what it is about: "until", "person", "terminal" or "public"."""
    found = {
        "until": wrong_days(wish.terms.valid_from, wish.terms.valid_until, today),
        "person": _wrong_person(connection, offices, wish, max(wish.terms.valid_from, today)),
        "terminal": _wrong_terminal(connection, wish),
        "public": _wrong_line(offices, wish.terms),
    }
    return {about: refusal for about, refusal in found.items() if refusal is not None}


def _wrong_person(connection: Connection, offices: Offices, wish: Wish, begins: date) -> Conflict | NotFound | None:
    person = next(people(connection, [wish.person_id]), None)
    if person is None:
        return NotFound("その職員は台帳にいません。職員番号を確かめてください。")
    status = offices.standing(person, begins).status
    if status is not Status.IN_SERVICE:
        return Conflict(f"{person.name}さんは{begins}に在職していません（{status.label_ja}）。")
    return None


def _wrong_terminal(connection: Connection, wish: Wish) -> Conflict | NotFound | None:
    if wish.terms.terminal_id is None:
        return None
    try:
        found = terminal_by_id(connection, wish.terms.terminal_id)
    except NotFound as missing:
        return missing
    if found.state in _LOST:
        return Conflict(f"管理番号「{found.code}」の端末は「{found.state.label_ja}」のため、使えません。")
    if not found.outside:
        return Conflict(f"管理番号「{found.code}」の端末は、庁外への持出しが認められていません。")
    if found.person_id not in {None, wish.person_id}:
        return Conflict(f"管理番号「{found.code}」の端末は、ほかの職員に貸し出されています。")
    return None


def _wrong_line(offices: Offices, terms: Terms) -> Forbidden | None:
    general = offices.profile.entry.general
    if general.outside.value is Outside.DENY:
        return Forbidden(f"この団体では、庁外からの利用を認めていません（{general.outside.clause}）。")
    if terms.public and general.public.value is Outside.DENY:
        return Forbidden(f"この団体では、公衆回線からの利用を認めていません（{general.public.clause}）。")
    return None
