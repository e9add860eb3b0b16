"""What is asked of whoever connects a system, by the door through which it comes.

The one law: *every mistake stands beside its field*, by its line where the field has several.
"""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any, Final, Self

from flask_babel import gettext, lazy_gettext
from wtforms import BooleanField, Field, SelectField, SelectMultipleField, TextAreaField
from wtforms.validators import InputRequired, StopValidation
from wtforms.widgets import CheckboxInput, ListWidget

from iam.errors import ConfigurationError
from iam.signin.tokens.details import SCOPES, Algorithm, ClientKind, Detail, detail_of
from web.officer.clients.words import LABELS, said
from web.officer.systems import rights, systems
from web.site.face.forms import PageForm, day, line, must_be_plain, paragraph, tidy

_LONGEST_NAME: Final = 100
_LONGEST_URI: Final = 2_000
_LONGEST_LIST: Final = 10_000
_SOURCE: Final = "detail"
_PAIR: Final = re.compile(r"\s*(?:=|→|\t)\s*")


class Several:
    """What holds for several values at once: that there are some where they are asked for, and that all can be seen."""

    def __init__(self, *, required: bool = False) -> None:
        self.field_flags: dict[str, Any] = {"required": True} if required else {"optional": True}
        self._required = required

    def __call__(self, _form: object, field: Field) -> None:
        """Refuse what is missing, and what cannot be seen."""
        if self._required and not field.data:
            raise StopValidation(gettext("%(label)sを入力してください。", label=field.label.text))
        must_be_plain("\n".join(map(str, field.raw_data or ())))


class Lines(TextAreaField):
    """Several values, one a line; blank lines do not matter."""

    data: Any

    def _value(self) -> str:
        return str(self.raw_data[0]) if self.raw_data else "\n".join(self.data or ())

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Take what was typed, line by line."""
        typed = tidy(str(valuelist[0]), _LONGEST_LIST)[:_LONGEST_LIST] if valuelist else ""
        self.data = [text for each in typed.split("\n") if (text := each.strip())]


class Pairs(TextAreaField):
    """Several pairs, one a line: 左 = 右."""

    data: Any

    def _value(self) -> str:
        pairs = (self.data or {}).items()
        return str(self.raw_data[0]) if self.raw_data else "\n".join(f"{key} = {each}" for key, each in pairs)

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Take what was typed, pair by pair."""
        typed = tidy(str(valuelist[0]), _LONGEST_LIST)[:_LONGEST_LIST] if valuelist else ""
        self.data = {}
        for number, each in enumerate(typed.split("\n"), start=1):
            if not each.strip():
                continue
            left, *right = _PAIR.split(each.strip(), maxsplit=1)
            if not left or not right or not right[0]:
                raise ValueError(gettext("%(number)s行目: 左と右を = でつないで書いてください。", number=number))
            if left in self.data:
                raise ValueError(
                    gettext("%(number)s行目: 「%(left)s」が二度書かれています。", number=number, left=left)
                )
            self.data[left] = right[0]


class ClientForm(PageForm):
    """What every client has.  Its code, and whether it keeps a secret, are settled once when it is new."""

    name = line(LABELS["name"], longest=_LONGEST_NAME)
    system = SelectField(LABELS["system"], [InputRequired(lazy_gettext("情報システムを選んでください。"))])
    entitlement = SelectField(LABELS["entitlement"])
    reason = line(lazy_gettext("申請の理由"))

    detail_fields: tuple[str, ...] = ()
    """Fields that make up the client's detail."""

    whole: str = ""
    """The field beside which stands what is wrong with the detail as a whole; "": the first."""

    def offered(self) -> Self:
        """The form with what may be chosen in it."""
        # Nothing is chosen beforehand: the first of the list would too easily be taken for the right one.
        self.system.choices = [("", gettext("選んでください")), *systems()]
        self.entitlement.choices = {
            gettext("権限を問わない"): [("", gettext("なし（情報システムに入れればよい）"))],
            **rights(),
        }
        return self

    @property
    def right(self) -> str:
        """The code of the right that is asked for besides; "" for none."""
        return str(self.entitlement.data or "").partition("/")[2]

    def detail(self, kind: ClientKind) -> Detail | None:
        """The detail, or None with every mistake beside its field."""
        typed = {name: self[name].data for name in self.detail_fields}
        written = {name: str(value) if isinstance(value, date) else value for name, value in typed.items()}
        try:
            return detail_of(
                kind, {name: value for name, value in written.items() if value is not None}, source=_SOURCE
            )
        except ConfigurationError as error:
            for problem in error.problems:
                self._beside(problem.removeprefix(f"{_SOURCE}: "))
            return None

    def _beside(self, problem: str) -> None:
        """Put a mistake (redirect_uris.0: sentence) beside the field that it is about."""
        path, _, sentence = problem.partition(": ")
        name, _, place = path.partition(".")
        field: Field = self[name if name in self.detail_fields else self.whole or self.detail_fields[0]]
        said_of = gettext(sentence)
        if place.isdigit():
            said_of = gettext("%(number)s行目: %(said)s", number=int(place) + 1, said=said_of)
        elif place:
            said_of = f"{place.strip(chr(34))}: {said_of}"
        field.errors = [*field.errors, said_of]


