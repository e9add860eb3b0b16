"""Changes by two officers in the city: a configuration that waits, one not signed yet, a permit to renew keys."""

from dataclasses import dataclass

from iam.office.changes import permits, proposing
from iam.office.changes.permits import KeyDeed
from iam.signin.desk import issuing
from iam.signin.door import Entrant
from tests.browser.city import City


@dataclass(frozen=True)
class Changes:
    """`draft`: proposed at the console and not signed; `case`: of the one that waits; `keys`: of the permit."""

    draft: int
    case: int
    keys: int


def furnish_changes(city: City, asker: Entrant) -> Changes:
    """Nothing of it is confirmed: the service goes on with the files that it was started with."""
    assert city.door.running
    offices, keys = city.door.offices, city.door.keys
    with city.store.act("unyou") as act:
        signed = proposing.draft(act, keys, city.door.running, "稼働を始めるため").id
        draft = proposing.draft(act, keys, city.door.running, "供給元を加えたため").id
    with city.store.act("test") as act:
        case = proposing.sign(act, offices, keys, signed, asked_by=asker.person_id, reason="内容を確かめた")
        issuing.tell_deciders(act, city.door, asker, case)
    with city.store.act("test") as act:
        permit = permits.ask(
            act, offices, keys, asked_by=asker.person_id, deed=KeyDeed.ROTATE, reason="鍵を扱う担当者が替わった"
        )
    return Changes(draft, case.id, permit.id)
