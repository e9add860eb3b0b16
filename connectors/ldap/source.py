"""A personnel directory behind LDAP: one entry is one row.

The one law: an attribute that cannot be read as exactly one text is never
guessed at; the row goes to quarantine with its DN, attribute and cure.
"""

from collections.abc import Container, Iterator, Mapping
from typing import Final, Literal, Self

from pydantic import Field, model_validator

from connectors.ldap.ber import decode_entry, salt_of
from connectors.ldap.options import AttributeName, Dn, Filter, Scope, ServerOptions
from connectors.ldap.requests import condition
from connectors.ldap.server import Directory, Search
from iam.errors import SourceError
from iam.ports import Fingerprint, SourceBatch, SourceRow, Unreadable

STAFF_NUMBER: Final = "staff_number"
SHOWN = 100
"""How much of an unreadable value is shown."""

FieldName = Literal[
    "staff_number", "name", "name_kana", "category", "org_code", "org_name", "title_code", "title", "primary", "kind",
    "status", "valid_from", "valid_until", "announce_from", "email", "previous_number", "home_body",
]  # fmt: skip


class LdapSourceOptions(ServerOptions):
    """`[sources.NAME.ldap]`.  `attributes` maps our field names to the directory's attributes."""

    base: Dn
    filter: Filter = "(objectClass=inetOrgPerson)"
    scope: Scope = "sub"
    attributes: dict[FieldName, AttributeName] = Field(min_length=1)

    @model_validator(mode="after")
    def _numbered(self) -> Self:
        if STAFF_NUMBER not in self.attributes:
            raise ValueError(
                'attributes に職員番号がありません。staff_number = "employeeNumber" のように書いてください'
            )
        return self

    @property
    def search(self) -> Search:
        wanted = {name.lower(): name for name in self.attributes.values()}
        return Search(self.base, condition(self.filter), self.scope, tuple(wanted.values()))


class LdapSource:
    """Implements `Source`."""

    def __init__(self, name: str, options: LdapSourceOptions) -> None:
        self._name = name
        self._options = options

    @property
    def name(self) -> str:
        return self._name

    @property
    def edition(self) -> str:
        """See `Source.edition`: a directory answers anew every time."""
        return ""

    def read(self, known: Container[Fingerprint]) -> Iterator[SourceBatch]:
        """See `Source.read`."""
        attributes = self._options.attributes
        salt = salt_of("source", *(f"{field}={name.lower()}" for field, name in sorted(attributes.items())))
        with Directory(self._options, f"人事ディレクトリ「{self._name}」", SourceError) as directory:
            for page in directory.pages(self._options.search, known, salt):
                with directory.translated("今回の読み取りは使いません。"):
                    rows = [row_of(entry, mark, attributes) for mark, entry in page.fresh]
                yield SourceBatch(page.unchanged, rows)


def row_of(entry: bytes, mark: Fingerprint, attributes: Mapping[FieldName, str]) -> SourceRow | Unreadable:
    """One raw entry under our field names, or why it cannot be read.

    Raises:
        Malformed: when the bytes are not an entry.
    """
    raw_dn, raw = decode_entry(entry)
    place = raw_dn.decode("utf-8", "backslashreplace")
    held = {name.lower(): values for name, values in raw.items()}
    fields: dict[str, str] = {}
    wrong: dict[FieldName, str] = {}
    for field, name in attributes.items():
        values = held.get(name.lower(), ())
        if len(values) == 1:
            try:
                fields[field] = values[0].decode()
            except UnicodeDecodeError:
                wrong[field] = f"属性 {name} の値が UTF-8 の文字ではありません。人事ディレクトリの値を直してください"
        elif values:
            wrong[field] = (
                f"属性 {name} に値が{len(values)}個あります。1個にするか、attributes で別の属性を指してください"
            )
    number = fields.get(STAFF_NUMBER, "").strip()
    if not number:
        wrong.setdefault(
            STAFF_NUMBER, f"職員番号の属性 {attributes[STAFF_NUMBER]} に値がありません。値を入れてください"
        )
    for field, reason in wrong.items():
        shown = " / ".join(
            value.decode("utf-8", "backslashreplace") for value in held.get(attributes[field].lower(), ())
        )
        return Unreadable(place, field, shown[:SHOWN], reason, number or None, mark)
    return SourceRow(place, fields, mark)
