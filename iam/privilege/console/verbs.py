"""The verbs that may be prepared at the console: what each is given, what is looked at early, what it then does.

The one law: *the verb is the portal's own* (design law 4): nothing here decides; each goes to the verb that a page of
the portal calls, as the person who is signed in there, with what was seen when it was prepared.

Content is what JSON holds: numbers of rows, texts, days as 2027-04-01.  `seen` is the hash of what it is about.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final, TypeAlias

from sqlalchemy import Connection

from iam.errors import Conflict, Forbidden, IamError
from iam.policy.profile import Role
from iam.privilege import delegating, using
from iam.privilege.delegating import delegation
from iam.privilege.register import privileged_id
from iam.privilege.using import Acting, use
from iam.privilege.using.deciding import why_not_confirm, why_not_write
from iam.record.act import Act
from iam.signin.door import Door, entrant

Content: TypeAlias = Mapping[str, Any]

_CHANGED: Final = "準備したあとで、対象の内容が変わりました。内容を確かめて、準備し直してください。"


class Verb(StrEnum):
    """What may be prepared."""

    NOMINATE = "nominate"
    APPROVE = "approve"
    DECLINE = "decline"
    RECEIVE = "receive"
    REVIEW = "review"
    ASK = "ask"
    JOIN = "join"
    RECORD = "record"
    CONFIRM_RECORD = "confirm-record"
    EMERGENCY = "emergency"
    APPROVE_AFTERWARDS = "approve-afterwards"

    @property
    def label_ja(self) -> str:
        """The words that people read."""
        return {
            "nominate": "特権代行の指名", "approve": "特権代行の承認", "decline": "特権代行の指名の差戻し",
            "receive": "承認の知らせの受領", "review": "例外措置による指名の確認", "ask": "特権IDの利用の申請",
            "join": "特権IDの利用の立会い", "record": "作業記録の提出", "confirm-record": "作業記録の確認",
            "emergency": "特権IDの緊急利用の開始", "approve-afterwards": "緊急利用の事後の承認",
        }[self.value]  # fmt: skip


USERS: Final = frozenset({Verb.ASK, Verb.EMERGENCY})
"""Those of whoever will use a privileged ID: proved with a phishing-resistant factor."""

_ON_USES: Final = frozenset({Verb.JOIN, Verb.RECORD, Verb.CONFIRM_RECORD, Verb.APPROVE_AFTERWARDS})


def subject_of(verb: Verb, content: Content) -> str:
    """What the audit is told that it was tried upon: "use 5", "delegation 5", "privileged_id 5", "delegation"."""
    if verb in _ON_USES:
        return f"use {content['use']}"
    if verb in USERS:
        return f"privileged_id {content['privileged_id']}"
    return f"delegation {content['delegation']}" if "delegation" in content else "delegation"


def of_uses(verb: Verb) -> bool:
    """Whether a refusal belongs to the story of a use."""
    return verb in _ON_USES or verb in USERS


# --- at the console

_HEADS: Final = frozenset({Role.GENERAL_OFFICER, Role.APPROVER})
_ROLES: Final[Mapping[Verb, frozenset[Role]]] = {
    Verb.NOMINATE: frozenset({Role.GENERAL_OFFICER}), Verb.RECEIVE: frozenset({Role.GENERAL_OFFICER}),
    Verb.APPROVE: frozenset({Role.APPROVER}), Verb.DECLINE: frozenset({Role.APPROVER}),
    Verb.APPROVE_AFTERWARDS: frozenset({Role.APPROVER}),
    Verb.REVIEW: _HEADS | {Role.HR_OFFICER, Role.DATA_OFFICER},
}  # fmt: skip
"""Whoever may come to the portal's page for it; the verb itself decides more narrowly."""


def seen(connection: Connection, verb: Verb, content: Content, at: datetime) -> str:
    """The hash of what it is about, as it stands; "" where that cannot change.

    Raises:
        NotFound: there is no such row.
    """
    match subject_of(verb, content).split():
        case ["delegation", number]:
            return delegation(connection, int(number), at).content_hash
        case ["privileged_id", number]:
            return privileged_id(connection, int(number)).digest
        case ["use", number] if verb is not Verb.RECORD:
            return using.seen_in(use(connection, int(number)))
        case ["use", number]:
            use(connection, int(number))
    return ""


