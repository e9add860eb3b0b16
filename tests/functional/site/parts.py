"""A page with every part on it, to be looked at; only tests have it."""

from pathlib import Path
from typing import Final

from flask import Blueprint, render_template
from wtforms import BooleanField, RadioField

from iam.errors import IamError, NotFound, StoreError
from web.site.access import Access, public
from web.site.face.forms import PageForm, code, line, paragraph, secret

pages = Blueprint("parts", __name__, template_folder=str(Path(__file__).parent / "templates"))
ROWS: Final[dict[str, Access]] = {"parts.page": public(), "parts.crash": public(), "parts.told": public()}


KINDS: Final[dict[str, IamError]] = {
    "NotFound": NotFound("その職員は台帳にいません。"),
    "StoreError": StoreError("/var/lib/kagimori/iam.db を書き込めません。"),
}


class PartsForm(PageForm):
    """One field of each kind."""

    number = line("職員番号", longest=64)
    password = secret("パスワード")
    code = code("確認コード")
    reason = paragraph("理由", required=False)
    way = RadioField("方法", choices={"totp": "認証アプリ", "key": "セキュリティキー", "token": "貸し出しの機器"})
    agree = BooleanField("この端末を覚えておく")


@pages.route("/_parts", methods=["GET", "POST"])
def page() -> tuple[str, int]:
    form = PartsForm.read()
    form.sent()
    rows = [
        ("グループウェア", "メール、予定表", "令和8年4月1日（水）", "有効", "success"),
        ("住民基本台帳", "照会", "令和8年4月1日（水）", "手続き中", "warning"),
        ("財務会計", "起票、決裁", "令和7年4月1日（火）", "停止", "error"),
    ]
    return render_template("parts.html", form=form, rows=rows), form.status


@pages.get("/_crash")
def crash() -> str:
    secret_of_the_day = "パスワードは秘密"
    raise RuntimeError(secret_of_the_day)


@pages.get("/_told/<kind>")
def told(kind: str) -> str:
    """Raise one of our own errors, by name."""
    raise KINDS[kind]
