"""The bureau of the test: over both databases, or over a file where the database makes no difference."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bodies import Body, a_body
from tests.delegations import ACCESS, Bureau, a_bureau
from tests.offices import an_office


@pytest.fixture
def bureau(body: Body) -> Iterator[Bureau]:
    """Officers, staff with keys, and one registered ID."""
    office = an_office(body, model=ACCESS)
    yield a_bureau(office)
    office.store.dispose()


@pytest.fixture
def bureau_sqlite(empty_file: Path, tmp_path: Path) -> Iterator[Bureau]:
    """The same over a file alone."""
    shutil.copy(empty_file, tmp_path / "iam.db")
    body = a_body(f"sqlite:///{tmp_path / 'iam.db'}", tmp_path / "keys.json", migrated=True)
    office = an_office(body, model=ACCESS)
    yield a_bureau(office)
    office.store.dispose()
    body.store.dispose()
