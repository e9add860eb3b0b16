"""R14: whoever is a contractor's changes nothing privileged by any route, whatever roles and rows they hold.

Each deed is done twice by the same person with the same form: as staff, which proves that it would change something,
and as a contractor with every role forged, which must change nothing.  Then every route of the site is tried.
"""

from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from tests.functional.site.adversary.forms import Fields, filled
from tests.functional.site.adversary.stage import Stage, Stages


@dataclass(frozen=True)
class Deed:
    """What somebody does: who, where, and what they write over the form as it stands."""

    who: str
    page: str
    said: dict[str, str] = field(default_factory=dict)

    def form(self, stage: Stage) -> Fields:
        """The form, if the page has one."""
        answer = stage.browser(self.who).get(self.page.format(**names(stage)))
        text = answer.get_data(as_text=True) if answer.status_code == HTTPStatus.OK else ""
        return filled(text, {name: value.format(**names(stage)) for name, value in self.said.items()})


def names(stage: Stage) -> dict[str, object]:
    """What an address or a field may name."""
    people = {f"person_{part}": stage.person(part) for part in ("delegate", "witness", "victim")}
    return {
        **stage.at,
        "code": stage.code,
        **people,
        **{f"number_{part}": number for part, number in stage.numbers.items()},
    }


DEEDS: Final = {
    # the portal: using, watching, writing
    "privileged_ask.page": Deed("delegate", "/privilege/ask/{id_free}", {"minutes": "15"}),
    "privileged_ask.emergency": Deed("delegate", "/privilege/emergency", {"privileged_id": "{id_free}"}),
    "privileged_use.secret": Deed("delegate", "/privilege/uses/{use_open}/secret"),
    "privileged_use.finish": Deed("delegate", "/privilege/uses/{use_open}/end"),
    "privileged_use.take_back": Deed("delegate", "/privilege/uses/{use_asked}/withdraw"),
    "privileged_witness.joined": Deed("witness", "/privilege/witness/{use_asked}/join"),
    "privileged_witness.here": Deed("witness", "/privilege/witness/{use_open}/present"),
    "privileged_witness.beat": Deed("witness", "/privilege/witness/{use_open}/beat"),
    "privileged_witness.gone": Deed("witness", "/privilege/witness/{use_open}/leave"),
    "privileged_record.write": Deed("delegate", "/privilege/uses/{use_past}/record"),
    "privileged_record.confirm": Deed("witness", "/privilege/uses/{use_written}/confirm"),
    "privileged_console.page": Deed("delegate", "/privilege/console", {"code": "{code}"}),
    "privileged_console.deed": Deed("delegate", "/privilege/console/{console_read}"),
    "privileged_console.cancelled": Deed("delegate", "/privilege/console/{console_read}/cancel"),
    "privileged_return.page": Deed("delegate", "/privilege/delegations/{live}/return"),
    # officers: the register
    "privileged_id_asks.new": Deed(
        "operator", "/office/privilege/ids/new", {"system": "juki", "login": "juki-another", "mode": "secret",
        "most_holders": "1", "right": "", "note": ""},
    ),
    "privileged_id_asks.change": Deed("operator", "/office/privilege/ids/{id_free}/change", {"most_holders": "2"}),
    "privileged_id_asks.retire": Deed("operator", "/office/privilege/ids/{id_free}/retire"),
    "privileged_id_asks.suspect": Deed("operator", "/office/privilege/ids/{id_free}/suspect"),
    # officers: who may use what
    "nominating.new": Deed(
        "general_officer", "/office/privilege/delegations/new",
        {"delegate": "{number_witness}", "ids": "{id_past}", "first": "2026-11-20", "last": "2026-11-27"},
    ),
    "delegation_deeds.approve": Deed("approver", "/office/privilege/delegations/{nomination}/approve"),
    "delegation_deeds.decline": Deed("approver", "/office/privilege/delegations/{nomination}/decline"),
    "delegation_deeds.withdraw": Deed("general_officer", "/office/privilege/delegations/{nomination}/withdraw"),
    "delegation_deeds.receive": Deed("general_officer", "/office/privilege/delegations/{live}/receive"),
    "delegation_deeds.end": Deed("general_officer", "/office/privilege/delegations/{live}/end"),
    # officers: uses, findings, exceptions
    "use_deeds.end": Deed("general_officer", "/office/privilege/uses/{use_open}/end"),
    "use_deeds.approve": Deed("approver", "/office/privilege/uses/{use_urgent}/approve"),
    "privilege_findings.settling": Deed("general_officer", "/office/privilege/findings/{finding}/settle"),
    "waiver_asks.page": Deed(
        "operator", "/office/privilege/waivers/new", {"scope": "finance", "first": "2026-11-20", "last": "2026-11-21"}
    ),
    "waivers.withdraw": Deed("operator", "/office/privilege/waivers/{waiver}/withdraw"),
    # officers: what two decide
    "deciding.page": Deed("general_officer", "/office/cases/{case}/decide"),
    "deciding.decline": Deed("general_officer", "/office/cases/{case}/decline"),
    "cases.withdraw": Deed("operator", "/office/cases/{case}/withdraw"),
    "configuration_asks.page": Deed("operator", "/office/configuration/{draft}/ask"),
    "configuration_asks.keys": Deed("operator", "/office/configuration/keys", {"what": "roll_tokens"}),
    # officers: over whoever has privileges
    "suspending.suspend": Deed("general_officer", "/office/people/{person_delegate}/suspend"),
    "person_acts.leaked": Deed("operator", "/office/people/{person_delegate}/leak"),
    "person_acts.temporary_password": Deed("hr_officer", "/office/people/{person_victim}/temporary-password"),
    "person_acts.temporary_code": Deed("hr_officer", "/office/people/{person_victim}/temporary-code"),
    "deputy.page": Deed("general_officer", "/office/deputies/new", {"deputy": "{number_victim}"}),
}  # fmt: skip
"""By endpoint: each would change something that is watched."""

