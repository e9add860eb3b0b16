"""The house rules that a linter cannot see.

Each rule is a function from one parsed file to what breaks it, so that a
planted line can show that the rule sees what it forbids.
"""

import ast
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HOUSES = ("iam", "connectors", "web")
LONGEST_FILE = 400
LONGEST_FUNCTION = 40
MOST_ROOMS = 7
DRAWERS = {"util", "utils", "helper", "helpers", "common", "service", "services", "repository", "manager", "managers"}
CLOCKS = {
    *(("datetime", name) for name in ("now", "utcnow", "today")),
    ("date", "today"),
    *(("time", name) for name in ("time", "time_ns", "localtime", "gmtime")),
}
ZONES: dict[str, dict[str, str]] = {
    code: zone
    for profile in (ROOT / "iam/policy/profiles").glob("*.toml")
    for code, zone in tomllib.loads(profile.read_text(encoding="utf-8")).get("zones", {}).items()
}
LABELS = {zone["label"] for zone in ZONES.values()}


@dataclass(frozen=True)
class Room:
    """One source file, by its path from the root."""

    path: str
    text: str
    tree: ast.Module

    def lies_in(self, *places: str) -> bool:
        return any(self.path == place or self.path.startswith(f"{place}/") for place in places)


def room(path: str, text: str) -> Room:
    return Room(path, text, ast.parse(text, path))


ROOMS = [
    room(str(path.relative_to(ROOT)), path.read_text(encoding="utf-8"))
    for house in HOUSES
    for path in sorted((ROOT / house).rglob("*.py"))
]


def _calls(tree: ast.AST) -> Iterator[tuple[int, str, str]]:
    """Each call of an attribute: its line, the last name before the dot, and the attribute."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value
            name = owner.attr if isinstance(owner, ast.Attribute) else owner.id if isinstance(owner, ast.Name) else ""
            yield node.lineno, name, node.func.attr


def _called(room: Room, *attributes: str) -> list[str]:
    return [f"{room.path}:{line}" for line, _, attribute in _calls(room.tree) if attribute in attributes]


def commits(room: Room) -> list[str]:
    """Only an act commits, so that no deed stands without its record."""
    return [] if room.lies_in("iam/record/act.py") else _called(room, "commit")


def transactions(room: Room) -> list[str]:
    """`begin()` commits at its end without being told to; only the record may open a transaction."""
    return [] if room.lies_in("iam/record") else _called(room, "begin", "begin_nested")


def target_writes(room: Room) -> list[str]:
    """One door out: one retry story, one guard, one reconciliation.  A connector may hand on to its own parts."""
    return [] if room.lies_in("iam/sync", "connectors") else _called(room, "carry_out")


def clock_readings(room: Room) -> list[str]:
    """Time comes in as an argument; one reading per act."""
    if room.lies_in("iam/record/act.py"):
        return []
    return [f"{room.path}:{line}" for line, owner, name in _calls(room.tree) if (owner, name) in CLOCKS]


def environment_readings(room: Room) -> list[str]:
    """The environment is read in one place, handed over by the command; the demo is a program of its own."""
    if room.lies_in("iam/settings", "web/cli/main.py", "web/practice/demo.py"):
        return []
    names = {"environ", "environb", "getenv"}
    return [
        f"{room.path}:{node.lineno}"
        for node in ast.walk(room.tree)
        if (isinstance(node, ast.Attribute) and node.attr in names)
        or (isinstance(node, ast.ImportFrom) and node.module == "os" and names & {alias.name for alias in node.names})
    ]


def long_file(room: Room) -> list[str]:
    """A file is read from top to bottom in one sitting."""
    lines = room.text.count("\n")
    return [f"{room.path}: {lines}"] if lines > LONGEST_FILE else []


def long_functions(room: Room) -> list[str]:
    """A verb reads as its specification; its docstring does not count."""
    if not room.lies_in("iam", "connectors"):
        return []
    return [
        f"{room.path}:{node.lineno} {node.name}: {length}"
        for node in ast.walk(room.tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and (length := _length(node)) > LONGEST_FUNCTION
    ]


def _length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    length = (function.end_lineno or function.lineno) - function.lineno + 1
    first = function.body[0]
    if ast.get_docstring(function) is not None:
        length -= (first.end_lineno or first.lineno) - first.lineno + 1
    return length


def drawers(room: Room) -> list[str]:
    """A room has one reason to exist; a drawer collects whatever found no room."""
    parts = {word for part in Path(room.path).with_suffix("").parts for word in part.split("_")}
    return [room.path] if parts & DRAWERS else []


def zone_names(room: Room) -> list[str]:
    """A body's zones are data of its profile; no code path knows one (requirement R51)."""
    if room.lies_in("web/practice"):  # an invented body has zones
        return []
    prose = {id(node.value) for node in ast.walk(room.tree) if isinstance(node, ast.Expr)}
    return [
        f"{room.path}:{node.lineno}"
        for node in ast.walk(room.tree)
        if (isinstance(node, ast.Constant) and id(node) not in prose and _names_a_zone(node.value))
        or (isinstance(node, ast.Name) and set(node.id.lower().split("_")) & set(ZONES))
        or (isinstance(node, ast.Attribute) and set(node.attr.lower().split("_")) & set(ZONES))
    ]


def _names_a_zone(value: object) -> bool:
    return isinstance(value, str) and (value in ZONES or any(label in value for label in LABELS))


Rule = Callable[[Room], list[str]]
PLANTED: list[tuple[Rule, str, str]] = [
    (commits, "iam/people/ledger.py", "connection.commit()"),
    (transactions, "iam/people/ledger.py", "with engine.begin() as connection: ..."),
    (target_writes, "web/cli/sync.py", "target.carry_out(orders)"),
    (clock_readings, "iam/sync/plan.py", "datetime.datetime.now(UTC)"),
    (clock_readings, "connectors/ldap/wire.py", "time.time()"),
    (clock_readings, "web/cli/sync.py", "date.today()"),
    (environment_readings, "iam/record/store.py", "os.environ['HOME']"),
    (environment_readings, "connectors/ldap/wire.py", "from os import getenv"),
    (long_file, "web/cli/sync.py", "x = 1\n" * 401),
    (long_functions, "iam/sync/plan.py", "def f():\n" + "    x = 1\n" * 40),
    (drawers, "iam/people/date_utils.py", ""),
    (drawers, "web/common/pages.py", ""),
    (zone_names, "iam/access/wanted.py", "if zone == 'lgwan': ..."),
    (zone_names, "iam/access/wanted.py", "in_mnu_zone = True"),
    (zone_names, "web/cli/sync.py", "f'{x}マイナンバー利用事務系'"),
]
RULES = list(dict.fromkeys(rule for rule, _, _ in PLANTED))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_house_keeps(rule: Rule) -> None:
    assert [broken for room in ROOMS for broken in rule(room)] == []


@pytest.mark.parametrize(("rule", "path", "text"), PLANTED)
def test_the_rule_sees_what_it_forbids(rule: Rule, path: str, text: str) -> None:
    assert rule(room(path, text))


def test_a_folder_holds_one_subject() -> None:
    rooms = [Path(room.path) for room in ROOMS if Path(room.path).name != "__init__.py"]
    crowded = {folder: sum(path.parent == folder for path in rooms) for folder in {path.parent for path in rooms}}
    assert {str(folder): count for folder, count in crowded.items() if count > MOST_ROOMS} == {}
