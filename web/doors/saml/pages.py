"""The pages of the identity provider: who we are, in, on, from the portal's list, and out.

The one law: *every assertion is a decision* about the client's system, taken when it is given; and what a system
sends is read where no session is looked at, so that another site's page acts as nobody.
"""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from flask import Blueprint, Flask, current_app, g, make_response, redirect, render_template, request
from saml2 import samlp
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from iam.record.columns import jst_day
from iam.signin import sessions
from iam.signin.asserting import given
from iam.signin.deciding.decision import Decision, Needs, Outcome
from iam.signin.deciding.facts import Knock, judge
from iam.signin.door import DOOR, actor_of, looked_up
from iam.signin.sessions import Session
from iam.signin.tokens.clients import Client, ClientKind, SamlDetail, client_of, clients
from web.doors.naming import system_name
from web.doors.saml import answers, asked, contexts
from web.doors.saml.answers import Addressee, Statement
from web.doors.saml.asked import Asked, Leaving
from web.doors.saml.ourselves import METADATA, SLO, SSO, Ourselves
from web.doors.saml.persons import attributes_of, name_of, person_named
from web.doors.saml.wire import carrying
from web.doors.saml.wire.refusing import Refusal
from web.portal.entry.refused import refused_page
from web.portal.onward import signing_in, stepping_up, with_next
from web.site import guarding
from web.site.access import DUTY_PAGES, UNLOCK, Access, machine, public, signed_in
from web.site.border.callers import whence
from web.site.border.refusals import refused
from web.site.site import at, entrant, session, the_site
from web.site.site import signed_in as somebody

pages = Blueprint("saml", __name__)

_EXTENSION: Final = "kagimori-saml"
_GO: Final = "/saml/go"
_BODY: Final = 64 * 1024
"""Bytes of a posted message: base64 of the largest that is read, and room."""

ROWS: Final[Mapping[str, Access]] = {
    "saml.metadata": public(looks=False),
    "saml.sso": machine(body=_BODY),
    "saml.go": public(looks=False),
    "saml.start": signed_in(),
    "saml.slo": machine(body=_BODY),
}
"""Who may come to which of these pages."""


def register(app: Flask, ours: Ourselves) -> None:
    """Serve these pages as `ours`."""
    app.extensions[_EXTENSION] = ours
    app.register_blueprint(pages)


def _ours() -> Ourselves:
    found = current_app.extensions[_EXTENSION]
    if not isinstance(found, Ourselves):
        raise TypeError("this application serves no SAML")
    return found


@pages.errorhandler(Refusal)
def _refused(refusal: Refusal) -> tuple[str, int]:
    refused("saml", str(refusal))
    return render_template("saml/refused.html", lapsed=refusal.cause in {"lapsed", "replayed", "issued"}), 400


@pages.get(METADATA)
def metadata() -> Response:
    """Who we are."""
    return Response(_ours().metadata, mimetype="application/samlmetadata+xml")


@pages.route(SSO, methods=["GET", "POST"])
def sso() -> Response:
    """A system asks that somebody be signed in.  From here the browser comes back to us by itself, with its cookies:
    with another site's form it sends none."""
    wanted = asked.to_sign_in(carrying.received(request), _ours(), _known, at())
    return redirect(_going(wanted), 303)


@pages.get(_GO)
def go() -> Response | tuple[str, int]:
    """Whoever sits there is signed in as far as is asked, and sent on with an assertion."""
    # Looked up without being touched: whether the session was idle too long for this system is judged first.
    guarding.look(touch=False)
    wanted = asked.opened(the_site().store.keys, request.args.get("request", ""), at())
    return _answered(wanted, _client(wanted.client))


@pages.post("/saml/start")
def start() -> Response:
    """From the portal's list: to a system that takes people whom it did not ask for."""
    client = _client(request.form.get("client", ""))
    detail = client.agreed(SamlDetail)
    if not detail.unsolicited:
        raise Refusal("unsolicited")
    return redirect(_going(Asked(client.code, "", detail.acs[0], "", at())), 303)