UNPROVED: Final = {
    "delegation_deeds.review": "needs an approval under an exception",
    "use_deeds.review": "needs a use without a witness",
    "sighting_files.page": "takes a file",
    "suspending.restore": "needs somebody suspended",
    "suspensions.received": "notes that a notice was read",
}
"""Endpoints of the same rooms that are only swept, and why."""

EXCUSED: Final = {
    "privileged_record.write": "whoever did it as staff must still write down what they did",
    "privileged_use.finish": "an end is never refused: it takes away",
    "privileged_use.take_back": "the same of what waits",
    "privileged_return.page": "handing back takes away",
    "privileged_witness.gone": "whoever leaves pauses or ends it",
    "privileged_console.cancelled": "what was prepared is not done",
}
"""What a contractor may do to what is theirs since they were staff, and why (OITA-S8.2.1.3d)."""

ROOMS: Final = frozenset(
    {
        "privileged", "privileged_ask", "privileged_use", "privileged_witness", "privileged_record",
        "privileged_return", "privilege", "privileged_console", "privileged_ids", "privileged_id_asks", "delegations",
        "delegation_deeds", "nominating", "use_watch",
        "use_deeds", "use_calendar", "waivers", "waiver_asks", "privilege_findings", "sighting_files", "suspensions",
        "suspending", "deciding", "cases", "configuration", "configuration_asks",
    }
)  # fmt: skip
"""Blueprints in which every route that changes something stands above."""

OTHERS: Final = frozenset(
    {
        "static", "health", "language", "session", "login", "factor", "key", "card", "prove", "leave", "home",
        "password", "access", "activity", "sheet", "factors", "enrol", "app", "newkey", "newcard", "codes", "office",
        "letters", "people", "person", "person_acts", "tokens", "token_moves", "token_files", "progress", "plans",
        "release", "deputies", "deputy", "returns", "decide", "decisions", "clients", "client_asks", "terminals",
        "terminal_books", "terminal_moves", "terminal_files", "permissions", "permission_asks", "forward", "oidc",
        "oidc_leaving", "oidc_tokens", "oidc_told", "radius", "validate", "saml", "kept", "kept_deeds",
        "review", "review_since", "review_lines", "review_answers", "review_people", "review_attests",
        "review_signing", "review_removals",
        "review_sheets", "review_sheet_making", "review_sheet_returns",
        "review_figures",
    }
)  # fmt: skip
"""Blueprints that have nothing to do with privileged IDs; they are swept all the same."""


