"""A process that makes itself ready, waits, and takes steps when told.  `racing.py URL KEYS AT STEP WORD …`."""

import sys
from datetime import datetime, timedelta
from pathlib import Path

from iam.record.keys import KeyRing
from iam.record.store import Store
from iam.signin.tokens.clients import client_of
from iam.signin.tokens.details import Algorithm
from iam.signin.tokens.issued import Dead, TokenKind, issue, use_once
from iam.signin.tokens.signing import Signer

LIFE = timedelta(minutes=5)


def main(url: str, key_file: str, at: str, *words: str) -> None:
    """Takes each step (the word after it is what it is about) once a line says so; says what came of it."""
    store = Store(url, KeyRing.read(Path(key_file)), lambda: datetime.fromisoformat(at))
    with store.read():
        print("ready", flush=True)  # noqa: T201 - to whoever started it
    steps = {"key": signed, "code": exchanged}
    for step, word in zip(words[::2], words[1::2], strict=True):
        sys.stdin.readline()
        print(steps[step](store, step, word), flush=True)  # noqa: T201
    store.dispose()


def exchanged(store: Store, kind: str, token: str) -> str:
    """The access token that came of it, or why there was none."""
    with store.act("test") as act:
        client = client_of(act.connection, "gw")
        assert client
        taken = use_once(act, client, TokenKind(kind), token)
        if isinstance(taken, Dead):
            return taken.reason
        return issue(
            act, TokenKind.ACCESS, client, life=LIFE, detail={}, person_id=taken.person_id,
            session_id=taken.session_id, family=taken.family,
        )  # fmt: skip


def signed(store: Store, _step: str, _word: str) -> str:
    """By which key this process signs, and what it shows."""
    signer, at = Signer(store), store.clock()
    kid = signer.signing_key(Algorithm.ES256, at).kid
    return f"{kid} {len(signer.jwks(at))}"


if __name__ == "__main__":
    main(*sys.argv[1:])
