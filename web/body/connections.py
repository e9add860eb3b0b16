"""The kinds of sources and targets that a configuration may name, the mail server, and what connects to each.

The one law: *a connector is imported only where it is used*; which one that is
stands in two tables.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ValidationError

from iam.access.model import System
from iam.errors import ConfigurationError
from iam.handwritten import dotted, mistakes
from iam.ports import Farewell, Mailer, Source, Target
from iam.settings import Backchannel, Mail

SOURCES: Final[Mapping[str, tuple[str, str]]] = {
    "file": ("connectors.personnel.options:Options", "connectors.personnel.source:FileSource"),
    "ldap": ("connectors.ldap.source:LdapSourceOptions", "connectors.ldap.source:LdapSource"),
}
"""[sources.NAME] kind: its options, and the source."""

TARGETS: Final[Mapping[str, tuple[str, str]]] = {
    "openldap": ("connectors.ldap.openldap:OpenLdapOptions", "connectors.ldap.openldap:OpenLdapTarget"),
}
"""[targets.SYSTEM] kind: its options, and the target."""

KINDS: Final = {"sources": SOURCES, "targets": TARGETS}
"""By the table of the configuration."""


@dataclass(frozen=True, slots=True)
class Connection:
    """What the configuration says of one source or target: table and name, the kind, the options as written."""

    table: str
    name: str
    kind: str
    options: Mapping[str, object]

    @property
    def place(self) -> tuple[str, ...]:
        """The key path of the options."""
        return (self.table, self.name, self.kind)


def options_of(connection: Connection, folder: Path) -> BaseModel:
    """The connector's options; relative paths start from `folder`.

    Raises:
        ConfigurationError: with every mistake, each as "key: sentence".
    """
    kinds = KINDS[connection.table]
    if connection.kind not in kinds:
        place = dotted((connection.table, connection.name, "kind"))
        choices = "、".join(kinds)
        raise ConfigurationError([f'{place}: {choices} のいずれかを書いてください（今の値: "{connection.kind}"）。'])
    model = _found(kinds[connection.kind][0])
    if not issubclass(model, BaseModel):
        raise TypeError(f"{model} is no model")
    try:
        return model.model_validate(connection.options, context={"folder": folder})
    except ValidationError as error:
        problems = [
            f"{dotted((*connection.place, *path))}: {sentence.removesuffix('。')}。"
            for path, sentence in mistakes(error, model)
        ]
        raise ConfigurationError(problems) from None


def misfits(connection: Connection, options: BaseModel, system: System) -> Iterator[str]:
    """Where a target's options and its system's entitlements disagree, each as "key: sentence"."""
    groups: Collection[str] = getattr(options, "groups", ())
    place = dotted((*connection.place, "groups"))
    if not groups:
        return
    for code in system.entitlements:
        if code not in groups:
            yield f"{place}: {system.name}の権限「{code}」に当たるグループがありません。書き足してください。"
    for code in groups:
        if code not in system.entitlements:
            yield f"{place}.{code}: {system.name}に権限「{code}」がありません。どちらかを直してください。"


def source_of(name: str, kind: str, options: BaseModel) -> Source:
    """The source that `options` describe."""
    made: Source = _found(SOURCES[kind][1])(name, options)
    return made


def target_of(system: str, kind: str, options: BaseModel, attributes: Collection[str]) -> Target:
    """The target that `options` describe; `attributes` are all that the access model wants on its accounts."""
    made: Target = _found(TARGETS[kind][1])(system, options, attributes)
    return made


def mailer_of(mail: Mail | None) -> Mailer | None:
    """The mail server of [mail]; None where the body has none.

    Raises:
        ConfigurationError: when its certificate authority cannot be read.
    """
    if mail is None:
        return None
    from connectors.smtp import SmtpMailer, SmtpOptions  # noqa: PLC0415 - only what sends letters needs it

    options = SmtpOptions(
        mail.host, mail.port, mail.security.value, mail.sender, mail.ca_file, mail.user, mail.password
    )
    return SmtpMailer(options)


def farewell_of(backchannel: Backchannel | None) -> Farewell | None:
    """Who tells systems of a sign-out, to the hosts of [backchannel]; None where none may be told.

    Raises:
        ConfigurationError: when its certificate authority cannot be read.
    """
    if backchannel is None:
        return None
    from connectors.backchannel import BackchannelOptions, BackchannelSender  # noqa: PLC0415 - as above

    return BackchannelSender(BackchannelOptions(frozenset(backchannel.hosts), backchannel.ca_file))


def _found(place: str) -> type:
    module, _, name = place.partition(":")
    found = getattr(import_module(module), name)
    if not isinstance(found, type):
        raise TypeError(f"{place} is no class")
    return found
