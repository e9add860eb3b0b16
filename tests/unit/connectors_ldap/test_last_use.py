"""Times as directories write them."""

from datetime import UTC, datetime

import pytest

from connectors.ldap.openldap.last_use import time_of

NOON = datetime(2026, 4, 6, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "at"),
    [
        ("20260406120000Z", NOON),
        ("202604061200Z", NOON),
        ("2026040612Z", NOON),
        ("20260406120000.25Z", NOON.replace(microsecond=250_000)),
        ("202604061200,5Z", NOON.replace(second=30)),
        ("2026040612.5Z", NOON.replace(minute=30)),
        ("20260406210000+0900", NOON),
        ("20260406013000-1030", NOON),
        ("20260406115960Z", NOON.replace(hour=11, minute=59, second=59)),
        ("134199504000000000", NOON),
        ("0", None),
    ],
)
def test_a_time_is_read_to_the_instant(value: str, at: datetime | None) -> None:
    assert time_of(value) == at


@pytest.mark.parametrize(
    "value",
    [
        "", "20260406120000", "260406Z", "20261306120000Z", "20260406250000Z", "２０260406120000Z", "-1",
        "99991231235959.9-2300", "20260406120000+2400", "9" * 19, "2026-04-06T12:00:00Z", "20260406120000Z\n",
    ],
)  # fmt: skip
def test_what_is_no_time_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        time_of(value)
