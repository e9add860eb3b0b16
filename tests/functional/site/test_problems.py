"""What somebody reads when something goes wrong, and what the log keeps of it."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
from flask import Blueprint, abort, render_template
from structlog.testing import capture_logs

from iam import errors
from iam.errors import IamError
from tests.functional.site import parts
from tests.functional.site.given import City
from web.site.access import public
from web.site.problems import STATUS
from web.site.running import journal
from web.site.running.journal import trace


@pytest.fixture
def shown(city_sqlite: City) -> City:
    city_sqlite.more, city_sqlite.rows = [parts.pages], dict(parts.ROWS)
    return city_sqlite


def kinds(above: type[IamError] = IamError) -> Iterator[type[IamError]]:
    for kind in above.__subclasses__():
        yield kind
        yield from kinds(kind)


def test_every_class_of_error_has_its_status() -> None:
    assert {kind for kind in kinds() if kind.__module__ == errors.__name__} == set(STATUS)


def test_what_the_person_can_put_right_is_said_in_the_words_of_the_error(shown: City) -> None:
    answer = shown.client().get("/_told/NotFound")
    assert answer.status_code == 404
    assert "その職員は台帳にいません。" in answer.text


def test_what_is_our_own_fault_is_told_by_a_number_that_stands_in_the_log(shown: City) -> None:
    with capture_logs() as lines:
        answer = shown.somebody().get("/_crash")
    crashed = next(line for line in lines if line["event"] == "crashed")
    assert answer.status_code == 500
    assert f"<code>{crashed['id']}</code>" in answer.text
    assert answer.headers["X-Request-ID"] == crashed["id"]


def test_neither_page_nor_log_repeats_what_an_error_said(shown: City) -> None:
    with capture_logs() as lines:
        answer = shown.client().get("/_crash")
    assert "パスワードは秘密" not in answer.text + repr(lines)
    assert "/_parts" not in answer.text
    assert any("parts.py" in place for line in lines for place in line.get("trace", ()))


def test_where_the_database_lies_is_not_told_to_strangers(shown: City) -> None:
    with capture_logs() as lines:
        answer = shown.client().get("/_told/StoreError")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "/var/lib" not in answer.text
    assert any("/var/lib" in str(line.get("reason")) for line in lines)


def test_a_page_that_cannot_even_be_drawn_is_still_answered(shown: City, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> str:
        raise RuntimeError

    monkeypatch.setattr("web.site.problems.render_template", broken)
    with capture_logs() as lines:
        answer = shown.client().get("/nowhere")
    assert answer.status_code == 404
    assert lines[0]["id"] in answer.text
    assert "Content-Security-Policy" in answer.headers


def test_a_template_that_names_what_is_not_there_fails_instead_of_showing_nothing(city_sqlite: City) -> None:
    pages = Blueprint("gap", __name__, template_folder="templates")
    pages.get("/_gap")(lambda: render_template("parts.html"))
    city_sqlite.more, city_sqlite.rows = [pages], {"gap.<lambda>": public()}
    assert city_sqlite.client().get("/_gap").status_code == 500


def test_a_refusal_of_ours_by_status_is_a_page_too(city_sqlite: City) -> None:
    pages = Blueprint("stop", __name__)
    pages.get("/_stop")(lambda: abort(429))
    city_sqlite.more, city_sqlite.rows = [pages], {"stop.<lambda>": public()}
    assert "回数が多すぎます" in city_sqlite.client().get("/_stop").text


def test_the_trace_names_kinds_and_places_and_no_words() -> None:
    try:
        try:
            int("my password")
        except ValueError as error:
            raise KeyError("my password") from error
    except KeyError as error:
        told = trace(error)
    assert told[0] == "KeyError"
    assert "ValueError" in told
    assert "my password" not in repr(told)


# --- the log


def test_each_request_leaves_one_line_with_who_and_what_but_no_content(shown: City) -> None:
    client = shown.client()
    token = shown.signed_in(client, number := shown.plain())
    with capture_logs() as lines:
        client.send("/_parts", {**parts_form(), "password": "とても長い合言葉です"}, of="/_parts?secret=query")
    told = [line for line in lines if line["event"] == "request"]
    assert [(line["method"], line["endpoint"], line["status"]) for line in told] == [
        ("GET", "parts.page", 200), ("POST", "parts.page", 200),
    ]  # fmt: skip
    assert {line["actor"] for line in told} == {f"staff:{number}"}
    written = repr(lines)
    for secret in ("とても長い合言葉です", token, "query", "reason-of-mine", "csrf"):
        assert secret not in written


def parts_form() -> dict[str, str]:
    return {"number": "1", "code": "123456", "way": "key", "reason": "reason-of-mine"}


def test_the_log_is_one_line_of_json_each_also_what_libraries_say() -> None:
    stream = io.StringIO()
    try:
        journal.start(stream)
        journal.log().info("request", agent="x\n{}", name="佐藤")
        logging.getLogger("somewhere").warning("careful: %s", "two\nlines")
    finally:
        journal.stop()
    first, second = (json.loads(line) for line in stream.getvalue().splitlines())
    assert (first["event"], first["agent"], first["name"]) == ("request", "x\n{}", "佐藤")
    assert {"timestamp", "level"} <= set(first)
    assert (second["source"], second["message"]) == ("somewhere", "careful: two\nlines")


def test_the_number_of_a_request_is_ours_not_what_a_stranger_sent(shown: City) -> None:
    answer = shown.client().get("/_parts", headers={"X-Request-ID": "forged"})
    assert answer.headers["X-Request-ID"] != "forged"


# --- health


def test_health_says_one_word(city: City) -> None:
    alive, ready = city.client().get("/healthz"), city.client().get("/readyz")
    assert (alive.status_code, alive.text) == (200, "ok\n")
    assert (ready.status_code, ready.text) == (200, "ready\n")


def test_a_site_whose_database_is_gone_is_not_ready_and_says_why_to_the_log_alone(city_sqlite: City) -> None:
    city_sqlite.url = f"{city_sqlite.url}.gone"
    with capture_logs() as lines:
        answer = city_sqlite.client().get("/readyz")
    assert (answer.status_code, answer.text) == (503, "unavailable\n")
    assert any(line["event"] == "not_ready" and "iam.db.gone" in line["reason"] for line in lines)


def test_health_is_answered_under_any_name(city_sqlite: City) -> None:
    assert city_sqlite.client().get("/healthz", base_url="http://127.0.0.1:8443").status_code == 200
