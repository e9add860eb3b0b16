"""What leaves a review: every format says the same, nothing computes, nothing is lost unseen, and it proves itself."""

import csv
import json
import shutil
import stat
import tracemalloc
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner
from sqlalchemy import Update, func, select, update

from iam.errors import Conflict, IntegrityError, NotFound
from iam.record.keys import KeyRing, pem_of
from iam.record.store import Store
from iam.review.books import (
    campaign_answer_table,
    campaign_export_table,
    campaign_line_table,
    campaign_person_table,
    campaign_table,
)
from iam.review.exports import rows as streaming
from iam.review.exports.columns import ALL, PAPER
from iam.review.exports.cover import cover
from iam.review.exports.figures import days_to_decision, findings_by_quarter, progress_by_department
from iam.review.exports.manifest import MANIFEST, SIGNATURE
from iam.review.exports.rows import rows
from iam.review.words import FindingKind
from tests.bodies import Body
from tests.functional.cli.given import Town, staff
from tests.functional.review.planted import DAY, HOSTILE, Planted, plant, sign_and_carry_out
from web.cli.main import iam
from web.paper import workbook
from web.paper.folder import WORK, Exported, Form, Wish, export
from web.paper.text.delimited import Delimited
from web.paper.text.structured import Structured
from web.paper.workbook import Workbook
from web.practice.servers.slapd import Slapd

STEM = "棚卸_令和8年度第3四半期"


@dataclass
class Desk:
    """A database with a planted review, and a folder for what leaves it."""

    store: Store
    planted: Planted
    below: Path

    @property
    def folder(self) -> Path:
        return self.below / STEM

    def export(self, *forms: Form, force: bool = False) -> Exported:
        wish = Wish(self.planted.id, self.below, "さくら市", forms or tuple(Form), {"regular": "正規職員"}, force=force)
        return export(self.store, "nobu", wish)

    def records(self) -> int:
        with self.store.read() as connection:
            return connection.execute(select(func.count()).select_from(campaign_export_table)).scalar_one()


@pytest.fixture
def desk(empty_file: Path, tmp_path: Path) -> Iterator[Desk]:
    store = store_in(tmp_path, empty_file)
    yield Desk(store, plant(store), tmp_path / "out")
    store.dispose()


def store_in(folder: Path, empty_file: Path) -> Store:
    shutil.copy(empty_file, folder / "iam.db")
    return Store(f"sqlite:///{folder / 'iam.db'}", KeyRing.create(folder / "keys.json"))


def table(path: Path, encoding: str = "utf-8-sig") -> list[list[str]]:
    with path.open(encoding=encoding, newline="") as file:
        return list(csv.reader(file))


def lines_of_workbook(path: Path) -> list[list[str]]:
    """The lines of all departments' sheets, with the sheet's name in front."""
    book = openpyxl.load_workbook(path)
    return [
        [sheet.title, *(str(cell.value or "") for cell in row)]
        for sheet in book.worksheets
        if sheet.title not in {"表紙", "外字"}
        for row in sheet.iter_rows(min_row=5)
    ]


def test_every_format_says_the_same_of_every_line_in_the_same_order(desk: Desk) -> None:
    sign_and_carry_out(desk.store, desk.planted)
    made = desk.export(Form.XLSX, Form.CSV, Form.CP932, Form.JSON)
    assert {each.form: each.rows for each in made.files if each.form != "characters"} == dict.fromkeys(
        ("xlsx", "csv", "cp932", "json"), 60
    )
    whole = json.loads((desk.folder / f"{STEM}.json").read_text(encoding="utf-8"))
    heading, *lines = table(desk.folder / f"{STEM}.csv")
    printed = lines_of_workbook(desk.folder / f"{STEM}.xlsx")
    assert len(whole["lines"]) == whole["count"] == len(lines) == len(printed) == 60
    at = {name: heading.index(name) for name in ("番号", "部", "ID", "判定", "条項", "反映", "任用区分", "指摘の根拠")}
    for line, said, sheet in zip(whole["lines"], lines, printed, strict=True):
        assert str(line["number"]) == said[at["番号"]] == sheet[1]
        assert line["department"] == said[at["部"]]
        assert line["login"].strip() in said[at["ID"]]
        assert line["verdict"] == said[at["判定"]] == sheet[14]
        assert " ".join(line["clauses"]) == said[at["条項"]]
        assert (
            sheet[0] == "所属なし・持ち主なし"
            if not line["department"]
            else sheet[0][:5] == line["department"][:5].replace("/", "_")
        )
        assert bool(line["findings"]) == (sheet[2] == "●")
        # What was found says its reason alone: last use, standing and rights have columns of their own.
        why = "\n".join(f"{each['label']}: {each['said'][0]}" for each in line["findings"]).replace("\x07", "〓")
        assert [said[at["指摘の根拠"]], sheet[12]] == [why, why]
    assert {said[at["任用区分"]] for said in lines} == {"", "正規職員"}
    assert sum("確認済" in said[at["反映"]] for said in lines) == 1
    assert whole["carried"] == {"wanted": 3, "verified": 1, "lifted": 1, "waiting": 1}
    keys = [
        (bool(each["department"]), each["unit"] and each["owner"]["org_code"], each["system"])
        for each in whole["lines"]
    ]
    assert keys == sorted(keys)


