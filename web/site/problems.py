"""What somebody reads when a page cannot be shown.

The one law: *one table*: every class of error has its status here, a person
reads a sentence and a way on, and whatever is our own fault is told by a number
that also stands in the log, and by nothing else (ASVS 16.5.1 to 16.5.4).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from flask import Flask, Response, g, jsonify, make_response, render_template, request
from flask_babel import gettext
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from iam.errors import (
    Busy,
    ConfigurationError,
    Conflict,
    FarewellError,
    Forbidden,
    IamError,
    IntegrityError,
    MailError,
    NotFound,
    SheetError,
    SourceError,
    StoreError,
    TargetError,
    TokenFileError,
)
from web.site.access import HOME
from web.site.border.headers import WrongOrigin
from web.site.border.refusals import refused
from web.site.border.typed import KEPT
from web.site.guarding import DutyFirst, own_path, wants_json
from web.site.running.journal import log, request_id, trace

STATUS: Final[Mapping[type[IamError], int]] = {
    NotFound: 404,
    Conflict: 409,
    Forbidden: 403,
    SheetError: 422,
    TokenFileError: 422,
    Busy: 503,
    ConfigurationError: 500,
    SourceError: 502,
    TargetError: 502,
    MailError: 502,
    FarewellError: 502,
    IntegrityError: 500,
    StoreError: 503,
}
_OURS: Final = 500
_RETRY_SECONDS: Final = "5"

_LONGEST_KEPT: Final = 2_000


@dataclass(frozen=True)
class Problem:
    """What the page says.  `link`, `label`: the way on."""

    status: int
    title: str
    text: str
    link: str = HOME
    label: str = ""


def status_of(error: IamError) -> int:
    """The status of an error, by its nearest class in the table."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def register(app: Flask) -> None:
    """Answer every error of `app` with a page, or with JSON to a program."""
    app.register_error_handler(IamError, _told)
    app.register_error_handler(CSRFError, _lapsed)
    app.register_error_handler(HTTPException, _standard)
    app.register_error_handler(Exception, _unforeseen)


def _told(error: IamError) -> Response:
    status = status_of(error)
    if status >= _OURS:
        log().error("failed", id=request_id(), kind=type(error).__name__, reason=str(error))
        return _answer(_our_fault(status))
    g.told = str(error)
    titles = {
        404: gettext("見つかりません"),
        409: gettext("状況が変わりました"),
        403: gettext("この画面は使えません"),
        422: gettext("ファイルを読み取れません"),
    }
    duty = error.page if isinstance(error, DutyFirst) else HOME
    label = gettext("手続きに進む") if isinstance(error, DutyFirst) else ""
    return _answer(Problem(status, titles[status], str(error), duty, label))


def _lapsed(error: CSRFError) -> Response:
    """A form without our token, or with one that is too old or belongs to another sign-in."""
    refused("form", error.description or "")
    text = gettext("安全のため、この内容は受け付けませんでした。画面を開き直して、もう一度送ってください。")
    link = own_path(request.path if "GET" in _methods() else None)
    problem = Problem(400, gettext("画面の有効期限が切れています"), text, link, gettext("画面を開き直す"))
    return _answer(problem, _kept())


def _kept() -> list[str]:
    """What was typed and is harmless to show again; only to a page of our own."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
        return []
    return [text[:_LONGEST_KEPT] for name, text in request.form.items() if name in KEPT and text.strip()]


def _methods() -> frozenset[str]:
    return frozenset(request.url_rule.methods or () if request.url_rule else ())


def _standard(error: HTTPException) -> Response:
    status = error.code or _OURS
    if isinstance(error, WrongOrigin):
        refused("origin", request.headers.get("Origin", "")[:100])
    if status >= _OURS:
        log().error("failed", id=request_id(), kind=type(error).__name__, reason=error.name)
        return _answer(_our_fault(status))
    if status < 400:  # noqa: PLR2004 - a redirect that routing raised is no problem
        return make_response(error.get_response())
    answer = _answer(_by_status(status))
    if error.code == 405 and (allowed := getattr(error, "valid_methods", None)):  # noqa: PLR2004 - the status's own number
        answer.headers["Allow"] = ", ".join(sorted(allowed))
    return answer


def _by_status(status: int) -> Problem:
    again = gettext("最初の画面からやり直してください。")
    said = {
        403: (gettext("この画面は使えません"), gettext("別の権限が必要です。")),
        404: (gettext("見つかりません"), gettext("アドレスが変わったか、画面がなくなっています。")),
        405: (gettext("この操作はできません"), again),
        413: (gettext("送った内容が大きすぎます"), gettext("ファイルを小さくするか、分けて送ってください。")),
        415: (gettext("送った形式を読めません"), again),
        421: (gettext("アドレスが違います"), gettext("職場で案内されたアドレスから開いてください。")),
        429: (gettext("回数が多すぎます"), gettext("しばらく待ってから、もう一度お試しください。")),
    }
    title, text = said.get(status, (gettext("送った内容を受け付けられません"), again))
    return Problem(status, title, text)


def _unforeseen(error: Exception) -> Response:
    log().error("crashed", id=request_id(), kind=type(error).__name__, trace=trace(error))
    return _answer(_our_fault(_OURS))


def _our_fault(status: int) -> Problem:
    if status == 503:  # noqa: PLR2004 - the status's own number
        title, text = gettext("ただいま混み合っています"), gettext("少し待ってから、もう一度お試しください。")
    else:
        title = gettext("処理を続けられませんでした")
        text = gettext("続くときは、下の番号を情報システムの担当者に伝えてください。")
    return Problem(status, title, text)


def _answer(problem: Problem, kept: list[str] | None = None) -> Response:
    """The page, or JSON; plain words when even the page cannot be drawn."""
    if wants_json():
        answer = make_response(jsonify(error=problem.title, message=problem.text, id=request_id()), problem.status)
    else:
        answer = make_response(_page(problem, kept or []), problem.status)
    if problem.status == 503:  # noqa: PLR2004 - the status's own number
        answer.headers["Retry-After"] = _RETRY_SECONDS
    return answer


def _page(problem: Problem, kept: list[str]) -> str:
    number = request_id() if problem.status >= _OURS else ""
    try:
        return render_template("problem.html", problem=problem, number=number, kept=kept)
    except Exception as error:  # noqa: BLE001 - the last resort: nothing may follow it
        log().error("crashed", id=request_id(), kind=type(error).__name__, trace=trace(error))
        return (
            '<!doctype html><html lang="ja"><meta charset="utf-8"><title>鍵守</title>'
            f"<h1>処理を続けられませんでした</h1><p>番号: {request_id()}</p></html>"
        )
