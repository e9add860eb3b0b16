"""A process that reads a password, waits for the word, and signs in with it: `racing.py URL KEYS AT PERSON`."""

import sys
from datetime import datetime
from pathlib import Path

from iam.record.keys import KeyRing
from iam.record.store import Store
from iam.signin.passwords.kept import kept_of, note_used


def main(url: str, key_file: str, at: str, person_id: str) -> None:
    """Uses it once the word is given, and says whether it was taken."""
    store = Store(url, KeyRing.read(Path(key_file)), lambda: datetime.fromisoformat(at))
    with store.read() as connection:
        kept = kept_of(connection, int(person_id))
    assert kept is not None
    print("ready", flush=True)  # noqa: T201 - to whoever started it
    sys.stdin.readline()
    with store.act("door") as act:
        taken = note_used(act, kept)
    print(taken, flush=True)  # noqa: T201
    store.dispose()


if __name__ == "__main__":
    main(*sys.argv[1:])
