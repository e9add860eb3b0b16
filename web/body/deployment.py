"""Everything that the configuration of one deployment says, each file held against the others.

The one law: *all mistakes of all files are told at once*, also those that
stand beside a mistake in the technical configuration itself.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from connectors.personnel.organisation import read_organisation
from iam.access.model import AccessModel
from iam.access.places.networks import Networks
from iam.access.places.peers import Contact, unlisted
from iam.errors import ConfigurationError, SourceError
from iam.handwritten import dotted, read_toml
from iam.people.feed import AppointmentKind, FeedCodes
from iam.people.organisation import Organisation
from iam.policy.clauses import clauses_of
from iam.policy.entry.systems import Across
from iam.policy.loading import load
from iam.policy.profile import Profile
from iam.settings import Settings
from web.body.connections import KINDS, Connection, misfits, options_of

T = TypeVar("T")
P = TypeVar("P")
OURS: Mapping[str, frozenset[str]] = {
    "kind": frozenset(map(str, AppointmentKind)),
    "status": frozenset({"in_service", "leave", "away", "retired"}),
    "primary": frozenset({"primary", "concurrent"}),
}
"""Our own words for what a personnel file codes; the categories are the profile's."""


@dataclass(frozen=True)
class Deployment:
    """The files as they fit together.  `sources` and `targets`: the connectors' options by name."""

    settings: Settings
    profile: Profile
    model: AccessModel
    organisation: Organisation
    sources: Mapping[str, BaseModel]
    targets: Mapping[str, BaseModel]
    networks: Networks

    def codes(self, source: str) -> FeedCodes:
        """The codes of one source."""
        codes = self.settings.sources[source].codes
        return FeedCodes(codes.category, codes.kind, codes.status, codes.primary)


@dataclass(frozen=True)
class _Written:
    """What the configuration names, as far as it can be made out."""

    file: str
    folder: Path
    profile: str | None
    access: Path | None
    organisation: Path | None
    network: Path | None
    connections: tuple[Connection, ...]
    codes: Mapping[tuple[str, str, str], str]
    """By source, field and the body's code."""

    zone: str
    """Of the portal; "" for the profile's default."""

    mail: str
    """The host of the mail server; "" for none."""

    certificates: Mapping[str, Path]
    """The files of [portal.certificate], [mail] and [backchannel], by key."""


