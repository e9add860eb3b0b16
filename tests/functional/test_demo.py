"""The demo keeps what it promises, and its city is one that a real body could be."""

import re
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from iam.people.feed import FeedRow, Rejected, check_person
from iam.people.rows import read_row
from iam.ports import SourceRow
from iam.settings import load
from web.body.connections import source_of
from web.body.deployment import Deployment, proved
from web.practice.body import SEED, PracticeBody, a_day_later, people, write_feed, write_practice_body
from web.practice.portal.serving import ready
from web.practice.portal.visitors import CAST

ROOT = Path(__file__).parents[2]


def deployment_of(body: PracticeBody) -> Deployment:
    """What the body's configuration says, every file of it proved."""
    return proved(load(body.configuration, {}), str(body.configuration), [])


def statements(body: PracticeBody) -> tuple[dict[str, list[FeedRow]], list[Rejected]]:
    """What the body's file says, by staff number, and which of its rows may not be believed."""
    deployment = deployment_of(body)
    categories = {category.code: category for category in deployment.profile.categories}
    said: dict[str, list[FeedRow]] = {}
    refused: list[Rejected] = []
    for batch in source_of("jinji", "file", deployment.sources["jinji"]).read(frozenset()):
        for row in batch.rows:
            assert isinstance(row, SourceRow), row
            result = read_row(row, deployment.codes("jinji"), categories, deployment.organisation, "")
            if isinstance(result, Rejected):
                refused.append(result)
            else:
                said.setdefault(result[0].staff_number, []).extend(result)
    return said, [*refused, *(problem for rows in said.values() for problem in check_person(rows))]


@pytest.mark.parametrize("day", ["2026-04-01", "2026-08-15", "2027-03-31", "2028-02-29"])
def test_the_file_of_any_day_is_believed_whole(tmp_path: Path, day: str) -> None:
    on = date.fromisoformat(day)
    body = write_practice_body(tmp_path, staff=400, today=on)

    said, refused = statements(body)

    assert refused == []
    assert sum(any(row.valid_from <= on <= row.valid_until for row in rows) for rows in said.values()) == 400


@pytest.mark.parametrize("day", ["2026-04-01", "2026-04-02", "2027-03-31"])
def test_the_file_of_the_next_day_is_believed_whole_too(tmp_path: Path, day: str) -> None:
    on = date.fromisoformat(day)
    body = write_practice_body(tmp_path, staff=300, today=on)
    before, _ = statements(body)

    write_feed(body.feed, a_day_later(people(300, SEED, on), on))
    said, refused = statements(body)

    assert refused == []
    assert len(said) == len(before) + 1
    assert sum(said[number] != before.get(number) for number in said) >= 5


def test_the_same_seed_gives_the_same_people() -> None:
    today = date(2026, 10, 1)

    assert list(people(300, 1, today)) == list(people(300, 1, today))
    assert list(people(300, 1, today)) != list(people(300, 2, today))


def test_the_file_is_as_an_hr_package_writes_it(tmp_path: Path) -> None:
    body = write_practice_body(tmp_path, staff=1200, today=date(2026, 10, 1))
    content = body.feed.read_bytes()
    text = content.decode("cp932")

    assert content.count(b"\r\n") == content.count(b"\n")
    for written in (
        "髙",
        "﨑",
        "\ue000",
        "R8.4.1,R9.3.31",
        "20260401,99999999",
        "2027/3/24",
        "令和8年4月1日",
        "ｻﾄｳ ｹﾝｲﾁ",
    ):
        assert written in text, written
    assert text.splitlines()[0].split(",")[4] == "生年月日"
    assert "生年月日" not in body.configuration.read_text(encoding="utf-8").partition("[sources.jinji.file]")[2]


def test_two_of_the_same_name_sit_in_one_section() -> None:
    desks = [
        (str(one.name), one.appointments[-1].unit)
        for one in people(1200, 20260401, date(2026, 10, 1))
        if str(one.name) == "佐藤　健一"
    ]
    assert len(desks) - len(set(desks)) == 1


def test_the_demo_runs_to_its_end_and_locks_nobody_out(tmp_path: Path) -> None:
    folder = tmp_path / "demo"

    ended = subprocess.run(
        [sys.executable, "-m", "web.practice.demo", "--check", "--folder", str(folder), "--staff", "600"],
        cwd=ROOT, capture_output=True, encoding="utf-8", timeout=300, check=False,
    )  # fmt: skip

    assert ended.returncode == 0, ended.stdout[-3000:] + ended.stderr[-3000:]
    cut = ended.stdout.partition("(1) 転送の途中で切れ")[2].partition("(2)")[0]
    assert "最後の行が途中で切れています" in cut
    assert "（終了コード 3）" in cut
    held = ended.stdout.partition("(2) 人事システムの出力が半分で終わりました")[2].partition("■")[0]
    assert "（終了コード 3）" in held
    kept = re.search(r"使えるIDは ([\d,]+) 件のまま、\s*いまも ([\d,]+) 件です", held)
    assert kept is not None
    assert kept[1] == kept[2] != "0"
    again = ended.stdout.partition("$ iam sync --check")[2].partition("■")[0]
    assert "変更はありません" in again
    assert list((folder / "出力").glob("*")), "the rehearsal wrote its sheets"
    opened = ended.stdout.partition("職員ポータルを開く")[2]
    for part in CAST:
        assert re.search(rf"{part.call}（.+さん）: /\S* 「.+」", opened), part
        assert re.search(rf"\d{{8}}  .+{part.call} .+-.+-.+-", opened), f"{part} is in the table"
    assert "二人の確認がそろい、iam worker が適用しました" in opened
    origin = re.search(r"http://localhost:\d+", opened)
    assert origin is not None
    assert not ready(origin[0]), "what it started ended with it"
