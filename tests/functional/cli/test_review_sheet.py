"""`iam review sheet` and `iam review return --check`: a file for a reviewer, and a look at what came back."""

import json
import stat
from pathlib import Path

import openpyxl
import pytest
from sqlalchemy import insert

from iam.office.books import assignment_table
from iam.office.roles import How
from iam.policy.profile import Role
from iam.record.keys import KeyRing
from iam.record.store import Store
from tests.functional.cli.given import Town, today


@pytest.fixture
def reviewed(settled: Town) -> Town:
    """A review, and somebody of 人事."""
    settled.edit("iam.toml", "[output]", '[portal]\norigin = "https://id.minato.test"\n[output]')
    store = Store(f"sqlite:///{settled.folder / 'iam.db'}", KeyRing.read(settled.folder / "keys.json"))
    with store.act("test") as act:
        values = {"person_id": 1, "role": Role.HR_OFFICER, "kind": How.NAMED, "reason": "兼ねる", "given_at": act.at}
        act.connection.execute(insert(assignment_table).values(valid_from=today(), valid_until=today(), **values))
    store.dispose()
    assert settled.run("review", "open", "--kind", "extra").exit_code == 0
    return settled


def test_a_sheet_is_written_for_somebody_and_looked_at_when_it_comes_back(reviewed: Town, tmp_path: Path) -> None:
    town, folder = reviewed, tmp_path / "out"
    folder.mkdir()
    made = town.run("review", "sheet", "--for", "0000" + "01", "--part", "hr", "--to", str(folder), "--json")
    assert made.exit_code == 0, made.output
    told = json.loads(made.stdout)
    path = Path(told["file"])
    assert (told["rows"], stat.S_IMODE(path.stat().st_mode)) == (9, 0o600)
    clean = town.run("review", "return", "--check", str(path))
    assert (clean.exit_code, "取り込める回答 0件、空の行 9件、ファイルにない行 0件" in clean.stdout) == (0, True)
    book = openpyxl.load_workbook(path)
    sheet = book["回答"]
    sheet["J4"].value, sheet["J5"].value = "在職", "居る"
    book.save(path)
    found = town.run("review", "return", "--check", str(path), "--json")
    assert found.exit_code == 1
    shown = json.loads(found.stdout)
    assert (shown["usable"], shown["answers"], [each["cell"] for each in shown["problems"]]) == (True, 1, ["J5"])
    sheet["A4"].value = "別人"
    book.save(path)
    refused = town.run("review", "return", "--check", str(path))
    assert (refused.exit_code, "シート「回答」 A4: この列は変えられません" in refused.stdout) == (1, True)
    path.write_bytes(b"x")
    broken = town.run("review", "return", "--check", str(path))
    assert (broken.exit_code, "xlsxとして読めません" in broken.stderr) == (2, True)


def test_the_console_makes_no_sheet_for_whoever_may_not_answer_and_takes_no_answers(reviewed: Town) -> None:
    here = str(reviewed.folder)
    for number, part, words in (("000002", "hr", "シートを作れません"), ("000001", "owner", "シートを作れません"),
                                ("999999", "hr", "台帳にいません")):  # fmt: skip
        refused = reviewed.run("review", "sheet", "--for", number, "--part", part, "--to", here)
        assert (refused.exit_code, words in refused.stderr) == (2, True), refused.output
    taken = reviewed.run("review", "return", "回答.xlsx")
    assert (taken.exit_code, "ポータル" in taken.stderr) == (2, True)
