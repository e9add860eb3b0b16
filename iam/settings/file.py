"""The technical configuration of one deployment: what an operator writes in `iam.toml`.

The one law: `load` is the one reader of the file and of the environment, and
it reports every mistake in both at once.  Rooms below `web/` are handed pieces
of it, never the whole.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Self, TypeAlias

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    Strict,
    ValidationInfo,
    field_validator,
)
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from iam.errors import ConfigurationError
from iam.handwritten import Frozen, Unwritten, WholeNumber, Words, read_toml, unknown, validated
from iam.ports import Authority
from iam.settings.portal import MAIL_VARIABLE, Backchannel, Mail, Portal
from iam.settings.saml import Saml
from iam.settings.written import FilePath, folder_of, word_in

CONFIG_VARIABLE = "IAM_CONFIG"
"""Where the command line finds the file when `--config` is not given."""

PASSWORD_VARIABLE = "IAM_DATABASE_PASSWORD"  # noqa: S105 - the name of the variable, not a password
"""The password of the database's user; goes before [database] password_file."""

VARIABLES = (CONFIG_VARIABLE, PASSWORD_VARIABLE, MAIL_VARIABLE)
"""Every environment variable that Kagimori reads; any other IAM_… is a mistake."""

RELEASERS = 2
"""How many different officers let a held plan go (requirement R04)."""


def _profile(value: str, info: ValidationInfo) -> str:
    return str(folder_of(info) / value) if value.endswith(".toml") else value


def _name(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_-]+", value):
        raise ValueError("表の名前は半角の英数字と - _ だけで書いてください。")
    return value


def _some(value: tuple[Authority, ...]) -> tuple[Authority, ...]:
    # Not min_length: that also complains of emptiness where the only word was misspelt.
    if not value:
        raise ValueError(f"{'、'.join(Authority)} の一つ以上を書いてください。")
    return value


Codes: TypeAlias = Mapping[Words, Words]
Name: TypeAlias = Annotated[str, AfterValidator(_name)]


class Body(Frozen):
    """[body]: the organisation that this deployment serves."""

    name: Words
    """As it is printed on sheets, e.g. "みなと市"."""

    profile: Annotated[Words, AfterValidator(_profile)]
    """A profile that comes with the product (`iam policy list`), or a .toml file of the body's own."""


class Database(Frozen):
    """[database]: one database, for this body alone."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    url: URL
    """sqlite:///FILE or postgresql+psycopg://USER@HOST:PORT/DATABASE, without a password."""

    password_file: FilePath | None = None
    """A file that holds the password alone, e.g. a secret that a container is given."""

    @field_validator("url", mode="before")
    @classmethod
    def _url(cls, value: object, info: ValidationInfo) -> URL:
        cure = "sqlite:///ファイル か postgresql+psycopg://利用者@ホスト:ポート/データベース の形で書いてください"
        try:
            url = make_url(str(value))
        except ArgumentError:
            raise ValueError(f'{cure}（今の値: "{value}"）。') from None
        if url.drivername not in {"sqlite", "postgresql+psycopg"} or not url.database or url.database == ":memory:":
            raise ValueError(f'{cure}（今の値: "{url.render_as_string()}"）。')
        if url.password is not None:
            raise ValueError(
                f"パスワードはここに書かず、環境変数 {PASSWORD_VARIABLE} か password_file のファイルに置いてください。"
            )
        return url.set(database=str(folder_of(info) / url.database)) if url.drivername == "sqlite" else url

    def with_password(self, environ: Mapping[str, str]) -> Self:
        """This database with the password from the environment or from `password_file`, if either gives one.

        Raises:
            ConfigurationError: when the file cannot be read.
        """
        password = environ.get(PASSWORD_VARIABLE)
        if password is None and self.password_file:
            password = word_in(self.password_file, "database.password_file")
        return self if password is None else self.model_copy(update={"url": self.url.set(password=password)})


class Keys(Frozen):
    """[keys]: the key ring, kept apart from the database and its backups."""

    file: FilePath
    """Made by `iam init`; readable by the service's user alone."""


class Organisation(Frozen):
    """[organisation]: the body's departments and sections."""

    file: FilePath
    """CSV with the columns code, name, parent, valid_from, valid_until."""


class Access(Frozen):
    """[access]: what officers decide about systems and rights."""

    file: FilePath
    """TOML with systems, entitlements and the table of birthrights (標準付与)."""


class NetworkFile(Frozen):
    """[network]: where addresses stand, and who may go from one zone into another."""

    file: FilePath
    """TOML with networks and flows.  Without it a body with zones has placed no address; one without is all office."""