def test_a_department_too_long_for_a_sheet_goes_on_upon_the_next(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "MOST_LINES", 10)
    desk.export(Form.XLSX)
    printed = lines_of_workbook(desk.folder / f"{STEM}.xlsx")
    assert [each[1] for each in printed] == [str(number) for number in range(1, 61)]
    counts = Counter(each[0] for each in printed)
    assert max(counts.values()) == 10
    assert {"所属なし・持ち主なし", "所属なし・持ち主なし（2）", "所属なし・持ち主なし（3）"} <= set(counts)


def test_no_cell_of_any_table_is_computed(desk: Desk) -> None:
    desk.export(Form.XLSX, Form.CSV, Form.CP932)
    for name, encoding in ((f"{STEM}.csv", "utf-8-sig"), (f"{STEM}_CP932.csv", "cp932")):
        cells = [cell for row in table(desk.folder / name, encoding) for cell in row]
        bare = [cell for cell in cells if cell.lstrip(" \u3000\u200b\t\r\n")[:1] in set("=+-@＝＋－＠") and cell]
        assert bare == []
        assert sum(cell.startswith("'") for cell in cells) >= len(HOSTILE)
    book = openpyxl.load_workbook(desk.folder / f"{STEM}.xlsx")
    kinds = {cell.data_type for sheet in book.worksheets for row in sheet.iter_rows() for cell in row}
    assert kinds <= {"s", "n"}
    logins = {
        str(cell.value) for sheet in book.worksheets for row in sheet.iter_rows(min_col=8, max_col=8) for cell in row
    }
    assert {'=HYPERLINK("http://x","y")', "@SUM(A1)"} <= logins


def test_what_does_not_fit_cp932_is_listed_with_its_place_and_its_substitute(desk: Desk) -> None:
    desk.export(Form.CSV, Form.CP932)
    plain, narrow = table(desk.folder / f"{STEM}.csv"), table(desk.folder / f"{STEM}_CP932.csv", "cp932")
    heading, *listed = table(desk.folder / f"{STEM}_CP932の文字一覧.csv")
    assert heading[:3] == ["行", "列", "項目"]
    instead: dict[tuple[int, int], dict[str, str]] = {}
    for row, column, name, character, code, substitute, why in listed:
        assert plain[0][int(column) - 1] == name
        assert why
        if why.startswith("CP932"):
            assert code == f"U+{ord(character):04X}"
            shown = "" if substitute == "（なし）" else substitute
            instead.setdefault((int(row), int(column)), {})[character] = shown
    for y, (one, other) in enumerate(zip(plain, narrow, strict=True), 1):
        for x, (said, fitted) in enumerate(zip(one, other, strict=True), 1):
            for character, substitute in instead.get((y, x), {}).items():
                said = said.replace(character, substitute)  # noqa: PLW2901 - step by step
            assert said.lstrip("'") == fitted.lstrip("'"), (y, x)
    assert {"𠮷", "\U000e0100", "ü", "\ue0f2"} <= {each[3] for each in listed}
    assert "?" not in "".join(cell for row in narrow for cell in row)


def test_it_leaves_with_its_record_for_its_owner_alone_and_replaces_nothing(desk: Desk) -> None:
    left = desk.folder / f"{WORK}killed"
    left.mkdir(parents=True)
    (left / "half.csv").write_text("秘", encoding="utf-8")
    made = desk.export(Form.CSV, Form.JSON)
    assert not left.exists()
    assert {stat.S_IMODE(each.stat().st_mode) for each in desk.folder.iterdir()} == {0o600}
    assert (
        {each.name for each in desk.folder.iterdir()}
        == {*made.fresh}
        == {*(f.name for f in made.files), MANIFEST, SIGNATURE}
    )
    assert desk.records() == len(made.files)
    proof = (desk.folder / MANIFEST).read_bytes()

    again = desk.export(Form.CSV, Form.JSON)
    assert again.fresh == frozenset()
    assert (desk.folder / MANIFEST).read_bytes() == proof
    assert desk.records() == 2 * len(made.files), "whoever takes it a second time is written down as well"

    with desk.store.act("test") as act:
        act.connection.execute(update(campaign_table).where(campaign_table.c.id == desk.planted.id).values(revision=99))
    before = {each.name: each.read_bytes() for each in desk.folder.iterdir()}
    with pytest.raises(Conflict, match="--force"):
        desk.export(Form.CSV, Form.JSON)
    assert {each.name: each.read_bytes() for each in desk.folder.iterdir()} == before
    assert desk.records() == 2 * len(made.files)
    assert f"{STEM}.json" in desk.export(Form.CSV, Form.JSON, force=True).fresh


