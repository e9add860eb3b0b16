"""What a terminal asks at `/validate/check`: a form or a JSON object with the same names.

The one law: *what we do not serve is ignored, what we serve is read strictly*: `realm`, `serial` and the
rest of what such modules send change nothing.
"""

from dataclasses import dataclass, field
from typing import Any, Final

from flask import Request

from web.doors.devices.strict import Malformed, json_object

LONGEST: Final = 1024
"""Characters of a value."""

_SERVED: Final = ("user", "pass", "transaction_id", "state")


@dataclass(frozen=True, slots=True)
class Question:
    """`transaction`: what we gave with the last challenge, by either of its two names; "" at the first step."""

    user: str
    given: str = field(repr=False)
    transaction: str = field(repr=False)


def read(request: Request) -> Question:
    """The question in a request.

    Raises:
        Malformed: when it is none.
    """
    said = _of_json(request) if request.is_json else _of_form(request)
    for name, value in said.items():
        if not isinstance(value, str) or len(value) > LONGEST or "\0" in value:
            raise Malformed(f"{name} is no text of at most {LONGEST} characters")
    user, transaction, state = (said.get(name, "") for name in ("user", "transaction_id", "state"))
    if not user:
        raise Malformed("no user")
    if transaction and state and transaction != state:
        raise Malformed("transaction_id and state differ")
    return Question(user, said.get("pass", ""), transaction or state)


def _of_json(request: Request) -> dict[str, Any]:
    said = json_object(request.get_data())
    return {name: said[name] for name in _SERVED if said.get(name) is not None}


def _of_form(request: Request) -> dict[str, Any]:
    form = request.form
    if twice := [name for name in _SERVED if len(form.getlist(name)) > 1]:
        raise Malformed(f"{twice[0]} stands twice")
    return {name: form[name] for name in _SERVED if name in form}
