"""What we answer: an assertion about a person, a status, the end of a session; always signed.

The one law: *for one system, for one request, for five minutes* (SAML Profiles §4.1.4.2): audience, recipient and
InResponseTo name whom and what it is for, and both the response and the assertion within it are signed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from secrets import token_hex
from typing import Any, Final

from saml2 import class_name, saml, samlp
from saml2 import xmldsig as ds
from saml2.sigver import pre_signature_part

from web.doors.saml.ourselves import Ourselves, Signer
from web.doors.saml.wire import xmlsec

LIFE: Final = timedelta(minutes=5)
"""How long an assertion may be brought to the system."""

BEFORE: Final = timedelta(minutes=1)
"""How far the system's clock may be behind ours."""

FORMATS: Final[Mapping[str, str]] = {
    "persistent": saml.NAMEID_FORMAT_PERSISTENT,
    "email": saml.NAMEID_FORMAT_EMAILADDRESS,
    "login": saml.NAMEID_FORMAT_UNSPECIFIED,
}
"""By the client's `name_id`."""


@dataclass(frozen=True)
class Addressee:
    """Whom an answer is for.  `request`: the ID that it answers, "" for none."""

    entity_id: str
    location: str
    request: str
    signer: Signer


@dataclass(frozen=True)
class Statement:
    """What is said of a person and their session.  `form`: as in FORMATS; `index`: names the session to the system."""

    form: str
    name_id: str
    context: str
    index: str
    signed_in_at: datetime
    ends_at: datetime
    attributes: Mapping[str, Sequence[str]] = field(default_factory=dict)


def assertion(ours: Ourselves, to: Addressee, said: Statement, at: datetime) -> str:
    """A signed Response with a signed Assertion, as XML.

    Raises:
        Busy: when too many wait to be signed for.
    """
    made = _assertion(ours, to, said, at)
    response = _response(ours, to, at, _status(samlp.STATUS_SUCCESS))
    response.assertion = made
    return _signed(ours, to.signer, response, [made, response])


def refusal(ours: Ourselves, to: Addressee, at: datetime, outer: str, inner: str) -> str:
    """A signed Response that says why there is no assertion (SAML Core §3.2.2.2)."""
    response = _response(ours, to, at, _status(outer, inner))
    return _signed(ours, to.signer, response, [response])


def logged_out(ours: Ourselves, to: Addressee, at: datetime, *, whole: bool) -> str:
    """A LogoutResponse, to be signed with its address; `whole`: nobody else keeps a session that rests on ours."""
    status = _status(samlp.STATUS_SUCCESS, "" if whole else samlp.STATUS_PARTIAL_LOGOUT)
    return str(samlp.LogoutResponse(**_head(ours, to, at), status=status))


def _response(ours: Ourselves, to: Addressee, at: datetime, status: Any) -> Any:  # noqa: ANN401 - no types
    return samlp.Response(**_head(ours, to, at), status=status)


def _head(ours: Ourselves, to: Addressee, at: datetime) -> dict[str, Any]:
    answered = {"in_response_to": to.request} if to.request else {}
    return {
        "id": _fresh(), "version": "2.0", "issue_instant": _instant(at), "destination": to.location,
        "issuer": saml.Issuer(text=ours.entity_id), **answered,
    }  # fmt: skip


def _status(outer: str, inner: str = "") -> Any:  # noqa: ANN401 - as above
    code = samlp.StatusCode(value=outer)
    if inner:
        code.status_code = samlp.StatusCode(value=inner)
    return samlp.Status(status_code=code)


def _assertion(ours: Ourselves, to: Addressee, said: Statement, at: datetime) -> Any:  # noqa: ANN401 - as above
    until = _instant(min(at + LIFE, said.ends_at))
    answered = {"in_response_to": to.request} if to.request else {}
    bearer = saml.SubjectConfirmation(
        method=saml.SCM_BEARER,
        subject_confirmation_data=saml.SubjectConfirmationData(
            recipient=to.location, not_on_or_after=until, **answered
        ),
    )
    audience = saml.AudienceRestriction(audience=saml.Audience(text=to.entity_id))
    signed_in = saml.AuthnStatement(
        authn_instant=_instant(said.signed_in_at),
        session_index=said.index,
        session_not_on_or_after=_instant(said.ends_at),
        authn_context=saml.AuthnContext(authn_context_class_ref=saml.AuthnContextClassRef(text=said.context)),
    )
    return saml.Assertion(
        id=_fresh(),
        version="2.0",
        issue_instant=_instant(at),
        issuer=saml.Issuer(text=ours.entity_id),
        subject=saml.Subject(name_id=_name_id(ours, to, said), subject_confirmation=bearer),
        conditions=saml.Conditions(
            not_before=_instant(at - BEFORE), not_on_or_after=until, audience_restriction=audience
        ),
        authn_statement=signed_in,
        attribute_statement=_attributes(said.attributes),
    )


def _name_id(ours: Ourselves, to: Addressee, said: Statement) -> Any:  # noqa: ANN401 - as above
    named = saml.NameID(format=FORMATS[said.form], text=said.name_id)
    if said.form == "persistent":
        named.name_qualifier, named.sp_name_qualifier = ours.entity_id, to.entity_id
    return named


def _attributes(given: Mapping[str, Sequence[str]]) -> Any:  # noqa: ANN401 - as above
    told = [
        saml.Attribute(
            name=name,
            name_format=saml.NAME_FORMAT_URI if ":" in name else saml.NAME_FORMAT_BASIC,
            attribute_value=[saml.AttributeValue(text=value) for value in values],
        )
        for name, values in given.items()
        if values
    ]
    return saml.AttributeStatement(attribute=told) if told else None


def _signed(ours: Ourselves, signer: Signer, whole: Any, parts: Sequence[Any]) -> str:  # noqa: ANN401 - as above
    for part in parts:
        part.signature = pre_signature_part(
            part.id, signer.certificate, digest_alg=ds.DIGEST_SHA256, sign_alg=signer.algorithm
        )
    named = [(class_name(part), part.id) for part in parts]
    return xmlsec.sign(ours.xmlsec, str(whole), named, signer.key_file)


def _fresh() -> str:
    return f"_{token_hex(20)}"


def _instant(at: datetime) -> str:
    """UTC in whole seconds: some systems read no fractions."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
