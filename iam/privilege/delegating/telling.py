"""Who is told of what becomes of a delegation.

The one law: *told in the act itself* (OITA-S8.2.1.3c): an approval without its notice cannot be.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Final

from iam import outbox
from iam.outbox import Topic
from iam.people.ledger import Person, people
from iam.policy.profile import Role
from iam.privilege.delegating.deciding import REVIEWS
from iam.privilege.delegating.delegation import Delegation
from iam.privilege.register import by_id
from iam.privilege.telling import bearing, called, tell
from iam.record.act import Act
from iam.signin.door import Door

_SHOWN: Final = 3


def nominated(act: Act, door: Door, found: Delegation, approvers: Iterable[int]) -> None:
    """Whoever could approve: a nomination that nobody knows of lapses."""
    told = _named(act, {found.delegate_id, found.nominated_by})
    values = {
        "asker": told[found.nominated_by].name, **_what(act, door, found, told), "number": found.id,
        "until": found.lapses_at,
    }  # fmt: skip
    tell(act, approvers, Topic.PRIVILEGE_NOMINATED, values)


def approved(act: Act, door: Door, found: Delegation) -> None:
    """The notice back: nominator and every general officer, and the delegate."""
    told = _named(act, {found.delegate_id, found.approved_by or 0})
    values = {
        **_what(act, door, found, told), "staff_number": told[found.delegate_id].staff_number,
        "first": found.valid_from, "last": found.valid_until, "number": found.id,
        "approver": told[found.approved_by or 0].name,
    }  # fmt: skip
    concerned = {found.nominated_by, found.delegate_id} | bearing(act, door, Role.GENERAL_OFFICER)
    tell(act, concerned, Topic.PRIVILEGE_DELEGATED, values)


def not_delegated(act: Act, door: Door, found: Delegation) -> None:
    """The nominator: it was declined, or lapsed."""
    told = _named(act, {found.delegate_id})
    values = {**_what(act, door, found, told), "number": found.id, "decision": found.state.label_ja}
    tell(act, [found.nominated_by], Topic.PRIVILEGE_NOT_DELEGATED, values)


def ended(act: Act, door: Door, found: Delegation) -> None:
    """Delegate, nominator, approver and every general officer."""
    told = _named(act, {found.delegate_id})
    values = {**_what(act, door, found, told), "at": act.at, "number": found.id, "reason": found.why_ended}
    concerned = {found.nominated_by, found.delegate_id, found.approved_by or 0}
    tell(act, concerned | bearing(act, door, Role.GENERAL_OFFICER), Topic.PRIVILEGE_DELEGATION_ENDED, values)


def to_review(act: Act, door: Door, found: Delegation, until: date) -> None:
    """Whoever may look afterwards at what a deputy did."""
    told = _named(act, {found.delegate_id})
    values = {**_what(act, door, found, told), "number": found.id, "until": until}
    concerned = bearing(act, door, *REVIEWS) - {found.nominated_by, found.delegate_id, found.approved_by}
    tell(act, concerned, Topic.PRIVILEGE_DELEGATION_REVIEW, values)


def _named(act: Act, ids: set[int]) -> dict[int, Person]:
    return {person.id: person for person in people(act.connection, ids)}


def _what(act: Act, door: Door, found: Delegation, told: Mapping[int, Person]) -> dict[str, outbox.Value]:
    ids = by_id(act.connection, found.privileged_ids)
    labels = [called(door, each) for each in ids.values()]
    more = f"ほか{len(labels) - _SHOWN}件" if len(labels) > _SHOWN else ""
    return {"person": told[found.delegate_id].name, "right": "、".join(labels[:_SHOWN]) + more}
