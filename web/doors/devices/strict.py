"""What a machine sends, read strictly.

The one law: *one name, one value, one reading*: what could be read in two ways is refused, so that nobody
before us reads it otherwise.
"""

import json
from typing import Any


class Malformed(ValueError):
    """Nothing that could be answered; the message is the cause for the log, and quotes no value."""


def json_object(body: bytes) -> dict[str, Any]:
    """The JSON object in a body.

    Raises:
        Malformed: when it is no JSON, nested beyond reason, no object, or says a name twice.
    """
    try:
        said = json.loads(body, object_pairs_hook=_once)
        json.dumps(said, ensure_ascii=False).encode()  # half a character is none
    except (ValueError, RecursionError) as error:
        raise Malformed(f"no JSON that can be read: {type(error).__name__}") from None
    if not isinstance(said, dict):
        raise Malformed("no JSON object")
    return said


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found