@pytest.mark.parametrize(
    "altered",
    [
        update(campaign_line_table).where(campaign_line_table.c.id == 7).values(login="victim"),
        update(campaign_line_table).where(campaign_line_table.c.id == 7).values(digest="0" * 64),
        update(campaign_person_table).where(campaign_person_table.c.person_id == 3).values(status="left"),
        update(campaign_answer_table).where(campaign_answer_table.c.line_id == 7).values(verdict="remove"),
    ],
    ids=["a line", "its digest", "a person", "an answer"],
)
def test_what_was_altered_in_the_books_does_not_leave(desk: Desk, altered: Update) -> None:
    sign_and_carry_out(desk.store, desk.planted)
    with desk.store.act("attacker") as act:
        assert act.connection.execute(altered).rowcount == 1
    with pytest.raises(IntegrityError, match="書き換えられて"):
        desk.export(Form.CSV)
    assert not list(desk.folder.iterdir())
    assert desk.records() == 0


def test_a_review_that_is_being_opened_does_not_leave(desk: Desk) -> None:
    with desk.store.act("test") as act:
        act.connection.execute(update(campaign_table).values(state="opening"))
    with pytest.raises(Conflict, match="準備中"):
        desk.export(Form.CSV)
    assert not desk.below.exists()
    desk.planted = Planted(0, 99, 0)
    with pytest.raises(NotFound):
        desk.export(Form.CSV)


def _replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-40])


def _forge(folder: Path) -> None:
    stated = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    stated["files"] = [each for each in stated["files"] if each["form"] != "csv"]
    (folder / MANIFEST).write_text(json.dumps(stated), encoding="utf-8")


Harm = Callable[[Path], object]
HARMS: dict[str, Harm] = {
    "a cell is changed": lambda folder: _replace(folder / f"{STEM}.csv", "停止", "継続"),
    "a row is cut off": lambda folder: _cut(folder / f"{STEM}.csv"),
    "a file is gone": lambda folder: (folder / f"{STEM}.json").unlink(),
    "the manifest is changed": lambda folder: _replace(folder / MANIFEST, '"rows": 60', '"rows": 59'),
    "the signature is another's": lambda folder: (folder / SIGNATURE).write_text("QUJD\n", encoding="ascii"),
    "a hash in the manifest follows a changed file": _forge,
}


def test_whoever_has_the_folder_and_the_public_key_needs_nobody_else(desk: Desk, tmp_path: Path) -> None:
    desk.export(Form.CSV, Form.JSON)
    mine, theirs = tmp_path / "mine.pem", tmp_path / "theirs.pem"
    mine.write_text(pem_of(desk.store.keys.public_keys()), encoding="ascii")
    theirs.write_text(pem_of(KeyRing.create(tmp_path / "theirs.json").public_keys()), encoding="ascii")

    def check(place: Path, pem: Path) -> tuple[int, str]:
        found = CliRunner().invoke(
            iam, ["--config", "/nowhere/iam.toml", "review", "check", str(place), "--keys", str(pem)]
        )
        return found.exit_code, found.output

    for place in (desk.folder, desk.below, desk.folder / f"{STEM}.csv"):
        assert check(place, mine)[0] == 0
    assert check(desk.folder, theirs)[0] == 5
    (desk.folder / "加えた.csv").write_text("", encoding="utf-8")
    code, told = check(desk.folder, mine)
    assert (code, "加えた.csv" in told) == (0, True)
    assert check(desk.folder / "加えた.csv", mine)[0] == 5
    whole = {each.name: each.read_bytes() for each in desk.folder.iterdir()}
    for harm, do in HARMS.items():
        do(desk.folder)
        assert check(desk.folder, mine)[0] == 5, harm
        for name, content in whole.items():
            (desk.folder / name).write_bytes(content)
    assert check(tmp_path, mine)[0] == 2, "no manifest"


