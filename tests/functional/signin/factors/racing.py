"""A process that makes itself ready, waits for the word, and does one deed: `racing.py URL KEYS AT DEED NUMBER …`."""

import sys
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from iam.errors import IamError
from iam.record.act import Act
from iam.record.keys import KeyRing
from iam.record.store import Store
from iam.signin.factors import authenticators, certificates, codes, removal, stock, totp
from iam.signin.factors.authenticators import Form, State

Deed = Callable[..., object]


def code(act: Act, keys: KeyRing, _: str, id_: str, typed: str) -> object:
    """Signs in by a one-time code."""
    return type(totp.give(act, keys, int(id_), typed, previous_step=True)).__name__


def counter(act: Act, _keys: KeyRing, _: str, id_: str, step: str) -> object:
    """Raises a counter, as whoever judged the code before somebody else was first."""
    return authenticators.note_used(act, int(id_), int(step))


def single(act: Act, keys: KeyRing, _: str, person_id: str, typed: str) -> object:
    """Signs in by a recovery code or a temporary one."""
    return codes.use(act, keys, int(person_id), typed) is not None


def handle(act: Act, _keys: KeyRing, number: str, same: str) -> object:
    """Binds the same device, every second process to the other person."""
    return bool(authenticators.enrol(act, 1 + int(number) % 2, Form.WEBAUTHN, "鍵", handle=same, state=State.ACTIVE))


def room(act: Act, _keys: KeyRing, number: str, person_id: str) -> object:
    """Binds one device more."""
    own = f"racer {number}"
    return bool(authenticators.enrol(act, int(person_id), Form.WEBAUTHN, "鍵", handle=own, state=State.ACTIVE))


def remove(act: Act, _keys: KeyRing, number: str, person_id: str, *ids: str) -> object:
    """Removes one of the person's factors, each process another."""
    chosen = int(ids[int(number) % len(ids)])
    gone = removal.remove(act, int(person_id), chosen, second_factor=True, phishing_resistant=False)
    return not isinstance(gone, removal.Refusal)


def reissue(act: Act, keys: KeyRing, _: str, person_id: str) -> object:
    """Makes new recovery codes."""
    return bool(codes.issue_recovery(act, keys, int(person_id)).codes)


def lend(act: Act, keys: KeyRing, number: str, serial: str) -> object:
    """Lends one token of the stock, every second process to the other person."""
    return "lent" if stock.lend(act, keys, serial, 1 + int(number) % 2) else ""


def card(act: Act, _keys: KeyRing, number: str, same: str) -> object:
    """Binds the same card, every second process to the other person; the authenticator's id, or why not."""
    shown = certificates.Card(same, "CN=100123", "CN=CA", "1", act.at)
    found = certificates.bind(act, 1 + int(number) % 2, shown, "カード")
    return found.code if isinstance(found, certificates.Rejected) else found


DEEDS: Mapping[str, Deed] = {
    deed.__name__: deed for deed in (code, counter, single, handle, room, remove, reissue, lend, card)
}  # fmt: skip


def main(url: str, key_file: str, at: str, deed: str, *words: str) -> None:
    """Does it once the word is given."""
    keys = KeyRing.read(Path(key_file))
    store = Store(url, keys, lambda: datetime.fromisoformat(at))
    with store.read():
        print("ready", flush=True)  # noqa: T201 - to whoever started it
    sys.stdin.readline()
    try:
        with store.act("door") as act:
            said = DEEDS[deed](act, keys, *words)
    except IamError as error:
        said = type(error).__name__
    print(said, flush=True)  # noqa: T201
    store.dispose()


if __name__ == "__main__":
    main(*sys.argv[1:])
