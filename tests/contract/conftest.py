"""Every connector, by name: each contract test runs once for each."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.conftest import StartSlapd
from tests.contract.cases import SourceCase, TargetCase
from tests.contract.file_cases import CsvCase, XlsxCase
from tests.contract.ldap_cases import LdapSourceCase, OpenLdapCase
from tests.contract.memory_case import MemoryCase

SOURCES: Mapping[str, Callable[[StartSlapd, Path], SourceCase]] = {
    "ldap": LdapSourceCase,
    "csv": CsvCase,
    "xlsx": XlsxCase,
}
TARGETS: Mapping[str, Callable[[StartSlapd, Path], TargetCase]] = {"openldap": OpenLdapCase, "memory": MemoryCase}


@pytest.fixture(params=SOURCES)
def source_case(request: pytest.FixtureRequest, start_slapd: StartSlapd, tmp_path: Path) -> SourceCase:
    return SOURCES[request.param](start_slapd, tmp_path)


@pytest.fixture(params=TARGETS)
def target_case(request: pytest.FixtureRequest, start_slapd: StartSlapd, tmp_path: Path) -> TargetCase:
    return TARGETS[request.param](start_slapd, tmp_path)
