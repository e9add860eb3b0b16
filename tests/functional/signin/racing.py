"""A process at the door: makes itself ready, waits for the word, takes one step.  `racing.py URL KEYS AT STEP …`."""

import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from iam.access.model import AccessModel
from iam.errors import IamError
from iam.policy.loading import load
from iam.record.keys import KeyRing
from iam.record.store import Store
from iam.signin import login
from iam.signin.door import Door
from iam.signin.steps import Outcome, Refused
from tests.bodies import MODEL
from tests.cheap import cheap_hasher
from tests.entrance import HERE, ORIGIN


def main(url: str, key_file: str, at: str, step: str, *words: str) -> None:
    """Takes it once the word is given; says the refusal's code, or what came of it."""
    keys = KeyRing.read(Path(key_file))
    store = Store(url, keys, lambda: datetime.fromisoformat(at))
    door = Door(load("baseline"), AccessModel.parse(MODEL, "access.toml"), keys, cheap_hasher(keys), ORIGIN)
    with store.read():
        print("ready", flush=True)  # noqa: T201 - to whoever started it
    sys.stdin.readline()
    steps: dict[str, Callable[..., Outcome]] = {
        "password": login.give_password,
        "code": login.give_code,
        "key": login.give_key,
    }
    try:
        done = steps[step](store, door, words[0], words[1], HERE)
    except IamError as error:
        print(type(error).__name__, flush=True)  # noqa: T201
    else:
        print(done.code if isinstance(done, Refused) else type(done).__name__, flush=True)  # noqa: T201
    store.dispose()


if __name__ == "__main__":
    main(*sys.argv[1:])
