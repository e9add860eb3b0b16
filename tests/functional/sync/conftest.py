"""Any number of bodies that live through nights, for properties."""

import shutil
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from iam.record.keys import KeyRing
from tests.bodies import Body, a_body
from tests.functional.conftest import MakeBody

__all__ = ["MakeBody", "SqliteBody"]

SqliteBody = Callable[..., Body]
_numbers = count(1)


@pytest.fixture(scope="session")
def sqlite_body(empty_file: Path, tmp_path_factory: pytest.TempPathFactory) -> SqliteBody:
    """Makes any number of bodies, each on its own SQLite file: for properties.  Whoever makes one disposes of it."""
    folder = tmp_path_factory.mktemp("bodies")
    keys = KeyRing.create(folder / "keys.json")

    def make(**rules: object) -> Body:
        path = folder / f"{next(_numbers)}.db"
        shutil.copy(empty_file, path)
        return a_body(f"sqlite:///{path}", keys, migrated=True, **rules)  # type: ignore[arg-type] # a_body says what

    return make
