"""What systems ask: a request to sign somebody in, or out, judged before anybody at the screen is asked anything.

The one law: *nothing is believed but what two officers registered* (R41): who asks, where the answer goes, by which
key; and a message is for us, of now, and whole.
"""

import json
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from cryptography import x509
from saml2 import BINDING_HTTP_POST, samlp

from iam.errors import IntegrityError
from iam.record.columns import jst_day
from iam.record.keys import KeyRing
from iam.signin.tokens.clients import Client, SamlDetail
from web.doors.saml import answers, contexts
from web.doors.saml.ourselves import SLO, SSO, Ourselves
from web.doors.saml.wire import carrying, reading, xmlsec
from web.doors.saml.wire.carrying import Parcel
from web.doors.saml.wire.reading import RSA, Message
from web.doors.saml.wire.refusing import Refusal

PAST: Final = timedelta(minutes=5)
"""How old a message may be when it comes."""

AHEAD: Final = timedelta(minutes=1)
"""How far the sender's clock may be ahead of ours."""

LIFE: Final = timedelta(minutes=15)
"""How long somebody may take to sign in for a request; a half-done sign-in lasts ten minutes."""

UNKNOWN: Final = "?"
"""Whatever was asked for that we do not know."""

_PURPOSE: Final = "saml request"
_YES: Final = frozenset({"true", "1"})
_KINDS: Final = {"AuthnRequest": "authn_request", "LogoutRequest": "logout_request"}


@dataclass(frozen=True)
class Asked:
    """A request to sign somebody in.  `client`: its code; `ident`: of the request, "" where the portal began it.

    `acs`: where the answer goes; `forced`, `passive`, `classes`, `comparison`, `name_id`: as SAML Core §3.4.1 has them.
    """

    client: str
    ident: str
    acs: str
    relay: str
    at: datetime
    forced: bool = False
    passive: bool = False
    classes: tuple[str, ...] = ()
    comparison: str = "exact"
    name_id: str = ""


@dataclass(frozen=True)
class Leaving:
    """A request to sign somebody out.  `indexes`: sessions as we named them, empty for all of that person."""

    client: Client
    ident: str
    relay: str
    name_id: str
    indexes: tuple[str, ...]


Known = Callable[[str], Client]
"""The client that has this entity id; a Refusal when there is none, or it was stopped."""


def to_sign_in(parcel: Parcel, ours: Ourselves, known: Known, at: datetime) -> Asked:
    """What an AuthnRequest asks.

    Raises:
        Refusal: when it is not to be answered.  Busy: when too many wait.
    """
    message, client, said = _judged(parcel, "AuthnRequest", ours, known, at)
    if said.subject is not None:
        raise Refusal("subject")
    if said.protocol_binding not in {None, BINDING_HTTP_POST}:
        raise Refusal("binding")
    context, policy = said.requested_authn_context, said.name_id_policy
    return Asked(
        client.code, message.ident, _acs(client.agreed(SamlDetail), said), parcel.relay, at,
        forced=said.force_authn in _YES, passive=said.is_passive in _YES, classes=_classes(context),
        comparison=_known(context and context.comparison, contexts.COMPARISONS, "exact"),
        name_id=_known(policy and policy.format, answers.FORMATS.values(), ""),
    )  # fmt: skip


def _classes(context: Any) -> tuple[str, ...]:  # noqa: ANN401 - of the library, which has no types
    """The classes that we can answer for; the others as one UNKNOWN, for a request is kept in an address."""
    if context is None:
        return ()
    known = [each for element in context.authn_context_class_ref if (each := _text(element)) in contexts.LEVELS]
    return tuple(dict.fromkeys(known)) or (UNKNOWN,)


def _known(word: str | None, words: Collection[str], usual: str) -> str:
    return usual if not word else word if word in words else UNKNOWN


def to_sign_out(parcel: Parcel, ours: Ourselves, known: Known, at: datetime) -> Leaving:
    """What a LogoutRequest asks; one that nobody signed is refused (SAML Profiles §4.4.4.1).

    Raises:
        Refusal: when it is not to be followed.  Busy: when too many wait.
    """
    message, client, said = _judged(parcel, "LogoutRequest", ours, known, at)
    detail = client.agreed(SamlDetail)
    if not detail.certificate:
        raise Refusal("unsigned", "no certificate is registered")
    if not detail.logout_url:
        raise Refusal("no_logout")
    if said.not_on_or_after and at >= _instant(said.not_on_or_after) + AHEAD:
        raise Refusal("issued", "over")
    if said.name_id is None:
        raise Refusal("name_id")
    indexes = tuple(_text(each) for each in said.session_index)
    return Leaving(client, message.ident, parcel.relay, _text(said.name_id), indexes)