@pages.route(SLO, methods=["GET", "POST"])
def slo() -> Response:
    """A system asks that somebody be signed out: the session in the portal ends, whoever asks."""
    leaving = asked.to_sign_out(carrying.received(request), _ours(), _known, at())
    whole = _leave(leaving)
    to = _addressee(leaving.client, leaving.client.agreed(SamlDetail).logout_url, leaving.ident)
    xml = answers.logged_out(_ours(), to, at(), whole=whole)
    return redirect(carrying.address(to.location, "SAMLResponse", xml, leaving.relay, to.signer), 303)


# --- in


def _known(entity_id: str) -> Client:
    """The client that has this entity id."""
    with the_site().store.glance() as connection:
        found = [
            each for each in clients(connection, ClientKind.SAML) if each.agreed(SamlDetail).entity_id == entity_id
        ]
    serving = [each for each in found if each.active]
    if len(serving) != 1:
        raise Refusal("stopped" if found else "unknown_sender")
    return serving[0]


def _client(code: str) -> Client:
    with the_site().store.glance() as connection:
        found = client_of(connection, code)
    if found is None or found.kind is not ClientKind.SAML or not found.active:
        raise Refusal("stopped")
    return found


def _going(wanted: Asked) -> str:
    """The address at which the browser goes on, and to which it comes back when its person has signed in."""
    there = f"{_GO}?request={asked.sealed(the_site().store.keys, wanted)}"
    if guarding.own_path(there) != there:
        raise Refusal("too_large", "for an address")
    return there


def _answered(wanted: Asked, client: Client) -> Response | tuple[str, int]:
    detail = client.agreed(SamlDetail)
    if wanted.acs not in detail.acs:
        raise Refusal("acs", "changed meanwhile")
    context = contexts.wanted(wanted.classes, wanted.comparison)
    if context is None:
        return _told(client, wanted, samlp.STATUS_REQUESTER, samlp.STATUS_NO_AUTHN_CONTEXT)
    if wanted.name_id not in {"", answers.FORMATS["login"], answers.FORMATS[detail.name_id]}:
        return _told(client, wanted, samlp.STATUS_REQUESTER, samlp.STATUS_INVALID_NAMEID_POLICY)
    if somebody() is None or session().locked or session().duty:
        return _passive(client, wanted) or _first(context)
    return _decided(client, wanted, context)


def _decided(client: Client, wanted: Asked, context: contexts.Wanted) -> Response | tuple[str, int]:
    decision = _judged(client, wanted, context)
    if decision.outcome is Outcome.ALLOW:
        return _asserted(client, wanted, context, decision)
    if wanted.passive:
        return _told(client, wanted, samlp.STATUS_RESPONDER, samlp.STATUS_NO_PASSIVE)
    if decision.outcome is Outcome.STEP_UP:
        return stepping_up(decision.needs, _here())
    return refused_page(decision, system_name(client), system=client.system)


def _judged(client: Client, wanted: Asked, context: contexts.Wanted) -> Decision:
    # Proved anew means: since the request came (SAML Core §3.4.1, ForceAuthn).
    age = at() - wanted.at if wanted.forced else None
    beyond = replace(context.asked, max_age=age, entitlement=client.entitlement)
    knock = Knock(entrant(), session(), client.system, whence(), at(), "saml", beyond)
    return judge(the_site().store, the_site().door, knock)


def _first(context: contexts.Wanted) -> Response:
    """What must be done before anything is decided."""
    if somebody() is None:
        return signing_in(Needs(context.asked.kinds, context.asked.resistant), _here())
    return redirect(with_next(UNLOCK if session().locked else DUTY_PAGES[session().duty], _here()), 303)


def _here() -> str:
    return request.full_path


