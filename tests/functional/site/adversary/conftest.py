"""The play, once for all who try."""

from collections.abc import Iterator

import pytest

from tests.functional.site.adversary.stage import Stages, staged
from tests.functional.site.conftest import Ground


@pytest.fixture(scope="package")
def stages(ground: Ground, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stages]:
    yield from staged(ground, tmp_path_factory.mktemp("adversary"))