def _judged(parcel: Parcel, kind: str, ours: Ourselves, known: Known, at: datetime) -> tuple[Message, Client, Any]:
    """The message when it may be believed: cheap questions first, so that a flood of nonsense starts no process."""
    message = reading.read(parcel.raw, kind)
    said: Any = getattr(samlp, f"{_KINDS[kind]}_from_string")(message.xml)
    if said is None or said.issuer is None or said.version != "2.0":
        raise Refusal("kind", "version or issuer")
    client = known(_text(said.issuer))
    page = ours.at({"AuthnRequest": SSO, "LogoutRequest": SLO}[kind])
    if said.destination != page and (said.destination or message.algorithm or parcel.sealed):
        raise Refusal("destination")
    issued = _instant(said.issue_instant or "")
    if not at - PAST <= issued <= at + AHEAD:
        raise Refusal("issued", f"{int((at - issued).total_seconds())} s")
    _signed(parcel, message, client.agreed(SamlDetail), ours, at)
    return message, client, said


def _signed(parcel: Parcel, message: Message, detail: SamlDetail, ours: Ourselves, at: datetime) -> None:
    """Signed by the key that is registered, in a way that the client may use; or no key is registered."""
    if not detail.certificate:
        return
    if parcel.sealed is None and not message.algorithm:
        raise Refusal("unsigned")
    # A message in an address is signed there (SAML Bindings §3.4.4.1).
    if not parcel.posted and parcel.sealed is None:
        raise Refusal("unsigned", "in the address")
    algorithm = parcel.sealed.algorithm if parcel.sealed else message.algorithm
    if algorithm in RSA and not detail.rsa_on(jst_day(at)):
        raise Refusal("algorithm", "RSA without a waiver")
    if parcel.sealed:
        carrying.verify(parcel.sealed, x509.load_pem_x509_certificate(detail.certificate.encode()))
    else:
        xmlsec.verify(ours.xmlsec, message.xml, _KINDS[message.kind], detail.certificate)


def _acs(detail: SamlDetail, said: Any) -> str:  # noqa: ANN401 - as above
    url, index = said.assertion_consumer_service_url, said.assertion_consumer_service_index
    if url is not None:
        if index is not None or url not in detail.acs:
            raise Refusal("acs")
        return str(url)
    if index is None:
        return detail.acs[0]
    if not index.isdecimal() or int(index) >= len(detail.acs):
        raise Refusal("acs", "index")
    return detail.acs[int(index)]


def _text(element: Any) -> str:  # noqa: ANN401 - as above
    return (element.text or "").strip()


def _instant(text: str) -> datetime:
    """An xs:dateTime in UTC, as SAML Core §1.3.3 has them."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise Refusal("issued", "no instant") from error
    if found.tzinfo is None:
        raise Refusal("issued", "no zone")
    return found.astimezone(UTC)


# --- kept while its person signs in: in the address, sealed, so that a stranger's requests fill no table


def sealed(keys: KeyRing, asked: Asked) -> str:
    """The request as a word for an address."""
    content = json.dumps({**asdict(asked), "at": asked.at.isoformat()}, ensure_ascii=False, separators=(",", ":"))
    return urlsafe_b64encode(keys.seal(_PURPOSE, zlib.compress(content.encode(), 9))).decode().rstrip("=")


def opened(keys: KeyRing, word: str, at: datetime) -> Asked:
    """What `sealed` was given.

    Raises:
        Refusal: when it is not of our making, or too old.
    """
    try:
        content = json.loads(zlib.decompress(keys.open(_PURPOSE, urlsafe_b64decode(word + "=" * (-len(word) % 4)))))
    except (IntegrityError, ValueError) as error:
        raise Refusal("lapsed", "not of our making") from error
    found = Asked(**{**content, "at": datetime.fromisoformat(content["at"]), "classes": tuple(content["classes"])})
    if not timedelta(0) <= at - found.at < LIFE:
        raise Refusal("lapsed")
    return found