def _passive(client: Client, wanted: Asked) -> Response | None:
    """Where a system must not be shown that anybody is asked: that nobody is there (SAML Core §3.4.1, IsPassive)."""
    return _told(client, wanted, samlp.STATUS_RESPONDER, samlp.STATUS_NO_PASSIVE) if wanted.passive else None


def _asserted(client: Client, wanted: Asked, context: contexts.Wanted, decision: Decision) -> Response:
    site, who, now = the_site(), entrant(), session()
    detail, index = client.agreed(SamlDetail), given.new_index()
    with site.store.read() as connection:
        told = attributes_of(connection, client, who, decision.rights, at())
        name = name_of(connection, client, who)
    said = Statement(
        detail.name_id, name, context.said(now.proofs), index, now.proved_at, _ends(now, decision),
        {attribute: told[value] for attribute, value in detail.attributes.items()},
    )  # fmt: skip
    to = _addressee(client, wanted.acs, wanted.ident)
    # Signed first: whoever is told to come again, because too many wait, may.
    xml = answers.assertion(_ours(), to, said, at())
    if not _judged(client, wanted, context).allowed:
        raise Refusal("lapsed", "changed while it was signed")
    with site.store.act(actor_of(who.staff_number)) as act:
        # What the portal began has no request; each time is one of its own.
        first = given.give(act, client, wanted.ident or f"portal {now.id} {wanted.at.isoformat()}", now, index)
    if not first:
        raise Refusal("replayed")
    return _posted(client, to, xml, wanted.relay)


def _ends(now: Session, decision: Decision) -> datetime:
    """Until when the system may keep its own session: no longer than its zone lets one last (R38)."""
    return now.ends_at if decision.overall is None else min(now.ends_at, now.proved_at + decision.overall)


def _told(client: Client, wanted: Asked, outer: str, inner: str) -> Response:
    to = _addressee(client, wanted.acs, wanted.ident)
    return _posted(client, to, answers.refusal(_ours(), to, at(), outer, inner), wanted.relay)


def _addressee(client: Client, location: str, ident: str) -> Addressee:
    detail, ours = client.agreed(SamlDetail), _ours()
    waived = detail.rsa_on(jst_day(at())) and ours.rsa is not None
    return Addressee(detail.entity_id, location, ident, ours.rsa if waived and ours.rsa else ours.signer)


def _posted(client: Client, to: Addressee, xml: str, relay: str) -> Response:
    """The form that carries an answer to the system; this page alone may send a form there."""
    parts = urlsplit(to.location)
    g.form_action = f"{parts.scheme}://{parts.netloc}"
    page = render_template(
        "saml/post.html", name=system_name(client), location=to.location, answer=b64encode(xml.encode()).decode(),
        relay=relay,
    )  # fmt: skip
    return make_response(page)


# --- out


def _leave(leaving: Leaving) -> bool:
    """End every session that is meant; whether no other system knows of one."""
    client, store = leaving.client, the_site().store
    with store.read() as connection:
        meant = _meant(connection, leaving)
        whole = not given.told_besides(connection, client, {each.session_id for each in meant})
    with store.act(DOOR) as act:
        for each in meant:
            sessions.end(act, each.session_id, "signed_out")
            act.record("session.left", f"person {each.person_id}", {"client": client.code, "session": each.session_id})
    return whole


def _meant(connection: Connection, leaving: Leaving) -> list[given.Given]:
    """The assertions that the request is about; the person must be named as we named them."""
    client = leaving.client
    if leaving.indexes:
        meant = given.given_to(connection, client, leaving.indexes)
    else:
        meant = given.given_for(connection, client, person_named(leaving.name_id, client))
    if not meant:
        raise Refusal("unknown_session")
    for person_id in {each.person_id for each in meant}:
        who = looked_up(connection, the_site().door, person_id, at())
        if who is None or leaving.name_id != name_of(connection, client, who):
            raise Refusal("name_id")
    return meant
