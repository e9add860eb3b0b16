"""The town of the test."""

from pathlib import Path

import pytest

from tests.functional.cli.given import Town, staff
from web.practice.servers.slapd import Slapd


@pytest.fixture
def town(tmp_path: Path, slapd: Slapd) -> Town:
    """A town of which nothing has been read yet; its file names ten people."""
    town = Town(tmp_path, slapd, ("daemon", "bin")).build()
    town.feed(staff(10))
    return town


@pytest.fixture
def settled(town: Town) -> Town:
    """The same after its first night."""
    assert town.run("sync").exit_code == 0
    return town