LEAVING: Final = frozenset({"leave.out", "leave.lock", "activity.end_others", "factors.reported"})
"""After these somebody signs in again."""


def place(stage: Stage, deed: Deed) -> str:
    return deed.page.format(**names(stage))


def send(stage: Stage, deed: Deed, form: Fields) -> TestResponse:
    browser = stage.browser(deed.who)
    return browser.post(place(stage, deed), data={"csrf_token": browser.token(), **form})


def test_no_route_is_left_out(stages: Stages) -> None:
    rules = list(stages.honest.city.app.url_map.iter_rules())
    blueprints = {rule.endpoint.partition(".")[0] for rule in rules}
    assert blueprints - ROOMS - OTHERS == set(), "say of each new blueprint whether it touches privileged IDs"
    changing = {rule.endpoint for rule in rules if "POST" in (rule.methods or ())}
    unsaid = {name for name in changing if name.partition(".")[0] in ROOMS} - set(DEEDS) - set(UNPROVED)
    assert unsaid == set(), "give each new route of these rooms a deed"
    assert set(DEEDS) - changing == set()


def test_what_staff_can_do_a_contractor_cannot(stages: Stages) -> None:
    honest, barred = stages.honest, stages.barred
    idle, done, let = [], [], []
    for endpoint, deed in DEEDS.items():
        stages.put_back(honest)
        stages.put_back(barred)
        form, before = deed.form(honest), honest.dump()
        answer = send(honest, deed, form)
        if honest.dump() == before:
            idle.append((endpoint, answer.status_code, form))
        before = barred.dump(deed.who)
        answer = send(barred, deed, form)
        if barred.dump(deed.who) != before and endpoint not in EXCUSED:
            done.append((endpoint, answer.status_code))
        if answer.status_code == HTTPStatus.OK and not answer.is_json:
            let.append(endpoint)
    assert idle == [], "these deeds prove nothing: nothing changed when staff did them"
    assert done == [], "a contractor changed something privileged"
    assert let == []


def address(stage: Stage, rule: Rule) -> str:
    """Some address of a rule: what the play has, else a number of somebody who matters."""
    deed = DEEDS.get(rule.endpoint)
    if deed:
        return place(stage, deed)
    given = {name: stage.person("delegate") if "people" in str(rule) else 1 for name in rule.arguments}
    adapter = stage.city.app.url_map.bind("id.city.example")
    try:
        return adapter.build(rule.endpoint, given, method=next(iter(rule.methods or {"GET"})))
    except ValueError:
        return adapter.build(rule.endpoint, dict.fromkeys(rule.arguments, "juki"))


def test_a_contractor_changes_nothing_by_any_route(stages: Stages) -> None:
    stage, who = stages.barred, "delegate"
    everything: Fields = {
        "number": stage.numbers["victim"], "password": "not theirs", "reason": "急ぐ", "purpose": "作業", "sure": "y",
        "serial": "TK-000001", "code": "000000", "minutes": "15", "record": "書いた", "words": "確かめた",
        "system": "juki", "login": "juki-free", "first": "2026-11-20", "last": "2026-11-21", "next": "/",
    }  # fmt: skip
    stages.put_back(stage)
    before, changed = stage.dump(who), []
    browser = stage.browser(who)
    token = browser.token()
    for rule in stage.city.app.url_map.iter_rules():
        if rule.endpoint == "static":
            continue
        path = address(stage, rule)
        for method in ("GET", "POST"):
            if method not in (rule.methods or ()):
                continue
            data = {"csrf_token": token, **everything} if method == "POST" else None
            answer = browser.open(path, method=method, data=data)
            if (after := stage.dump(who)) != before:
                changed.append((rule.endpoint, method, answer.status_code))
                before = after
            if rule.endpoint in LEAVING:
                browser = stage.browser(who, anew=True)
                token = browser.token()
    assert [each for each in changed if each[0] not in EXCUSED] == []
