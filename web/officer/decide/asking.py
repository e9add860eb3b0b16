"""What would be: may this person come into this system, from there, with that terminal, at that time.

The one law: *the answer is the door's own*: the same judgement that every door asks, told with everything
that it looked at; asking lets nobody in and ends nothing, and stands in the audit.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from ipaddress import ip_address
from typing import Final

from flask import Blueprint, render_template, request
from flask_babel import gettext, lazy_gettext
from wtforms import Form, SelectField, SelectMultipleField
from wtforms.widgets import CheckboxInput, ListWidget

from iam.people.japanese import comparable
from iam.record.columns import JST
from iam.signin.deciding.decision import Decision, Outcome
from iam.signin.deciding.facts import Knock, Whence, explain, proved_now
from iam.signin.deciding.records import questioned
from iam.signin.door import Entrant, find
from iam.signin.kinds import Method, Proofs
from web.officer.officer import officer
from web.officer.systems import name_of, systems
from web.portal.entry.cited import cited
from web.portal.entry.words import why
from web.site.face.forms import Line
from web.site.site import at, the_site

pages = Blueprint("decide", __name__)

TONES: Final = {Outcome.ALLOW: "success", Outcome.STEP_UP: "warning", Outcome.DENY: "error"}
_WRONG: Final = 422
_USUAL: Final = (Method.PASSWORD, Method.TOTP)


class AskForm(Form):
    """Who, where to, from where, with what, when, and how they signed in."""

    number = Line(lazy_gettext("職員番号"))
    system = SelectField(lazy_gettext("情報システム"))
    address = Line(lazy_gettext("接続元のアドレス"))
    terminal = Line(lazy_gettext("端末の管理番号"))
    day = Line(lazy_gettext("日付"))
    time = Line(lazy_gettext("時刻"))
    proofs = SelectMultipleField(
        lazy_gettext("サインインの方法"), option_widget=CheckboxInput(), widget=ListWidget(), validate_choice=False
    )


@dataclass(frozen=True)
class Answer:
    """What the door would say of somebody at an instant."""

    decision: Decision
    who: Entrant
    at: datetime


@pages.get("/office/decide")
def page() -> tuple[str, int]:
    """Ask, and read the answer above the question."""
    asked = "number" in request.args
    form = _form(asked=asked)
    answer = _answer(form) if asked else None
    shown = render_template(
        "officer/decide/ask.html", form=form, answer=answer, tones=TONES, cited=cited, name_of=name_of, why=why,
        Outcome=Outcome,
    )  # fmt: skip
    return shown, _WRONG if form.errors else 200


def _form(*, asked: bool) -> AskForm:
    now = at().astimezone(JST)
    usual: Mapping[str, object] = {
        "day": now.date().isoformat(), "time": f"{now:%H:%M}", "proofs": [each.value for each in _USUAL],
    }  # fmt: skip
    form = AskForm(request.args if asked else None, data=None if asked else usual)
    form.system.choices = systems()
    form.proofs.choices = [(each.value, gettext(each.label_ja)) for each in Method]
    return form


def _answer(form: AskForm) -> Answer | None:
    """The answer, or None with what is wrong beside each field."""
    when, who, whence = _when(form), _who(form), _whence(form)
    if form.system.data not in dict(systems()):
        form.system.errors = [gettext("情報システムを選んでください。")]
    if form.errors or when is None or who is None:
        return None
    site = the_site()
    proofs = _proofs(form)
    session = proved_now(site.door, who, proofs, when, whence.address) if proofs.given else None
    knock = Knock(who, session, str(form.system.data), whence, when)
    decision = explain(site.store, site.door, knock)
    with officer().act() as act:
        questioned(act, who.person_id, knock.system, decision)
    return Answer(decision, who, when)


def _who(form: AskForm) -> Entrant | None:
    with the_site().store.read() as connection:
        who = find(connection, the_site().door, form.number.data or "", at())
    if who is None:
        form.number.errors = [
            gettext("この職員番号の職員は台帳にいません。番号を確かめてください。")
            if form.number.data
            else gettext("職員番号を入力してください。")
        ]
    return who


def _when(form: AskForm) -> datetime | None:
    """The instant that is asked about; what is left empty is that of now."""
    now = at().astimezone(JST)
    day, clock = comparable(form.day.data or "").replace("/", "-"), comparable(form.time.data or "")
    found_day, found_time = now.date(), now.time()
    try:
        found_day = date.fromisoformat(day) if day else found_day
    except ValueError:
        form.day.errors = [gettext("日付を 2027-03-31 の形で入力してください。")]
    try:
        found_time = time.fromisoformat(clock.zfill(5)) if clock else found_time
    except ValueError:
        form.time.errors = [gettext("時刻を 9:05 の形で入力してください。")]
    return None if form.day.errors or form.time.errors else datetime.combine(found_day, found_time, JST)


def _whence(form: AskForm) -> Whence:
    address = comparable(form.address.data or "")
    if address:
        try:
            address = str(ip_address(address))
        except ValueError:
            form.address.errors = [gettext("アドレスを 10.1.2.3 の形で入力してください。")]
    checked = the_site().portal.certificate is not None
    return Whence(address=address, terminal=form.terminal.data or "", checked=checked)


def _proofs(form: AskForm) -> Proofs:
    proofs = Proofs()
    for each in Method:
        if each.value in (form.proofs.data or ()):
            proofs = proofs.plus(each)
    return proofs