def mistaken(act: Act, door: Door, verb: Verb, person_id: int, content: Content) -> None:
    """Say at the console already what stands against it: nobody is shown in the portal what is not theirs to decide.

    Raises:
        Conflict, Forbidden, NotFound: the first rule.
    """
    connection, at = act.connection, act.at
    roles = entrant(connection, door, person_id, at).roles
    asked = _ROLES.get(verb, frozenset())
    if asked and not asked & roles:
        names = "、".join(each.label_ja for each in Role if each in asked)
        raise Forbidden(f"この職員は、この操作のできる役割（{names}）を持っていません。")
    refusal: IamError | None = None
    if verb is Verb.NOMINATE:
        refusal = next(iter(delegating.mistakes(connection, door, person_id, wish_of(content), at).values()), None)
    elif verb is Verb.RECORD:
        refusal = why_not_write(use(connection, content["use"]), person_id)
    elif verb is Verb.CONFIRM_RECORD:
        refusal = why_not_confirm(use(connection, content["use"]), person_id, roles)
    if refusal is not None:
        raise refusal


# --- in the portal


def wish_of(content: Content) -> delegating.Wish:
    """What is nominated."""
    return delegating.Wish(
        content["delegate"], tuple(content["ids"]), date.fromisoformat(content["first"]),
        date.fromisoformat(content["last"]), content["reason"], content["conditions"], content["renews"],
    )  # fmt: skip


def do(act: Act, acting: Acting, verb: Verb, content: Content) -> str:
    """Do it as the person in `acting`; what it was about or made, as the audit names it.

    Raises:
        ProofNeeded, Conflict, Forbidden, NotFound: as the verb itself.
    """
    if content.get("seen", "") != seen(act.connection, verb, content, act.at):
        raise Conflict(_CHANGED)
    return _DOES[verb](act, acting, content)


def _nominate(act: Act, me: Acting, content: Content) -> str:
    return delegating.nominate(act, me.door, me.id, wish_of(content)).subject


def _approve(act: Act, me: Acting, content: Content) -> str:
    return delegating.approve(act, me.door, content["delegation"], me.id, content["seen"]).subject


def _decline(act: Act, me: Acting, content: Content) -> str:
    return delegating.decline(act, me.door, content["delegation"], me.id, content["reason"]).subject


def _receive(act: Act, me: Acting, content: Content) -> str:
    return delegating.receive(act, me.door, content["delegation"], me.id).subject


def _review(act: Act, me: Acting, content: Content) -> str:
    return delegating.review(act, me.door, content["delegation"], me.id, content["words"]).subject


def _ask(act: Act, me: Acting, content: Content) -> str:
    wish = using.Wish(content["privileged_id"], content["purpose"], content["decision_number"], content["minutes"])
    return using.ask(act, me, wish).subject


def _emergency(act: Act, me: Acting, content: Content) -> str:
    wish = using.Wish(content["privileged_id"], content["purpose"])
    return using.start_emergency(act, me, wish, content["reason"]).subject


def _join(act: Act, me: Acting, content: Content) -> str:
    return using.join(act, me, content["use"]).subject


def _record(act: Act, me: Acting, content: Content) -> str:
    return using.write_record(act, me, content["use"], content["text"], content["decision_number"]).subject


def _confirm_record(act: Act, me: Acting, content: Content) -> str:
    return using.confirm_record(act, me, content["use"], content["words"], seen=content["seen"]).subject


def _approve_afterwards(act: Act, me: Acting, content: Content) -> str:
    number, words = content["use"], content["words"]
    return using.approve_afterwards(act, me.door, number, me.id, words, seen=content["seen"]).subject


_DOES: Final[Mapping[Verb, Callable[[Act, Acting, Content], str]]] = {
    Verb.NOMINATE: _nominate, Verb.APPROVE: _approve, Verb.DECLINE: _decline, Verb.RECEIVE: _receive,
    Verb.REVIEW: _review, Verb.ASK: _ask, Verb.EMERGENCY: _emergency, Verb.JOIN: _join, Verb.RECORD: _record,
    Verb.CONFIRM_RECORD: _confirm_record, Verb.APPROVE_AFTERWARDS: _approve_afterwards,
}  # fmt: skip
