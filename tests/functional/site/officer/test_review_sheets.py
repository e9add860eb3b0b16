"""Sheets of a review on the officers' pages: made, filled in, handed in, and what became of them."""

import io
import re
import shutil
from collections.abc import Iterator
from html import unescape
from typing import Any, Final

import openpyxl
import pytest
from werkzeug.test import TestResponse

from iam.policy.profile import Role
from iam.review.words import Part
from tests.functional.site.conftest import Ground
from tests.functional.site.given import Browser, City
from tests.reviewed import opened

SYSTEMS: Final = ("finance",)
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@pytest.fixture(scope="module")
def city(ground: Ground, tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """さくら市 with one review of one system under way; each test answers about rows of its own."""
    file = tmp_path_factory.mktemp("sheets") / "iam.db"
    shutil.copy(ground.file, file)
    city = City(ground.deployment, ground.keys, f"sqlite:///{file}", ground.known)
    assert opened(city.store, city.deployment, systems=SYSTEMS).campaign.id == 1
    yield city
    city.store.dispose()


def page(rest: str = "") -> str:
    return f"/office/review/1/sheets{rest}"


def as_(city: City, who: Role | str) -> Browser:
    client = city.client()
    city.signed_in(client, city.holder(who) if isinstance(who, Role) else who)
    return client


def made(browser: Browser, part: Part, **chosen: str) -> bytes:
    answer = browser.send(page("/new"), {"part": part.value, "scope": "all", **chosen})
    assert (answer.status_code, answer.mimetype) == (200, XLSX), read(answer)
    assert "filename*=UTF-8''%E6%A3%9A%E5%8D%B8" in answer.headers["Content-Disposition"]
    return answer.get_data()


def filled(content: bytes, cells: dict[str, object]) -> bytes:
    book = openpyxl.load_workbook(io.BytesIO(content))
    for place, value in cells.items():
        book["回答"][place].value = value
    saved = io.BytesIO()
    book.save(saved)
    return saved.getvalue()


def handed_in(browser: Browser, content: bytes, name: str = "回答.xlsx") -> TestResponse:
    file: Any = (io.BytesIO(content), name)
    return browser.send(page("/return"), {"file": file}, content_type="multipart/form-data")


def read(answer: TestResponse) -> str:
    """What somebody reads of an answer."""
    main = re.search(r"<main.*</main>", answer.get_data(as_text=True), re.DOTALL)
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", main[0] if main else "")))


def test_personnel_fill_in_a_sheet_and_read_what_became_of_it(city: City) -> None:
    browser = as_(city, Role.HR_OFFICER)
    content = filled(made(browser, Part.HR), {"J4": "在職", "J5": "居る", "L5": "=1"})
    done = handed_in(browser, content)
    assert done.status_code == 303
    shown = read(browser.get(done.location))
    assert "1件の回答を取り込みました" in browser.get(done.location).text or "取り込んだ回答 1件" in shown
    name = city.entrant(city.holder(Role.HR_OFFICER)).name.replace("\u3000", " ")
    assert f"取り込んだ人 {name}" in shown
    assert "J5" in shown
    assert "「居る」という判定はありません" in shown
    cells = browser.get(f"{done.location}/cells")
    assert (cells.mimetype, cells.headers["Content-Disposition"][:21]) == ("text/csv", "attachment; filename=")
    assert re.findall(r"回答,([A-Z]+\d+),", cells.get_data(as_text=True)) == ["L5", "J5"]
    again = handed_in(browser, content)
    assert (again.status_code, "取り込み済みです" in read(again)) == (422, True)
    listed = read(browser.get(page()))
    assert "取り込めない欄2か所" in listed
    assert listed.count(name) >= 2


def test_a_file_that_is_refused_is_told_on_the_page(city: City) -> None:
    browser = as_(city, Role.HR_OFFICER)
    content = made(browser, Part.HR)
    altered = handed_in(browser, filled(content, {"A4": "0"}))
    assert altered.status_code == 422
    assert "何も取り込んでいません" in read(altered)
    assert "シート「回答」 A4: この列は変えられません" in read(altered)
    for name, sent, words in (
        ("a.xlsx", b"x", "xlsxとして読めません"), ("a.xlsm", content, "マクロを入れられる形式"),
        ("a.xlsx", b"\xd0\xcf\x11\xe0", "パスワード付きか古い形式"),
    ):  # fmt: skip
        answer = handed_in(browser, sent, name)
        assert (answer.status_code, words in read(answer)) == (422, True)
    empty = browser.send(page("/return"), {})
    assert (empty.status_code, "ファイルを選んでください" in read(empty)) == (422, True)
    wrong = browser.send(page("/new"), {"part": "hr", "scope": "system:finance"})
    assert wrong.status_code == 422


def test_everybody_sees_their_own_sheets_and_heads_all(city: City) -> None:
    owner, head = as_(city, Role.SYSTEM_OWNER), as_(city, Role.GENERAL_OFFICER)
    hr = as_(city, Role.HR_OFFICER)
    done = handed_in(hr, filled(made(hr, Part.HR), {"J6": "在職"}))
    assert done.status_code == 303
    for browser, status in ((hr, 200), (head, 200), (as_(city, Role.AUDITOR), 200), (owner, 404)):
        assert browser.get(done.location).status_code == status
        assert browser.get(f"{done.location}/cells").status_code == status
        assert browser.get(page()).status_code == 200
    assert "シートはまだありません" in read(owner.get(page()))
    for who in (Role.AUDITOR, Role.OPERATOR):
        browser = as_(city, who)
        assert "シートを作る" not in read(browser.get(page()))
        assert [browser.get(page(rest)).status_code for rest in ("/new", "/return")] == [403, 403]
    plain = as_(city, city.plain())
    assert [plain.get(page(rest)).status_code for rest in ("", "/new", "/return")] == [403, 403, 403]
    assert hr.get("/office/review/99/sheets").status_code == 404
