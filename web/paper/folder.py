"""A folder of an export: every format from one walk over the rows, the manifest last, nothing half written.

The one law: *it leaves with its record or not at all*: who takes what is written down before a file gets its name.
"""

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from pathlib import Path
from tempfile import mkdtemp
from types import TracebackType
from typing import Final, Protocol, Self

from iam.errors import Conflict, IntegrityError, StoreError
from iam.record.columns import jst_day
from iam.record.store import Store
from iam.review.exports.cover import Cover, cover
from iam.review.exports.figures import Figures, figures_of
from iam.review.exports.intact import see_as_frozen, see_intact
from iam.review.exports.manifest import MANIFEST, SIGNATURE, Written, lying_in, manifest, record, sha256_of, written
from iam.review.exports.rows import Row, rows
from iam.review.words import CampaignState
from web.paper.text.delimited import Delimited
from web.paper.text.structured import Structured
from web.paper.workbook import Workbook

WORK: Final = ".棚卸の出力-"
"""How the folder begins in which files are made until they get their names."""


class Form(StrEnum):
    """A format of an export."""

    XLSX = "xlsx"
    CSV = "csv"
    CP932 = "cp932"
    PDF = "pdf"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class Wish:
    """Which review, in which formats, below which folder.  `body`: its name; `categories`: its words for categories.

    `force`: replace files whose content differs.
    """

    campaign_id: int
    below: Path
    body: str
    forms: Sequence[Form] = tuple(Form)
    categories: Mapping[str, str] = field(default_factory=dict)
    force: bool = False


@dataclass(frozen=True, slots=True)
class Exported:
    """What came of it.  `fresh`: names of files that were written; the others lay there already, the same."""

    folder: Path
    cover: Cover
    files: tuple[Written, ...]
    fresh: frozenset[str]


