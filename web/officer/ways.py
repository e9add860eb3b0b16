"""The way through the officers' pages: what each officer may come to.

The one law: *the table of access decides*: an entry is shown to whoever its
page is open to, and to nobody else.
"""

from dataclasses import dataclass
from typing import Final

from flask import request, url_for
from flask_babel import lazy_gettext

from iam.signin.door import Entrant
from web.site.access import TABLE


@dataclass(frozen=True)
class OfficeWay:
    """One entry.  `current`: "page" on the page itself, "true" on a page below it, "" elsewhere."""

    label: str
    href: str
    current: str


@dataclass(frozen=True)
class Waiting:
    """Something that waits, with the page where it is dealt with.  `href` "": it is only told."""

    title: str
    text: str
    href: str
    label: str


_WAYS: Final[tuple[tuple[str, object], ...]] = (
    ("office.page", lazy_gettext("担当者ホーム")),
    ("cases.page", lazy_gettext("申請と確認")),
    ("plans.page", lazy_gettext("保留中の計画")),
    ("people.page", lazy_gettext("職員")),
    ("suspensions.page", lazy_gettext("利用の停止")),
    ("privilege.page", lazy_gettext("特権ID")),
    ("kept.page", lazy_gettext("共用ID等")),
    ("review.page", lazy_gettext("棚卸")),
    ("returns.page", lazy_gettext("返却された権限")),
    ("decide.page", lazy_gettext("利用の判定")),
    ("clients.page", lazy_gettext("システム連携")),
    ("terminals.page", lazy_gettext("端末")),
    ("permissions.page", lazy_gettext("庁外利用の許可")),
    ("tokens.page", lazy_gettext("貸出機器")),
    ("progress.page", lazy_gettext("登録の進み具合")),
    ("letters.page", lazy_gettext("届かないメール")),
    ("deputies.page", lazy_gettext("代理と指名")),
    ("configuration.page", lazy_gettext("設定の変更")),
)
"""Endpoint and label, in order; one that is not served (yet) is passed over."""


def office_ways(who: Entrant) -> list[OfficeWay]:
    """The officers' pages that this person may come to."""
    return [
        OfficeWay(str(label), href := url_for(endpoint), _current(href))
        for endpoint, label in _WAYS
        if opens(endpoint, who)
    ]


def opens(endpoint: str, who: Entrant) -> bool:
    """Whether this person may come to a page: a link that would be refused is not shown as one."""
    return endpoint in TABLE and bool(TABLE[endpoint].roles & who.roles)


def _current(href: str) -> str:
    if request.path == href:
        return "page"
    return "true" if request.path.startswith(f"{href}/") and href != url_for("office.page") else ""
