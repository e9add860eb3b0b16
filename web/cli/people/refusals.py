"""A refused row in words and for a script.

The one law: *place, field, value and reason, each said once*, so that HR can
mend the row without asking.
"""

from iam.people.announced import UNTOLD
from iam.people.feed import Rejected
from iam.people.rows import FIELD_LABELS


def refusal(row: Rejected) -> str:
    """A refused row in one line."""
    label = FIELD_LABELS.get(row.field, row.field)
    named = f"{label}「{row.value}」" if label and row.value else label
    rest = row.reason.removeprefix(label)
    if not label or (rest != row.reason and rest.startswith("「")):
        return f"{row.place} {row.reason}"
    return f"{row.place} {named}{rest}" if rest != row.reason else f"{row.place} {named}: {row.reason}"


def refusal_json(row: Rejected) -> dict[str, object]:
    """The same for a script."""
    return {
        "place": row.place, "field": row.field, "value": row.value, "reason": row.reason,
        "staff_number": row.staff_number, "hidden": row.reason == UNTOLD,
    }  # fmt: skip