class _Writer(Protocol):
    """Makes a file out of rows; entered before the first, left after the last."""

    @property
    def lines(self) -> int:
        """Lines of the review that it took."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None: ...

    def take(self, row: Row) -> None:
        """Take one line of the review."""


def export(store: Store, actor: str, wish: Wish) -> Exported:
    """Write the files of a review into a folder of their own below `wish.below`, readable by their owner alone.

    Raises:
        NotFound: there is no such review.
        Conflict: it is still being opened, or files with other contents lie there and `force` is not given.
        IntegrityError: the review is not what was frozen and signed.
        StoreError: the folder cannot be written; Busy: another export is under way.
    """
    with store.exclusive("review-export"), _told(wish.below):
        with store.read() as connection:
            front = cover(connection, wish.campaign_id, wish.body, wish.categories)
        if front.campaign.state is CampaignState.OPENING:
            raise Conflict(f"棚卸 {wish.campaign_id} はまだ準備中です。準備が終わってから出力してください。")
        folder = wish.below / front.stem
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _work(folder) as work:
            making = _make(store, wish, work)
            return _publish(store, actor, wish, making, folder)


@dataclass(frozen=True, slots=True)
class _Made:
    """Files in a folder of their own, before they get their names."""

    work: Path
    cover: Cover
    files: tuple[Written, ...]


def _make(store: Store, wish: Wish, work: Path) -> _Made:
    """The files, from one snapshot of what nobody altered; what is slow and needs no database comes after it."""
    on, forms = jst_day(store.clock()), tuple(dict.fromkeys(wish.forms))
    # The snapshot ends first: laying out pages takes long, and needs none.
    with ExitStack() as opened, store.read() as connection:
        front = cover(connection, wish.campaign_id, wish.body, wish.categories)
        see_intact(connection, front.campaign)
        figures = figures_of(connection, wish.campaign_id) if Form.PDF in forms else None
        writers = [opened.enter_context(_writer(form, work, front, figures, on)) for form in forms]
        for row in rows(connection, wish.campaign_id):
            see_as_frozen(row.line)
            for writer in writers:
                writer.take(row)
    if any(writer.lines != front.lines for writer in writers):
        raise IntegrityError(f"棚卸 {wish.campaign_id}: 書き出した行の数が、対象の {front.lines:,} 行と合いません。")
    files = (each for form, writer in zip(forms, writers, strict=True) for each in _files(form, writer, work, front))
    return _Made(work, front, tuple(files))


def _writer(form: Form, work: Path, front: Cover, figures: Figures | None, on: date) -> _Writer:
    path, listed = work / _name(front, form), work / _list_name(front, form)
    if form is Form.XLSX:
        return Workbook(path, front, on)
    if form is Form.JSON:
        return Structured(path, front, on)
    if form is Form.PDF and figures is not None:
        # WeasyPrint takes a second to load; whoever wants no PDF need not wait for it.
        from web.paper.report import Report  # noqa: PLC0415

        return Report(path, front, figures, on)
    return Delimited(path, listed, front, on, cp932=form is Form.CP932)


def _files(form: Form, writer: _Writer, work: Path, front: Cover) -> Iterator[Written]:
    """What a writer made; of odd characters a list, where there are any or CP932 was asked for."""
    yield written(work / _name(front, form), form, writer.lines)
    if isinstance(writer, Delimited) and (writer.odd or form is Form.CP932):
        yield written(work / _list_name(front, form), "characters", writer.odd)


def _name(front: Cover, form: Form) -> str:
    return f"{front.stem}_CP932.csv" if form is Form.CP932 else f"{front.stem}.{form}"


def _list_name(front: Cover, form: Form) -> str:
    return f"{front.stem}_{form.upper()}の文字一覧.csv"


def _publish(store: Store, actor: str, wish: Wish, made: _Made, folder: Path) -> Exported:
    """Refuse, or write down who takes it and then give the files their names, the manifest last."""
    fresh = [each for each in made.files if not _lies_there(folder, each)]
    changed = [each.name for each in fresh if (folder / each.name).exists()]
    same = lying_in(folder) == (made.cover.campaign.id, frozenset(made.files))
    if (folder / MANIFEST).exists() and not same:
        changed.append(MANIFEST)
    if changed and not wish.force:
        listed = "、".join(changed)
        cure = "別のフォルダーを指定するか、--force を付けて置き換えてください。"
        raise Conflict(f"{folder}: 内容の違うファイルがすでにあります（{listed}）。{cure}")
    with store.act(actor) as act:
        record(act, made.cover, made.files)
        proof = manifest(made.cover, made.files, store.keys, (act.at, actor))
    names = [each.name for each in fresh]
    if fresh or not same or not (folder / SIGNATURE).exists():
        for name, content in zip((SIGNATURE, MANIFEST), reversed(proof), strict=True):
            (made.work / name).write_bytes(content)
            names.append(name)
    for name in names:
        _give_name(made.work / name, folder / name)
    return Exported(folder, made.cover, made.files, frozenset(names))


def _lies_there(folder: Path, file: Written) -> bool:
    path = folder / file.name
    return path.is_file() and not path.is_symlink() and sha256_of(path) == file.sha256


def _give_name(path: Path, name: Path) -> None:
    path.chmod(0o600)
    with path.open("rb") as file:
        os.fsync(file.fileno())
    path.replace(name)


@contextmanager
def _work(folder: Path) -> Iterator[Path]:
    """A folder for files in the making, for their owner alone; what a killed export left there goes first."""
    for left in folder.glob(f"{WORK}*"):
        shutil.rmtree(left)
    work = Path(mkdtemp(prefix=WORK, dir=folder))
    try:
        yield work
    finally:
        shutil.rmtree(work)


@contextmanager
def _told(below: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        cure = "出力先の権限と空き容量を確かめてください。"
        raise StoreError(f"{error.filename or below}: 書き出せません（{error.strerror}）。{cure}") from error
