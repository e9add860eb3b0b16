"""What an operator says about a personnel file.

The one law: what a file is like is said here and never guessed from it, so
that a file that has changed its shape is noticed instead of misread.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final, Literal, Self, TypeAlias

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictInt,
    StrictStr,
    ValidationInfo,
    field_validator,
    model_validator,
)

from connectors.personnel.tables.stream import Encoding

FieldName: TypeAlias = Literal[
    "staff_number",
    "name",
    "name_kana",
    "category",
    "org_code",
    "org_name",
    "title_code",
    "title",
    "primary",
    "kind",
    "status",
    "valid_from",
    "valid_until",
    "announce_from",
    "email",
    "previous_number",
    "home_body",
]

NEEDED: Final[tuple[FieldName, ...]] = ("staff_number", "name", "category", "valid_from")
"""Fields without which no row can be believed."""

_ENCODINGS = {
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "sjis": "cp932",
    "ms932": "cp932",
    "windows-31j": "cp932",
    "utf8": "utf-8",
    "utf-8-sig": "utf-8",
}


def _encoding(value: object) -> object:
    return _ENCODINGS.get(value.lower(), value.lower()) if isinstance(value, str) else value


Position: TypeAlias = Annotated[StrictInt, Field(ge=1)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Trailer(_Frozen):
    """A last line that says how many rows stand before it.  Positions count from 1."""

    marker: Annotated[StrictStr, Field(min_length=1)]
    """What its first cell holds, e.g. "T" or "END"."""

    rows_at: Position
    """Where the number of rows stands (without header and trailer)."""

    sha256_at: Position | None = None
    """Where the SHA-256 of all bytes before this line stands, in hexadecimal."""


class Options(_Frozen):
    """[sources.NAME.file].  Relative paths are under the validation context's `folder`."""

    path: Path
    """The file, which another system replaces before each run."""

    format: Literal["csv", "xlsx"] | None = None
    """By default what the suffix of `path` says; anything but .xlsx is CSV."""

    encoding: Annotated[Encoding, BeforeValidator(_encoding)] = "cp932"
    """cp932, or utf-8 with or without a byte order mark.  Not used for xlsx."""

    delimiter: Annotated[StrictStr, Field(min_length=1, max_length=1)] = ","
    """What stands between the cells of a CSV."""

    header: bool = True
    """Whether the first row names the columns."""

    columns: Mapping[FieldName, Annotated[StrictStr, Field(min_length=1)] | Position]
    """Our field to the header of its column, or to its position from 1.  No other column is read."""

    constants: Mapping[FieldName, StrictStr] = Field(default_factory=dict)
    """Fields for which the file has no column, and what every row says there."""

    sheet: str = ""
    """The sheet of an xlsx; by default the first."""

    skip_lines: Annotated[int, Field(ge=0, le=100)] = 0
    """Lines above the header that are not read (a title, a date)."""

    trailer: Trailer | None = None
    """The last line that proves the file whole."""

    sidecar: str = ""
    """Suffix of a file beside it that proves it whole, with `rows=…` and `sha256=…`; e.g. ".sum"."""

    max_bytes_per_line: Annotated[int, Field(ge=1_000, le=16 << 20)] = 1 << 20
    """No line of a CSV may be longer."""

    max_rows: Annotated[int, Field(ge=1, le=10_000_000)] = 1_000_000
    """No file may have more rows."""

    max_unpacked: Annotated[int, Field(ge=1 << 20, le=2 << 30)] = 200 << 20
    """No xlsx may be larger than this many bytes once unpacked (zip bombs)."""

    zero_pad: Annotated[int, Field(ge=0, le=20)] = 0
    """Fill staff numbers of digits alone to this length: a spreadsheet has eaten their zeros."""

    @field_validator("path")
    @classmethod
    def _under_folder(cls, value: Path, info: ValidationInfo) -> Path:
        folder = (info.context or {}).get("folder")
        return Path(folder) / value if folder else value

    @field_validator("path")
    @classmethod
    def _no_macros(cls, value: Path) -> Path:
        if value.suffix.lower() in {".xlsm", ".xls", ".xlsb"}:
            raise ValueError(f"{value.suffix} は読めません。マクロのない .xlsx か CSV で保存してください。")
        return value

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        missing = [field for field in NEEDED if field not in self.columns and field not in self.constants]
        if missing:
            raise ValueError(f"columns に {'、'.join(missing)} がありません。列の見出しか位置を書いてください。")
        if "staff_number" in self.constants:
            raise ValueError("staff_number は constants に書けません。columns に列の見出しか位置を書いてください。")
        both = [field for field in self.columns if field in self.constants]
        if both:
            raise ValueError(f"{'、'.join(both)} が columns と constants の両方にあります。どちらかにしてください。")
        named = [field for field, column in self.columns.items() if isinstance(column, str)]
        if named and not self.header:
            raise ValueError(
                f"header = false のとき、columns の {'、'.join(named)} は見出しでなく 1 からの位置で書いてください。"
            )
        if self.kind == "xlsx" and self.trailer and self.trailer.sha256_at:
            raise ValueError("xlsx では trailer.sha256_at を使えません。sidecar に sha256 を書いてください。")
        return self

    @property
    def kind(self) -> Literal["csv", "xlsx"]:
        """How the file is read."""
        return self.format or ("xlsx" if self.path.suffix.lower() == ".xlsx" else "csv")
