"""What somebody reads whom a system does not let in, or asks to prove more."""

from datetime import timedelta

from flask import Blueprint

from iam.signin.deciding.decision import Decision, Needs, Outcome, Reason
from tests.functional.site.given import City
from web.portal.entry.refused import Link, needed, refused_page
from web.site.access import public

DENIED = Decision(
    Outcome.DENY,
    (
        Reason("terminal", Outcome.DENY, "OITA-S8.2.3", "この端末は台帳にありません。", "専用端末を使ってください。"),
        Reason("flow", Outcome.DENY, "", "この接続元からは入れません。", "専用端末を使ってください。"),
        Reason("kinds", Outcome.STEP_UP, "OITA-S6.4.4", "二つの要素が要ります。", "認証アプリを使ってください。"),
        Reason("right", Outcome.ALLOW, "", "権限があります。"),
    ),
)
MORE = Decision(
    Outcome.STEP_UP,
    (Reason("kinds", Outcome.STEP_UP, "OITA-S6.4.4", "二つの要素が要ります。"),),
    Needs(2, resistant=True, max_age=timedelta(minutes=5)),
)


def test_who_is_refused_reads_why_what_to_do_and_whom_to_ask(city_sqlite: City) -> None:
    made = Blueprint("made", __name__)
    made.get("/made/no")(lambda: refused_page(DENIED, "住民記録<システム>", Link("戻る", "/access"), number=4711))
    made.get("/made/more", endpoint="more")(lambda: refused_page(MORE, "税"))
    city_sqlite.more, city_sqlite.rows = [made], {"made.<lambda>": public(), "made.more": public()}
    client = city_sqlite.somebody()
    answer = client.get("/made/no")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 403
    for words in (
        "「住民記録&lt;システム&gt;」には入れません", "この端末は台帳にありません。", "根拠: OITA-S8.2.3",
        "この接続元からは入れません。", "<dd>4711</dd>", 'href="/access"', "に下の番号を伝えてください",
    ):  # fmt: skip
        assert words in page
    assert page.count("専用端末を使ってください。") == 1, "each cure is said once"
    assert "二つの要素が要ります。" not in page, "what could be proved opens nothing here"
    assert "権限があります。" not in page
    assert "番号" in city_sqlite.client().get("/made/no").get_data(as_text=True), "also whoever has no session here"
    more = client.get("/made/more").get_data(as_text=True)
    for words in ("「税」には追加の認証が必要です", "種類の違う認証手段", "ICカードで確認", "5分以内に", "OITA-S6.4.4"):
        assert words in more
    with city_sqlite.app.test_request_context():
        assert needed(Needs()) == []