@dataclass
class _Proof:
    """What was read of the files, and what is wrong in them."""

    written: _Written
    problems: list[str]
    profile: Profile | None = None
    model: AccessModel | None = None
    organisation: Organisation | None = None
    networks: Networks | None = None

    def __post_init__(self) -> None:
        self.options: dict[tuple[str, str], BaseModel] = {}

    def run(self) -> None:
        """Read every file and hold each against the others."""
        written = self.written
        self.profile = self._tried(load, written.profile)
        self.model = self._tried(_model_in, written.access)
        self.organisation = self._tried(_organisation_in, written.organisation)
        self.networks = self._tried(_networks_in, written.network)
        self._against_profile()
        self._codes()
        self._portal()
        for connection in written.connections:
            self._connection(connection)
        self._systems()
        self._peers()

    def blame(self, sentence: str) -> None:
        """Note a mistake in the technical configuration."""
        self.problems.append(f"{self.written.file}: {sentence}")

    def _tried(self, read: Callable[[P], T], place: P | None) -> T | None:
        """What `read` makes of `place`, if that could be made out and has no mistake."""
        try:
            return None if place is None else read(place)
        except ConfigurationError as error:
            self.problems += error.problems
        except SourceError as error:
            self.problems.append(str(error))
        return None

    def _against_profile(self) -> None:
        """What access model and networks name, the profile and its clauses must know."""
        if self.profile is None:
            return
        try:
            clauses = clauses_of(self.profile)
        except ConfigurationError as error:
            self.problems += error.problems
            clauses = {}
        zones = [zone.code for zone in self.profile.zones]
        if self.model is not None:
            categories = [category.code for category in self.profile.categories]
            wrong = self.model.unknown(zones=zones, categories=categories, clauses=clauses)
            self.problems += [f"{self.written.access}: {sentence}" for sentence in wrong]
        if self.networks is not None:
            home = self.profile.default_zone.code
            systems = None if self.model is None else {c: s.zone or home for c, s in self.model.systems.items()}
            wrong = self.networks.misfits(zones=zones, systems=systems, clauses=clauses)
            idle = _idle_flows(self.networks, self.profile)
            self.problems += [f"{self.written.network}: {sentence}" for sentence in (*wrong, *idle)]

    def _codes(self) -> None:
        """Every code must lead to a word of ours."""
        ours = dict(OURS)
        if self.profile is not None:
            ours["category"] = frozenset(category.code for category in self.profile.categories)
        for place, word in self.written.codes.items():
            known = ours.get(place[1])
            if known is not None and word not in known:
                choices = "、".join(sorted(known))
                key = dotted(("sources", place[0], "codes", *place[1:]))
                self.blame(f'{key}: {choices} のいずれかを書いてください（今の値: "{word}"）。')

    def _portal(self) -> None:
        """The portal stands in a zone of the profile, and its certificates can be read."""
        if self.profile is not None and self.written.zone not in {"", *(zone.code for zone in self.profile.zones)}:
            choices = "、".join(zone.code for zone in self.profile.zones)
            cure = f"{choices} から選んでください" if choices else '領域を置かない団体では "" と書いてください'
            self.blame(f"portal.zone: 領域「{self.written.zone}」はプロファイルにありません。{cure}。")
        for key, path in self.written.certificates.items():
            try:
                pem = path.read_bytes()
            except OSError:
                self.blame(f"{key}: {path} を読み取れません。置き場所と読み取り権限を確かめてください。")
                continue
            if b"-----BEGIN " not in pem:
                self.blame(f"{key}: {path} はPEMの形ではありません。PEM（-----BEGIN で始まる形）に変換してください。")

    def _connection(self, connection: Connection) -> None:
        try:
            options = options_of(connection, self.written.folder)
        except ConfigurationError as error:
            for problem in error.problems:
                self.blame(problem)
            return
        self.options[connection.table, connection.name] = options
        system = self.model.systems.get(connection.name) if self.model else None
        if connection.table == "targets" and system is not None:
            for sentence in misfits(connection, options, system):
                self.blame(sentence)

    def _peers(self) -> None:
        """Nothing is connected to in a zone that is shut off unless it is listed (R52)."""
        if self.profile is None or (self.networks is None and self.written.network is not None):
            return
        tiers = self.profile.entry.zones.items()
        shut = {code: tier.across.clause for code, tier in tiers if tier.across is not None}
        peers = self.networks.peers if self.networks else ()
        for sentence in unlisted(peers, _contacts(self, self.profile.default_zone.code), shut):
            self.blame(sentence)

    def _systems(self) -> None:
        """Every system has a target and every target a system."""
        if self.model is None:
            return
        targets = {each.name for each in self.written.connections if each.table == "targets"}
        for name in sorted(targets - set(self.model.systems)):
            missing = f"{self.written.access} に systems.{name} がありません。どちらかを直してください。"
            self.blame(f"targets.{name}: {missing}")
        unfed = {code for code, system in self.model.systems.items() if not system.provisioned}
        for name in sorted(targets & unfed):
            self.blame(f"targets.{name}: systems.{name} は provisioned = false です。どちらかを直してください。")
        for name in sorted(set(self.model.systems) - targets - unfed):
            missing = f"{self.written.file} に [targets.{name}] がありません。接続の設定を書いてください。"
            self.problems.append(f"{self.written.access}: systems.{name}: {missing}")


def _contacts(proof: _Proof, home: str) -> Iterator[Contact]:
    """Every connection that the configuration asks for; `home`: the zone of systems that name none."""
    systems = proof.model.systems if proof.model else {}
    for (table, name), options in proof.options.items():
        host, system = getattr(options, "host", ""), systems.get(name) if table == "targets" else None
        yield Contact(dotted((table, name)), host, (system.zone or home) if system else None)
    yield Contact("mail.host", proof.written.mail)


def _idle_flows(networks: Networks, profile: Profile) -> Iterator[str]:
    """Flows into a zone that lets nobody in from another one: whoever wrote them means something else."""
    for number, flow in enumerate(networks.flows):
        rules = profile.entry.resolved([flow.to])
        if rules.across is Across.NONE:
            said = f"領域「{flow.to}」は、ほかの領域からの通信を認めていません（{rules.clauses['across']}）"
            yield f"flows.{number}: {said}。この表を消すか、プロファイルの entry.zones で認めてください。"


def proved(settings: Settings, file: str, problems: list[str]) -> Deployment:
    """What `settings` lead to; `problems` are mistakes that are known already.

    Raises:
        ConfigurationError: with every mistake in every file.
    """
    proof = _Proof(_written_in(settings, file), problems)
    proof.run()
    if proof.problems or not (proof.profile and proof.model and proof.organisation):
        raise ConfigurationError(proof.problems)
    return Deployment(
        settings, proof.profile, proof.model, proof.organisation,
        {name: options for (table, name), options in proof.options.items() if table == "sources"},
        {name: options for (table, name), options in proof.options.items() if table == "targets"},
        (proof.networks or Networks()).in_body(divided=bool(proof.profile.zones)),
    )  # fmt: skip