class Officers(Frozen):
    """[officers]: who may do what two people must do, by operating-system account."""

    release: tuple[Words, ...] = ()
    """Who may let a held plan go.  Empty: nobody, a held plan stays held."""

    @field_validator("release")
    @classmethod
    def _two(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if value and len(set(value)) < RELEASERS:
            raise ValueError(
                f"保留の解除には異なる{RELEASERS}人が必要です。{RELEASERS}人以上のアカウント名を書いてください。"
            )
        return value


class Output(Frozen):
    """[output]: files for people."""

    directory: FilePath
    """Where rehearsal sheets are written."""


class CodeMaps(Frozen):
    """[sources.NAME.codes]: the source's codes, and our words for them."""

    category: Codes = Field(default_factory=dict)
    """任用区分 to a staff category of the profile."""

    kind: Codes = Field(default_factory=dict)
    """発令区分 to the kind of appointment."""

    status: Codes = Field(default_factory=dict)
    """在職区分 to in service, on leave or left."""

    primary: Codes = Field(default_factory=dict)
    """本務兼務区分 to primary or concurrent."""


def _gathered(value: object) -> object:
    """Gather the sub-table that is named like `kind` under `options`."""
    if not isinstance(value, dict) or not isinstance(kind := value.get("kind"), str):
        return value
    options = value.get(kind, {})
    if not isinstance(options, dict) or "options" in value:
        raise ValueError(f'kind が "{kind}" なので、接続の設定は {kind} という表に書いてください。')
    return {**{key: part for key, part in value.items() if key != kind}, "options": options}


class _Connected(Frozen):
    kind: Words
    """Which connector speaks to it."""

    options: Annotated[Mapping[str, object], Unwritten()] = Field(default_factory=dict)
    """The sub-table named like `kind`, as the connector reads it; its paths are relative to `Settings.folder`."""


class SourceSettings(_Connected):
    """[sources.NAME]: one personnel directory."""

    authority: Annotated[tuple[Authority, ...], AfterValidator(_some)] = (Authority.PERSON, Authority.POST)
    """What this source is believed about."""

    number_prefix: Annotated[str, Strict()] = ""
    """Put before each staff number, where two sources number their staff independently."""

    absence_runs: Annotated[WholeNumber, Field(ge=2, le=30)] = 3
    """After how many complete readings in a row without a person absence has an effect."""

    codes: CodeMaps = CodeMaps()
    """The source's codes."""


class TargetSettings(_Connected):
    """[targets.SYSTEM]: how to reach a system of the access model."""


class Settings(Frozen):
    """The whole file."""

    body: Body
    database: Database
    keys: Keys
    organisation: Organisation
    access: Access
    network: NetworkFile | None = None
    officers: Officers = Officers()
    output: Output

    portal: Portal | None = None
    """Without it there is nowhere to sign in; the sync runs all the same."""

    mail: Mail | None = None
    """Without it nobody is written to."""

    backchannel: Backchannel | None = None
    """Without it no system is told that somebody signed out."""

    saml: Saml | None = None
    """Without it there is no SAML."""

    sources: Annotated[Mapping[Name, Annotated[SourceSettings, BeforeValidator(_gathered)]], Field(min_length=1)]
    """At least one, by name."""

    targets: Mapping[Name, Annotated[TargetSettings, BeforeValidator(_gathered)]] = Field(default_factory=dict)
    """By the system's code in the access model; a system without one is a mistake in the configuration."""

    _folder: Path = PrivateAttr(default=Path())

    @property
    def folder(self) -> Path:
        """Where the file stands: connectors resolve their options' relative paths from here."""
        return self._folder

    def model_post_init(self, context: object) -> None:
        if isinstance(context, Path):
            self._folder = context


def load(path: Path, environ: Mapping[str, str]) -> Settings:
    """What `path` and the environment say.

    Raises:
        ConfigurationError: with every mistake, each as "file: key: what is wrong and what would be right".
    """
    problems = [
        f"環境変数 {name}: {unknown(name, VARIABLES)}"
        for name in sorted(environ)
        if name.startswith("IAM_") and name not in VARIABLES
    ]
    try:
        settings = validated(Settings, read_toml(path), source=str(path), context=path.parent)
    except ConfigurationError as error:
        raise ConfigurationError([*error.problems, *problems]) from None
    found: dict[str, object] = {}
    for name in ("database", "mail"):
        part: Database | Mail | None = getattr(settings, name)
        try:
            found[name] = part and part.with_password(environ)
        except ConfigurationError as error:
            problems = [*error.problems, *problems]
    if problems:
        raise ConfigurationError(problems)
    return settings.model_copy(update=found)
