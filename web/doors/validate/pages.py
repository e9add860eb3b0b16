"""`/validate/check`: a terminal asks whether somebody may sign in at it.

The one law: *`value` is true for an ACCEPT and for nothing else*: whatever goes wrong here, a module that
looks only there keeps the terminal shut.
"""

from dataclasses import replace
from importlib.metadata import version
from typing import Any, Final

from flask import Blueprint, Response, jsonify, make_response, request
from flask_babel import gettext

from iam.errors import IamError
from iam.signin.tokens.clients import Client, ClientKind, TerminalDetail
from web.doors.devices import asking, entering
from web.doors.devices.entering import Admitted, Answer, Asks, Turned, Visitor
from web.doors.devices.strict import Malformed
from web.doors.validate.asked import Question, read
from web.site.border.callers import caller
from web.site.border.refusals import refused
from web.site.problems import status_of
from web.site.running.journal import log, request_id
from web.site.site import at

pages = Blueprint("validate", __name__)

_VERSION: Final = version("kagimori")

UNKNOWN_CALLER: Final = 4031
MALFORMED: Final = 905
AWAY: Final = 10


@pages.post("/validate/check")
def check() -> Response:
    """One step of somebody's sign-in at a terminal."""
    try:
        client = asking.who_asks(ClientKind.TERMINAL)
        if client is None:
            text = gettext("この端末APIを使う登録がありません。担当に連絡してください。")
            return asking.unknown(_failure(UNKNOWN_CALLER, text))
        return _told(_answered(client, read(request)))
    except Malformed as cause:
        refused("packet", str(cause))
        return _failed(MALFORMED, gettext("送られた内容を読み取れません。"), 400)
    except IamError as error:
        log().error("failed", id=request_id(), kind=type(error).__name__, reason=str(error))
        text = gettext("ただいま確認できません。少し待ってから、もう一度お試しください。")
        return _failed(AWAY, text, status_of(error))


def _answered(client: Client, question: Question) -> Answer:
    came = caller()
    challenge = client.agreed(TerminalDetail).challenge
    # A sign-in module has no certificate to show, whatever browsers are asked for.
    whence = replace(came.whence, checked=False)
    visitor = Visitor(client, question.user, client.system, whence, came.terminal, "validate", challenge)
    if question.transaction:
        return entering.goes_on(visitor, question.transaction, question.given)
    if not question.given:  # no guess, so none is counted; and nothing is triggered by a name alone
        return Turned("empty", gettext("パスワードを入力してください。"))
    return entering.begins(visitor, question.given)


def _told(answer: Answer) -> Response:
    if isinstance(answer, Asks):
        return _result("CHALLENGE", _challenge(answer))
    if isinstance(answer, Admitted):
        return _result("ACCEPT", {"message": gettext("サインインしました。"), "serial": "", "type": ""})
    return _result("REJECT", {"message": answer.text})


def _challenge(asks: Asks) -> dict[str, Any]:
    one = {
        "transaction_id": asks.step, "message": asks.text, "client_mode": "interactive", "serial": "", "type": "totp",
        "image": "", "attributes": None,
    }  # fmt: skip
    return {
        **one, "transaction_ids": [asks.step], "messages": [asks.text], "multi_challenge": [one],
        "preferred_client_mode": "interactive",
    }  # fmt: skip


def _result(authentication: str, detail: dict[str, Any]) -> Response:
    accepted = authentication == "ACCEPT"
    result = {"status": True, "value": accepted, "authentication": authentication}
    return jsonify(_frame(result, detail))


def _failed(code: int, message: str, status: int) -> Response:
    return make_response(jsonify(_failure(code, message)), status)


def _failure(code: int, message: str) -> dict[str, Any]:
    result = {"status": False, "value": False, "error": {"code": code, "message": message}}
    return _frame(result, {"message": message})


def _frame(result: dict[str, Any], detail: dict[str, Any]) -> dict[str, Any]:
    return {
        "jsonrpc": "2.0", "id": 1, "result": result, "detail": detail, "time": at().timestamp(),
        "version": f"Kagimori {_VERSION}", "versionnumber": _VERSION, "signature": "",
    }  # fmt: skip
