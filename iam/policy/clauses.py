"""The clauses of the bodies' policies: where each stands, what it is about, which control answers it.

The one law: paraphrases only.  What a policy says is read in the policy; here
stands what the software needs to cite it.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

from iam.errors import ConfigurationError, NotFound
from iam.policy.cited import BASELINE
from iam.policy.profile import Profile

SHIPPED = Path(__file__).parent / "clauses.csv"
COLUMNS = ("id", "body", "section", "title_ja", "paraphrase_ja", "control")


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause: `section` as the policy numbers it, `control` the key that clauses of several bodies share."""

    id: str
    body: str
    section: str
    title: str
    paraphrase: str
    control: str

    @property
    def prefix(self) -> str:
        """The part of the id that names the body."""
        return self.id.partition("-")[0]


@cache
def shipped() -> Mapping[str, Clause]:
    """The clauses that come with the product, read on first use."""
    return MappingProxyType(_read(SHIPPED))


def clause(clause_id: str) -> Clause:
    """One clause that comes with the product; `baseline` is one too, and says so.

    Raises:
        NotFound: when there is none of this id.
    """
    if clause_id == BASELINE:
        return Clause(BASELINE, "", "", "標準の値", "条項に定めがないため、設計上の標準の値を使う", "")
    found = shipped().get(clause_id)
    if found is None:
        raise NotFound(f"条項「{clause_id}」は条項一覧にありません。IDの綴りを確かめてください。")
    return found


def clauses_of(profile: Profile) -> Mapping[str, Clause]:
    """The clauses that a profile may cite: the product's, and those of the file that its body names.

    Raises:
        ConfigurationError: when the body's file cannot be read, or redefines an id.
    """
    if not profile.body.clauses:
        return shipped()
    path = Path(profile.body.clauses)
    own = _read(path)
    twice = [clause_id for clause_id in own if clause_id in shipped()]
    if twice:
        raise ConfigurationError(
            [f"{path}: 条項「{clause_id}」は製品の条項一覧にもあります。別のIDにしてください。" for clause_id in twice]
        )
    return {**shipped(), **own}


def _read(path: Path) -> dict[str, Clause]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.reader(file, strict=True))
    except UnicodeDecodeError as error:
        raise ConfigurationError([f"{path}: UTF-8で保存されていません。UTF-8で保存し直してください。"]) from error
    except csv.Error as error:
        raise ConfigurationError([f"{path}: CSVとして読めません。引用符の対応を確かめてください。"]) from error
    except OSError as error:
        raise ConfigurationError([f"{path}: 読み取れません。置き場所と読み取り権限を確かめてください。"]) from error
    if not rows or tuple(rows[0]) != COLUMNS:
        raise ConfigurationError([f"{path}: 1行目を {','.join(COLUMNS)} としてください。"])
    return _clauses(path, rows[1:])


def _clauses(path: Path, rows: list[list[str]]) -> dict[str, Clause]:
    found: dict[str, Clause] = {}
    mistakes = []
    for number, row in enumerate(rows, start=2):
        if len(row) != len(COLUMNS):
            mistakes.append(f"{path}: {number}行目: 列が{len(COLUMNS)}つではありません。")
        elif row[0] in found:
            mistakes.append(f"{path}: {number}行目: 条項「{row[0]}」が二度書かれています。")
        else:
            found[row[0]] = Clause(*row)
    if mistakes:
        raise ConfigurationError(mistakes)
    return found


def own_clause(profile: Profile, clause_id: str) -> str:
    """The body's own clause where the software cites `clause_id`: that one if it is the body's, else the body's first
    with the same control, else `baseline`."""
    known, prefix = clauses_of(profile), profile.body.prefix
    control = known[clause_id].control
    mine = [each.id for each in known.values() if each.control == control and prefix and each.prefix == prefix]
    return clause_id if clause_id in mine else next(iter(mine), BASELINE)