class OidcForm(ClientForm):
    """OpenID Connect."""

    algorithm = SelectField(LABELS["algorithm"])
    redirect_uris = Lines(LABELS["redirect_uris"], [Several(required=True)])
    post_logout_uris = Lines(LABELS["post_logout_uris"], [Several()])
    logout_uri = line(LABELS["logout_uri"], longest=_LONGEST_URI, required=False)
    scopes = SelectMultipleField(LABELS["scopes"], option_widget=CheckboxInput(), widget=ListWidget())
    refresh = BooleanField(LABELS["refresh"])
    require_par = BooleanField(LABELS["require_par"])
    start_uri = line(LABELS["start_uri"], longest=_LONGEST_URI, required=False)
    waiver = line(LABELS["waiver"], required=False)
    waiver_until = day(LABELS["waiver_until"], required=False)

    detail_fields = (
        "algorithm", "redirect_uris", "post_logout_uris", "logout_uri", "start_uri", "scopes", "refresh", "require_par",
        "waiver", "waiver_until",
    )  # fmt: skip

    def offered(self) -> Self:
        """The form with what may be chosen in it."""
        self.algorithm.choices = [(each.value, _algorithm(each)) for each in Algorithm]
        self.scopes.choices = [(each, said(each)) for each in SCOPES]
        return super().offered()


class ForwardForm(ClientForm):
    """A web application behind a reverse proxy."""

    origin = line(LABELS["origin"], longest=_LONGEST_URI)
    paths = Lines(LABELS["paths"], [Several()])
    proxies = Lines(LABELS["proxies"], [Several()])

    detail_fields = ("origin", "paths", "proxies")


class RadiusForm(ClientForm):
    """A RADIUS server."""

    addresses = Lines(LABELS["addresses"], [Several(required=True)])
    devices = Pairs(LABELS["devices"], [Several()])
    vlans = Pairs(LABELS["vlans"], [Several()])
    challenge = BooleanField(LABELS["challenge"])
    nearby = BooleanField(LABELS["nearby"])

    detail_fields = ("addresses", "devices", "vlans", "challenge", "nearby")


class TerminalForm(ClientForm):
    """Terminals that ask at the terminal API."""

    addresses = Lines(LABELS["addresses"], [Several(required=True)])
    challenge = BooleanField(LABELS["challenge"])

    detail_fields = ("addresses", "challenge")


class SamlForm(ClientForm):
    """A service provider of SAML 2.0."""

    entity_id = line(LABELS["entity_id"], longest=_LONGEST_URI)
    acs = Lines(LABELS["acs"], [Several(required=True)])
    logout_url = line(LABELS["logout_url"], longest=_LONGEST_URI, required=False)
    certificate = paragraph(LABELS["certificate"], longest=_LONGEST_LIST, required=False)
    name_id = SelectField(LABELS["name_id"])
    attributes = Pairs(LABELS["attributes"], [Several()])

    unsolicited = BooleanField(LABELS["unsolicited"])
    waiver = line(LABELS["waiver"], required=False)
    waiver_until = day(LABELS["waiver_until"], required=False)

    detail_fields = (
        "entity_id", "acs", "logout_url", "certificate", "name_id", "attributes", "unsolicited", "waiver",
        "waiver_until",
    )  # fmt: skip
    whole = "waiver"

    def offered(self) -> Self:
        """The form with what may be chosen in it."""
        self.name_id.choices = [(each, said(each)) for each in ("persistent", "email", "login")]
        return super().offered()


FORMS: Final[Mapping[ClientKind, type[ClientForm]]] = {
    ClientKind.OIDC: OidcForm,
    ClientKind.FORWARD: ForwardForm,
    ClientKind.RADIUS: RadiusForm,
    ClientKind.TERMINAL: TerminalForm,
    ClientKind.SAML: SamlForm,
}
"""The form of each door."""


def _algorithm(each: Algorithm) -> str:
    return gettext("RS256（期限つきの例外措置が要る）") if each is Algorithm.RS256 else each.value