def with_what_is_wrong_besides(problems: Sequence[str], file: Path) -> list[str]:
    """The mistakes of the technical configuration itself, and what else is wrong beside them."""
    try:
        table = read_toml(file)
    except ConfigurationError:
        return list(problems)
    proof = _Proof(_made_out(table, file), [])
    proof.run()
    echoes = tuple(f"{file}: {place}: " for place in _under_a_wrong_kind(table))
    return [*(each for each in problems if not each.startswith(echoes)), *proof.problems]


def _under_a_wrong_kind(table: Mapping[str, object]) -> Iterator[str]:
    """Tables of options that nobody reads, only because `kind` beside them is misspelt."""
    for kind_of_table, kinds in KINDS.items():
        for name, written in _tables(table, kind_of_table):
            if written.get("kind") not in kinds:
                yield from (dotted((kind_of_table, name, kind)) for kind in kinds if kind in written)


def _written_in(settings: Settings, file: str) -> _Written:
    connections = [
        *(Connection("sources", name, each.kind, each.options) for name, each in settings.sources.items()),
        *(Connection("targets", name, each.kind, each.options) for name, each in settings.targets.items()),
    ]
    codes = {
        (name, field, theirs): word
        for name, each in settings.sources.items()
        for field, maps in each.codes
        for theirs, word in maps.items()
    }
    return _Written(
        file, settings.folder, settings.body.profile, settings.access.file, settings.organisation.file,
        settings.network.file if settings.network else None, tuple(connections), codes,
        settings.portal.zone if settings.portal else "", settings.mail.host if settings.mail else "",
        dict(_certificates(settings)),
    )  # fmt: skip


def _certificates(settings: Settings) -> Iterator[tuple[str, Path]]:
    """The files of certificates, by the keys that name them."""
    if settings.portal and (cards := settings.portal.certificate):
        # Not the revocation list: it comes anew every day, and a night must not wait for it.
        yield "portal.certificate.ca", cards.ca
    if settings.mail and settings.mail.ca_file:
        yield "mail.ca_file", settings.mail.ca_file
    if settings.backchannel and settings.backchannel.ca_file:
        yield "backchannel.ca_file", settings.backchannel.ca_file


def _made_out(table: Mapping[str, object], file: Path) -> _Written:
    """What can be made out of a configuration with mistakes; these are told by whoever found them."""
    folder = file.parent

    def path(name: str) -> Path | None:
        word = _table(table, name).get("file")
        return folder / word if isinstance(word, str) else None

    profile = _table(table, "body").get("profile")
    if isinstance(profile, str) and profile.endswith(".toml"):
        profile = str(folder / profile)
    codes = {
        (name, field, theirs): word
        for name, source in _tables(table, "sources")
        for field, maps in _tables(source, "codes")
        for theirs, word in maps.items()
        if isinstance(word, str)
    }
    zone, mail = _table(table, "portal").get("zone"), _table(table, "mail").get("host")
    return _Written(
        str(file), folder, profile if isinstance(profile, str) else None, path("access"), path("organisation"),
        path("network"), tuple(_connections(table)), codes, zone if isinstance(zone, str) else "",
        mail if isinstance(mail, str) else "", {},
    )  # fmt: skip


def _connections(table: Mapping[str, object]) -> Iterator[Connection]:
    for kind_of_table in ("sources", "targets"):
        for name, written in _tables(table, kind_of_table):
            kind = written.get("kind")
            if isinstance(kind, str):
                yield Connection(kind_of_table, name, kind, _table(written, kind))


def _tables(table: Mapping[str, object], name: str) -> Iterator[tuple[str, Mapping[str, object]]]:
    """The tables within a table, by name."""
    for key in _table(table, name):
        yield key, _table(_table(table, name), key)


def _table(table: Mapping[str, object], name: str) -> Mapping[str, object]:
    found = table.get(name)
    return found if isinstance(found, dict) else {}


def _model_in(path: Path) -> AccessModel:
    return AccessModel.parse(_text_in(path), str(path))


def _networks_in(path: Path) -> Networks:
    return Networks.parse(_text_in(path), str(path))


def _text_in(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigurationError([f"{path}: UTF-8で保存されていません。UTF-8で保存し直してください。"]) from error
    except OSError as error:
        raise ConfigurationError([f"{path}: 読み取れません。置き場所と読み取り権限を確かめてください。"]) from error


def _organisation_in(path: Path) -> Organisation:
    try:
        return Organisation.from_rows(read_organisation(path))
    except ConfigurationError as error:
        # A mistake that lies between rows has no line to be named by.
        placed = [each if each.startswith(path.name) else f"{path}: {each}" for each in error.problems]
        raise ConfigurationError(placed) from None
