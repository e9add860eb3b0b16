"""Chromium, its pages, and a security key, for tests over the real service.

browser         one Chromium for the session
context, watch  a fresh profile in Japanese at 1280 px, and what went wrong in its pages; the test fails at its end
                for every error that it did not name first (`watch.expects("status of 403")`)
page            a page of that context
open_context    call it for other profiles: a phone (`PHONE`), no scripts (`java_script_enabled=False`), a client
                certificate (`client_certificates=[…]`), another person; watched in the same way
city            さくら市's portal, served by `iam serve` over PostgreSQL, with people who can sign in
virtual_key     a security key with a PIN, plugged into `page`; `VirtualKey.plugged(page, …)` for others

tests.browser.axe       `assert_accessible(page)`
tests.browser.keyboard  `tab_to`, `fill_by_keys`, `press`: by keyboard alone
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.chromium import DESKTOP, Watch, opened, started
from tests.browser.city import City, Ground, prepared
from tests.browser.city import opened as opened_city
from tests.browser.virtual_key import VirtualKey
from web.practice.servers.postgres import Postgres

_numbers = count(1)
OpenContext = Callable[..., BrowserContext]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with started() as running:
        yield running


@pytest.fixture(scope="session")
def ground(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Ground:
    return prepared(tmp_path_factory.mktemp("sakura"), postgres)


@pytest.fixture(scope="module")
def city(ground: Ground, postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    folder = tmp_path_factory.mktemp("city") / "body"
    with opened_city(ground, folder, postgres, f"browser_{next(_numbers)}") as served:
        yield served
        assert [line for line in served.lines() if line["event"] == "crashed"] == []


@pytest.fixture
def watches() -> Iterator[list[Watch]]:
    """One for each context of the test, in the order in which they were opened."""
    made: list[Watch] = []
    yield made
    assert [fault for each in made for fault in each.unexpected()] == []


@pytest.fixture
def open_context(browser: Browser, watches: list[Watch]) -> Iterator[OpenContext]:
    with ExitStack() as contexts:

        def open_one(size: tuple[int, int] = DESKTOP, **options: object) -> BrowserContext:
            context = contexts.enter_context(opened(browser, size, **options))
            watches.append(Watch.over(context))
            return context

        yield open_one


@pytest.fixture
def context(open_context: OpenContext) -> BrowserContext:
    return open_context()


@pytest.fixture
def watch(context: BrowserContext, watches: list[Watch]) -> Watch:
    return watches[0]


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


@pytest.fixture
def virtual_key(page: Page) -> VirtualKey:
    return VirtualKey.plugged(page)
