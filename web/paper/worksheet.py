"""A review's sheet as an xlsx that is filled in and comes back.

The one law: *a cell holds text*, whatever it begins with; locking is a courtesy to whoever fills it in, the keys of the
rows are what is believed.
"""

from iam.review.returned.sheets import Sheet


def worksheet(sheet: Sheet) -> bytes:
    """The xlsx."""
    raise NotImplementedError


def file_name(sheet: Sheet) -> str:
    """What the file is called."""
    raise NotImplementedError