def test_figures_count_what_an_export_holds_on_either_database(body: Body) -> None:
    planted = plant(body.store)
    with body.store.read() as connection:
        told = list(rows(connection, planted.id))
        progress, quarters = progress_by_department(connection, planted.id), findings_by_quarter(connection, planted.id)
        days, front = days_to_decision(connection, planted.id), cover(connection, planted.id, "さくら市")
    assert [each.number for each in told] == list(range(1, 61))
    for each in progress:
        mine = [row for row in told if row.department == each.key]
        counted = len(mine), sum(row.outcome is not None for row in mine), sum(bool(row.findings) for row in mine)
        assert (each.lines, each.decided, each.found) == counted
        assert (each.percent == 100) == (each.open == 0)
    assert [each.key for each in progress] == list(dict.fromkeys(row.department for row in told))
    assert [(each.label, dict(each.counts)) for each in quarters] == [
        ("R8-2", {FindingKind.NO_OWNER: 1}), ("R8-3", {FindingKind.NO_OWNER: 12}),
    ]  # fmt: skip
    assert sum(each.count for each in days) == 50
    assert [each.count for each in days][:3] == [5, 5, 8]
    assert (front.stem, front.year, [each.system for each in front.unread]) == (STEM, "令和8年度", ["zei"])


def test_memory_does_not_grow_with_the_lines(tmp_path: Path, empty_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streaming, "PAGE", 25)
    peaks = []
    for number, lines in enumerate((20, 100, 700)):
        folder = tmp_path / str(number)
        folder.mkdir()
        store = store_in(folder, empty_file)
        planted = plant(store, lines)
        tracemalloc.start()
        with store.read() as connection:
            front = cover(connection, planted.id, "さくら市")
            with (
                Workbook(folder / "a.xlsx", front, DAY) as book,
                Structured(folder / "a.json", front, DAY) as text,
                Delimited(folder / "a.csv", folder / "b.csv", front, DAY, cp932=True) as narrow,
            ):
                for row in rows(connection, planted.id):
                    for writer in (book, text, narrow):
                        writer.take(row)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        store.dispose()
    # The library's own buffers fill up to a megabyte; rows that were kept would take some three more.
    assert peaks[2] < peaks[1] + 1_300_000, peaks


def test_the_quarterly_job_exports_the_newest_review_and_the_audit_says_who(tmp_path: Path, slapd: Slapd) -> None:
    town = Town(tmp_path, slapd, ("daemon", "bin")).build()
    town.feed(staff(4))
    assert town.run("sync").exit_code == 0
    assert town.run("review", "export", "--to", str(tmp_path / "出力2")).exit_code == 2, "there is none yet"
    assert town.run("review", "open", "--kind", "extra").exit_code == 0
    key = tmp_path / "公開鍵.pem"
    wanted = ("review", "export", "--to", str(tmp_path / "出力2"), "--format", "csv,json", "--public-key", str(key))
    told = town.told(*wanted)
    assert {each["rows"] for each in told["files"]} == {told["lines"]}
    assert told["lines"] >= 4
    assert town.run("review", "check", told["folder"], "--keys", str(key)).exit_code == 0
    assert town.run("review", "check", told["folder"]).exit_code == 0
    assert town.run(*wanted[:5], "csv,doc").exit_code == 2
    exported = tmp_path / "audit.jsonl"
    assert town.run("audit", "export", str(exported)).exit_code == 0
    deeds = [json.loads(line) for line in exported.read_text(encoding="utf-8").splitlines()]
    taken = next(each for each in deeds if each.get("action") == "campaign.exported")
    assert {each["sha256"] for each in told["files"]} == {*taken["detail"]["files"].values()}
    assert taken["actor"] not in {"", None}


def test_the_manual_names_every_column_and_every_member(desk: Desk) -> None:
    manual = (Path(__file__).parents[3] / "docs" / "棚卸の出力.md").read_text(encoding="utf-8")
    assert "、".join(each.heading for each in ALL) in manual
    assert "、".join(each.heading for each in PAPER) in manual
    sign_and_carry_out(desk.store, desk.planted)
    desk.export(Form.JSON)
    whole = json.loads((desk.folder / f"{STEM}.json").read_text(encoding="utf-8"))
    wanted = set(whole) | set(whole["campaign"]) | set(whole["systems"][0]) | set(whole["carried"])
    for line in whole["lines"]:
        wanted |= set(line)
        for name in ("rights", "findings", "answers", "carried"):
            wanted |= {key for each in line[name] for key in each}
        wanted |= set(line["owner"] or ()) | set(line["outcome"] or ())
    assert {each for each in wanted if f'"{each}"' not in manual} == set()
