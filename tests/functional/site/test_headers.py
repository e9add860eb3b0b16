"""What every answer carries, whatever was asked and whatever went wrong."""

from typing import Final

import pytest
from werkzeug.test import TestResponse

from tests.functional.site import parts
from tests.functional.site.given import City
from tests.functional.site.test_access import routes

ALWAYS: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
}


def policy(answer: TestResponse) -> dict[str, str]:
    """The content security policy, by directive."""
    told = answer.headers["Content-Security-Policy"]
    return dict(each.strip().partition(" ")[::2] for each in told.split(";"))


def dressed(answer: TestResponse) -> bool:
    rules = policy(answer)
    return (
        all(answer.headers.getlist(name) == [value] for name, value in ALWAYS.items())
        and rules["default-src"] == rules["frame-ancestors"] == rules["base-uri"] == "'none'"
        and rules["script-src"] == rules["style-src"] == rules["form-action"] == "'self'"
        and "unsafe" not in answer.headers["Content-Security-Policy"]
        and "Permissions-Policy" in answer.headers
        and "Cache-Control" in answer.headers
    )


@pytest.fixture
def shown(city_sqlite: City) -> City:
    city_sqlite.more, city_sqlite.rows = [parts.pages], parts.ROWS
    return city_sqlite


def test_every_page_carries_them_signed_in_or_not(city_sqlite: City) -> None:
    for route in routes(city_sqlite.app):
        for client in (city_sqlite.client(), city_sqlite.somebody()):
            answer = client.open(route.path, method=route.method)
            assert dressed(answer), route
            assert answer.headers["Cache-Control"] == "no-store" or route.endpoint == "static", route


ERRORS: Final = {
    "no such page": (404, {"path": "/nowhere"}),
    "no such method": (405, {"path": "/healthz", "method": "DELETE"}),
    "an odd method": (405, {"path": "/healthz", "method": "BREW"}),
    "another host": (421, {"path": "/_parts", "base_url": "https://evil.example"}),
    "a foreign origin": (400, {"path": "/_parts", "method": "POST", "headers": {"Origin": "https://evil.example"}}),
    "no token": (400, {"path": "/_parts", "method": "POST"}),
    "too large a body": (413, {"path": "/_parts", "method": "POST", "data": b"x" * 300_000}),
    "a strange content type": (415, {"path": "/_parts", "method": "POST", "data": "<x/>", "content_type": "text/xml"}),
    "a fault of ours": (500, {"path": "/_crash"}),
    "our own word for not found": (404, {"path": "/_told/NotFound"}),
    "a database that does not write": (503, {"path": "/_told/StoreError"}),
}


@pytest.mark.parametrize("case", ERRORS)
def test_every_error_is_a_page_that_carries_them(shown: City, case: str) -> None:
    status, asked = ERRORS[case]
    answer = shown.client().open(**asked)  # type: ignore[arg-type] # a request, by its parts
    assert answer.status_code == status
    assert dressed(answer)
    assert answer.mimetype == "text/html"
    assert '<html lang="ja">' in answer.text


def test_a_program_reads_its_error_as_json(shown: City) -> None:
    answer = shown.client().get("/_crash", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.mimetype) == (500, "application/json")
    assert answer.json
    assert set(answer.json) == {"error", "message", "id"}


def test_the_method_that_is_not_allowed_is_told_which_are(shown: City) -> None:
    assert "GET" in shown.client().delete("/healthz").headers["Allow"]


def test_plain_http_promises_no_tls(city_sqlite: City) -> None:
    city_sqlite.portal["origin"] = "http://localhost:8080"
    answer = city_sqlite.client().get("/healthz", base_url="http://localhost:8080")
    assert "Strict-Transport-Security" not in answer.headers


def test_pages_hold_no_inline_script_style_or_handler(shown: City) -> None:
    page = shown.somebody().get("/_parts").text
    assert "<style" not in page
    assert " style=" not in page
    assert " onclick" not in page
    assert page.count("<script") == page.count('<script type="module" src="/static/')


def test_cookies_are_bound_to_this_host_and_kept_from_scripts(shown: City) -> None:
    answer = shown.client().get("/_parts")
    set_cookies = answer.headers.getlist("Set-Cookie")
    assert len(set_cookies) == 1
    name, *attributes = (part.strip() for part in set_cookies[0].split(";"))
    assert name.startswith("__Host-kagimori-form=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(attributes)
    assert not any(attribute.startswith("Domain") for attribute in attributes)
