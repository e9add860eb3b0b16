"""What the pages of reviews are called and how states look, for templates.

The one law: *a way is shown to whoever it is open to*, as everywhere (web/officer/ways.py).
"""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode

from flask import request, url_for
from flask_babel import gettext, lazy_gettext

from iam.policy.profile import Role
from iam.review.campaigns import Campaign
from iam.review.words import CampaignState, Verdict
from iam.signin.door import Entrant
from web.officer.ways import opens
from web.site.face.language import mark

STATES: Final[Mapping[CampaignState, str]] = {
    CampaignState.OPENING: "", CampaignState.OPEN: "info", CampaignState.SIGNED: "warning",
    CampaignState.CLOSED: "success", CampaignState.ABANDONED: "",
}  # fmt: skip
"""How a state looks."""

VERDICTS: Final[Mapping[Verdict, str]] = {
    Verdict.KEEP: "success", Verdict.KEEPER: "success", Verdict.REASSIGN: "success", Verdict.IN_SERVICE: "success",
    Verdict.AWAY: "info", Verdict.UNKNOWN: "warning", Verdict.LAPSE: "warning", Verdict.REDUCE: "warning",
    Verdict.REMOVE: "error", Verdict.LEFT: "error",
}  # fmt: skip
"""How an answer looks."""

REMOVALS: Final[Mapping[str, str]] = {
    mark("取消し"): "", mark("確認済"): "success", mark("予定"): "",
    mark("反映中"): "info", mark("反映待ち"): "warning",
}  # fmt: skip
"""How a removal looks, by `Removal.state_ja`."""

_ASKED: Final = frozenset({"which", "system", "department", "finding", "q", "after"})
"""What a list may be asked for by its address."""

_WAYS: Final = (
    ("review.one", lazy_gettext("進み具合")),
    ("review_lines.page", lazy_gettext("IDの一覧")),
    ("review_people.page", lazy_gettext("職員の在籍確認")),
    ("review_figures.page", lazy_gettext("集計")),
    ("review_sheets.page", lazy_gettext("シート")),
    ("review_signing.page", lazy_gettext("署名")),
    ("review_removals.page", lazy_gettext("反映")),
    ("review_since.page", lazy_gettext("基準日の後の変化")),
)
"""Endpoint and label, in order; one that is not served (yet) is passed over."""


def review_tabs(who: Entrant, found: Campaign) -> list[tuple[str, str]]:
    """The pages about one review that this person may come to: label and address."""
    return [(str(label), url_for(endpoint, id_=found.id)) for endpoint, label in _WAYS if opens(endpoint, who)]


def way(found: Campaign | None = None) -> list[tuple[str, str]]:
    """The way from the top: the list, and the review itself."""
    first = [(gettext("棚卸"), url_for("review.page"))]
    return first if found is None else [*first, (found.title, url_for("review.one", id_=found.id))]


def answers_lines(who: Entrant) -> bool:
    """Whether somebody with these roles answers about lines at all."""
    return bool(who.roles & {Role.GENERAL_OFFICER, Role.SYSTEM_OWNER})


def asked_so(**changed: object) -> str:
    """The question of this address ("?…"), with what is changed; what is None or empty is left out."""
    asked = {name: text for name, text in request.args.items() if name in _ASKED}
    asked |= {name: "" if value is None else str(value) for name, value in changed.items()}
    told = urlencode([(name, text) for name, text in asked.items() if text])
    return f"?{told}" if told else ""
