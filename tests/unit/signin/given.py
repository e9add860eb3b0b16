"""Rules and factors as the tests of signing in take them for granted."""

from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

from iam.policy.entry.signin import SigninRules
from iam.signin.factors.authenticators import Authenticator, Form, State

AT = datetime(2026, 4, 6, tzinfo=UTC)


def rules(**changed: Any) -> SigninRules:  # noqa: ANN401 - whichever field a test wants otherwise
    """The rules of plain staff."""
    values: dict[str, Any] = {
        "password_alone": 15, "password_with_factor": 10, "history": 10, "rotation_days": None,
        "rotation_signins": None, "temporary_life": timedelta(hours=72), "delay_after": 5, "disable_at": 50,
        "idle": timedelta(minutes=30), "overall": timedelta(hours=10), "second_factor": True,
        "phishing_resistant": False, "synced_keys": True, "totp_previous_step": True,
        "clauses": MappingProxyType({}),
    }  # fmt: skip
    return SigninRules(**values | changed)


def a_factor(number: int, form: Form, state: State = State.ACTIVE, *, confirmed: bool = True) -> Authenticator:
    """One authenticator of person 1."""
    return Authenticator(
        number, 1, form, form.label_ja, state, None, None, {}, 0, AT, AT if confirmed else None, None, None, ""
    )
