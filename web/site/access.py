"""Who may come to which page: one table for the whole site.

The one law: *a page without a row here is not served*: the site does not even
start with one (default deny, ASVS 8.1.1, 8.3.1).  The table says who; what a
page may show of whom (a system owner's own unit, a person's own factors) is
the page's and the core's business.
"""

from collections.abc import Mapping
from typing import Final

from iam.policy.profile import Role
from web.site.rows import (
    BODY,
    DUTY_PAGES,
    FILE,
    HOME,
    LOGIN,
    PROVE,
    SMALL,
    UNLOCK,
    Access,
    Who,
    half_done,
    machine,
    only,
    public,
    signed_in,
)

__all__ = [
    "BODY", "DUTY_PAGES", "FILE", "HOME", "LOGIN", "PROVE", "SMALL", "TABLE", "UNLOCK", "Access", "Who",
    "half_done", "machine", "only", "public", "signed_in",
]  # fmt: skip

SHELL: Final[Mapping[str, Access]] = {
    "static": public(looks=False),
    "health.healthz": public(looks=False),
    "health.readyz": public(looks=False),
    "language.switch": public(looks=False),
    "session.extend": signed_in(*DUTY_PAGES),
}
"""What belongs to the site itself."""

PORTAL: Final[Mapping[str, Access]] = {
    # coming in and going out
    "login.page": public(touches=False),
    "login.help_page": public(),
    "factor.page": half_done(),
    "key.options": public(),
    "key.answer": public(),
    "card.show": public(),
    "prove.page": signed_in(*DUTY_PAGES, touches=False),
    "leave.lock": signed_in(*DUTY_PAGES, locked=True),
    "leave.unlock": signed_in(*DUTY_PAGES, locked=True),
    "leave.out": signed_in(*DUTY_PAGES, locked=True),
    # about oneself
    "home.page": signed_in(),
    "home.seen": signed_in(),
    "password.page": signed_in("password"),
    "password.strength": signed_in("password"),
    "password.well_known": public(),
    "access.page": signed_in(),
    "access.return_account": signed_in(),
    "access.return_right": signed_in(),
    "activity.live": signed_in(),
    "activity.end": signed_in(),
    "activity.end_others": signed_in(),
    "activity.past": signed_in(),
    "sheet.page": signed_in(),
    # one's factors
    "factors.page": signed_in(),
    "factors.rename": signed_in(),
    "factors.removing": signed_in(proved=True),
    "factors.remove": signed_in(proved=True),
    # A loss is reported by whoever may have lost what they would prove themselves by.
    "factors.losing": signed_in(),
    "factors.lost": signed_in(),
    "factors.reported": public(),
    "enrol.choose": signed_in("enrol", proved=True),
    "enrol.token": signed_in("enrol"),
    "app.name": signed_in("enrol", proved=True),
    "app.scan": signed_in("enrol", proved=True),
    "app.confirm": signed_in("enrol", proved=True),
    "newkey.page": signed_in("enrol", proved=True),
    "newkey.options": signed_in("enrol", proved=True),
    "newcard.page": signed_in("enrol", proved=True),
    "codes.page": signed_in(),
    "codes.renew": signed_in(proved=True),
    "codes.keep": signed_in("enrol"),
}
"""Pages for staff (web/portal)."""

PRIVILEGE: Final[Mapping[str, Access]] = {
    # privileged IDs: /privilege...; proofs are asked for by the deed, which wants more than the minutes of others.
    # Pages that draw themselves anew or ask by a script are no use of a session: who has gone is gone.
    "privileged.page": signed_in(),
    "privileged_ask.choose": signed_in(),
    "privileged_ask.page": signed_in(),
    "privileged_ask.emergency": signed_in(),
    "privileged_use.page": signed_in(touches=False),
    "privileged_use.state": signed_in(touches=False),
    "privileged_use.secret": signed_in(),
    "privileged_use.finish": signed_in(),
    "privileged_use.take_back": signed_in(),
    "privileged_witness.page": signed_in(touches=False),
    "privileged_witness.joined": signed_in(),
    "privileged_witness.here": signed_in(),
    "privileged_witness.beat": signed_in(touches=False),
    "privileged_witness.gone": signed_in(),
    "privileged_record.write": signed_in(),
    "privileged_record.confirm": signed_in(),
    "privileged_record.line_of": signed_in(),
    "privileged_return.page": signed_in(),
    # what an operator's console prepared, by its code: nobody sees another's, and each deed asks for its own proof
    "privileged_console.page": signed_in(),
    "privileged_console.deed": signed_in(),
    "privileged_console.cancelled": signed_in(),
}
"""Pages for whoever works with a privileged ID, and for witnesses (web/portal/privilege); whose use it is, and who may
be a witness, the pages and the core see to."""

DESK: Final = (Role.GENERAL_OFFICER, Role.HR_OFFICER, Role.OPERATOR)
"""Who deals with people at the desk."""

OVERSIGHT: Final = (*DESK, Role.APPROVER, Role.AUDITOR)
"""Who sees how people stand at the door; the auditor changes nothing."""

_OFFICE: Final = (*OVERSIGHT, Role.SYSTEM_OWNER)
"""Who has officers' pages at all."""

_DECIDING: Final = (*DESK, Role.APPROVER, Role.SYSTEM_OWNER)
"""The same without the auditor."""

_ANSWERABLE: Final = (Role.DATA_OFFICER, Role.TERMINAL_OFFICER)
"""Who answers for the data or the terminals of a section, and asks for permissions to come in from outside."""

_KEEPERS: Final = (Role.GENERAL_OFFICER, Role.OPERATOR)
"""Who keeps the registers of terminals and of connected systems."""

OFFICER: Final[Mapping[str, Access]] = {
    # what waits: /office, /office/letters
    "office.page": only(*_OFFICE, *_ANSWERABLE),
    "letters.page": only(Role.GENERAL_OFFICER, Role.OPERATOR, Role.AUDITOR),
    # people: /office/people...; an approver lets in again whoever decides over others
    "people.page": only(*OVERSIGHT),
    "person.page": only(*OVERSIGHT),
    "person.past": only(*OVERSIGHT),
    "person_acts.unlock": only(*DESK, Role.APPROVER, proved=True),
    "person_acts.end_all": only(*DESK, proved=True),
    "person_acts.end_session": only(*DESK, proved=True),
    "person_acts.lost": only(*DESK, proved=True),
    "person_acts.leaked": only(*DESK, proved=True),
    "person_acts.temporary_password": only(*DESK, proved=True),
    "person_acts.temporary_code": only(*DESK, proved=True),
    # suspended persons: /office/suspensions...; whoever was told reads of that one, which the page sees to
    "suspensions.page": only(*_OFFICE, *_ANSWERABLE),
    "suspensions.one": only(*_OFFICE, *_ANSWERABLE),
    "suspensions.received": only(*_OFFICE, *_ANSWERABLE),
    "suspending.suspend": only(Role.GENERAL_OFFICER, proved=True),
    "suspending.restore": only(Role.GENERAL_OFFICER, proved=True),
    # tokens: /office/tokens...
    "tokens.page": only(*OVERSIGHT),
    "tokens.one": only(*OVERSIGHT),
    "token_moves.lend": only(*DESK, Role.APPROVER, proved=True),
    "token_moves.lent": only(*DESK, Role.APPROVER, proved=True),
    "token_moves.resync": only(*DESK, proved=True),
    "token_moves.give_back": only(*DESK, proved=True),
    "token_moves.lost": only(*DESK, proved=True),
    "token_moves.restock": only(Role.GENERAL_OFFICER, Role.OPERATOR, proved=True),
    "token_moves.destroy": only(Role.GENERAL_OFFICER, Role.OPERATOR, proved=True),
    "token_files.page": only(Role.GENERAL_OFFICER, Role.OPERATOR, proved=True, body=FILE),
    # enrolment: /office/enrolment...
    "progress.page": only(*_OFFICE),
    "progress.export": only(*DESK, Role.SYSTEM_OWNER, proved=True),
    # cases: /office/cases...; whose case it is, and who may decide it, the page and the core see to
    "cases.page": only(*_OFFICE, *_ANSWERABLE),
    "cases.one": only(*_OFFICE, *_ANSWERABLE),
    "cases.withdraw": only(*_DECIDING, *_ANSWERABLE),
    "deciding.page": only(*DESK, Role.APPROVER, proved=True),
    "deciding.decline": only(*DESK, Role.APPROVER, proved=True),
    # held plans: /office/plans...
    "plans.page": only(*OVERSIGHT),
    "plans.one": only(*OVERSIGHT),
    "release.page": only(Role.GENERAL_OFFICER, Role.OPERATOR, proved=True),
    # roles, deputies, nominees: /office/deputies...
    "deputies.page": only(*_OFFICE),
    "deputies.withdraw": only(*_DECIDING, proved=True),
    "deputy.page": only(*_DECIDING, proved=True),
    # rights given back: /office/returns...
    "returns.page": only(*OVERSIGHT),
    "returns.lifted": only(*DESK, proved=True),
    # who may come into what: /office/decide...
    "decide.page": only(*OVERSIGHT),
    "decisions.page": only(*OVERSIGHT),
    # connected systems: /office/clients...
    "clients.page": only(*_OFFICE),
    "clients.one": only(*_OFFICE),
    "client_asks.choose": only(*_KEEPERS),
    "client_asks.new": only(*_KEEPERS, proved=True),
    "client_asks.change": only(*_KEEPERS, proved=True),
    "client_asks.secret": only(*_KEEPERS, proved=True),
    "client_asks.stop": only(*_KEEPERS, proved=True),
    "client_asks.again": only(*_KEEPERS, proved=True),
    # terminals: /office/terminals...; a loss is taken down by the whole desk, for there every minute counts
    "terminals.page": only(*OVERSIGHT, Role.TERMINAL_OFFICER),
    "terminals.one": only(*OVERSIGHT, Role.TERMINAL_OFFICER),
    "terminal_books.new": only(*_KEEPERS, Role.TERMINAL_OFFICER, proved=True),
    "terminal_books.change": only(*_KEEPERS, Role.TERMINAL_OFFICER, proved=True),
    "terminal_files.page": only(*_KEEPERS, Role.TERMINAL_OFFICER, proved=True, body=FILE),
    "terminal_moves.lend": only(*DESK, Role.TERMINAL_OFFICER, proved=True),
    "terminal_moves.prolong": only(*DESK, Role.TERMINAL_OFFICER, proved=True),
    "terminal_moves.give_back": only(*DESK, Role.TERMINAL_OFFICER, proved=True),
    "terminal_moves.use": only(*_KEEPERS, Role.TERMINAL_OFFICER, proved=True),
    "terminal_moves.keep": only(*_KEEPERS, Role.TERMINAL_OFFICER, proved=True),
    "terminal_moves.lost": only(*DESK, Role.TERMINAL_OFFICER, proved=True),
    "terminal_moves.found": only(*_KEEPERS, Role.TERMINAL_OFFICER, proved=True),
    "terminal_moves.retire": only(*_KEEPERS, Role.TERMINAL_OFFICER, proved=True),
    # permissions for outside: /office/permissions...; whoever answers for data, terminals or a system may ask
    "permissions.page": only(*_OFFICE, *_ANSWERABLE),
    "permissions.withdraw": only(
        Role.GENERAL_OFFICER, Role.APPROVER, Role.OPERATOR, Role.TERMINAL_OFFICER, proved=True
    ),
    "permission_asks.page": only(Role.GENERAL_OFFICER, Role.OPERATOR, Role.SYSTEM_OWNER, *_ANSWERABLE, proved=True),
    # the configuration in force: /office/configuration...
    "configuration.page": only(*OVERSIGHT),
    "configuration.one": only(*OVERSIGHT),
    "configuration_asks.page": only(*_KEEPERS, proved=True),
    "configuration_asks.keys": only(*_KEEPERS, proved=True),
}
"""Pages for officers (web/officer)."""

_SUPERVISING: Final = (Role.GENERAL_OFFICER, Role.OPERATOR, Role.APPROVER, Role.SYSTEM_OWNER, Role.AUDITOR)
"""Who reads about privileged IDs; an owner of systems reads of their own, an auditor changes nothing."""

_HEADS: Final = (Role.GENERAL_OFFICER, Role.APPROVER)

PRIVILEGED: Final[Mapping[str, Access]] = {
    # what is open and what waits: /office/privilege
    "privilege.page": only(*_SUPERVISING),
    # the register: /office/privilege/ids...
    "privileged_ids.page": only(*_SUPERVISING),
    "privileged_ids.one": only(*_SUPERVISING),
    "privileged_id_asks.new": only(Role.GENERAL_OFFICER, Role.OPERATOR, Role.SYSTEM_OWNER, proved=True),
    "privileged_id_asks.change": only(Role.GENERAL_OFFICER, Role.OPERATOR, Role.SYSTEM_OWNER, proved=True),
    "privileged_id_asks.retire": only(Role.GENERAL_OFFICER, Role.OPERATOR, Role.SYSTEM_OWNER, proved=True),
    "privileged_id_asks.suspect": only(*_HEADS, Role.OPERATOR, Role.SYSTEM_OWNER, proved=True),
    # delegations: /office/privilege/delegations...; that nominator, approver and delegate differ, the core sees to
    "delegations.page": only(*_SUPERVISING, Role.HR_OFFICER, Role.DATA_OFFICER),
    "delegations.one": only(*_SUPERVISING, Role.HR_OFFICER, Role.DATA_OFFICER),
    "nominating.new": only(Role.GENERAL_OFFICER, proved=True),
    "delegation_deeds.approve": only(Role.APPROVER, proved=True),
    "delegation_deeds.decline": only(Role.APPROVER, proved=True),
    "delegation_deeds.withdraw": only(Role.GENERAL_OFFICER),
    "delegation_deeds.receive": only(Role.GENERAL_OFFICER),
    # what a deputy did is looked at by another, and in a small office the heads have all had a part in it
    "delegation_deeds.review": only(*_HEADS, Role.HR_OFFICER, Role.DATA_OFFICER, proved=True),
    "delegation_deeds.end": only(*_HEADS, proved=True),
    # uses: /office/privilege/uses..., /calendar, /months.  To end one, no new proof is asked for: every minute counts
    "use_watch.page": only(*_SUPERVISING),
    "use_watch.one": only(*_SUPERVISING),
    "use_deeds.end": only(*_HEADS, Role.OPERATOR),
    "use_deeds.approve": only(Role.APPROVER, proved=True),
    "use_deeds.review": only(*_HEADS, Role.OPERATOR, Role.SYSTEM_OWNER, proved=True),
    "use_calendar.page": only(*_SUPERVISING),
    "use_calendar.chart": only(*_SUPERVISING),
    # what targets showed and no use explains: /office/privilege/findings...; who it concerns settles nothing of it
    "privilege_findings.page": only(*_SUPERVISING),
    "privilege_findings.one": only(*_SUPERVISING),
    "privilege_findings.settling": only(Role.GENERAL_OFFICER, Role.OPERATOR, Role.SYSTEM_OWNER, proved=True),
    "sighting_files.page": only(Role.OPERATOR, proved=True, body=FILE),
    "sighting_files.one": only(*_SUPERVISING),
    # IDs that are nobody's own: /office/kept...; an owner of systems sees those of their own
    "kept.page": only(*_SUPERVISING),
    "kept.one": only(*_SUPERVISING),
    "kept_deeds.keeper": only(Role.GENERAL_OFFICER, Role.OPERATOR, Role.SYSTEM_OWNER, proved=True),
    "kept_deeds.secret": only(Role.GENERAL_OFFICER, Role.OPERATOR, Role.SYSTEM_OWNER),
    "kept_deeds.join": only(Role.GENERAL_OFFICER, Role.OPERATOR, Role.SYSTEM_OWNER),
    "kept_deeds.leave": only(Role.GENERAL_OFFICER, Role.OPERATOR, Role.SYSTEM_OWNER),
    "kept_deeds.retire": only(Role.GENERAL_OFFICER, Role.OPERATOR, proved=True),
    # exceptions for a time: /office/privilege/waivers...
    "waivers.page": only(*_SUPERVISING, Role.DATA_OFFICER),
    "waivers.withdraw": only(*_HEADS, Role.OPERATOR, Role.SYSTEM_OWNER, Role.DATA_OFFICER, proved=True),
    "waiver_asks.page": only(Role.GENERAL_OFFICER, Role.OPERATOR, Role.SYSTEM_OWNER, Role.DATA_OFFICER, proved=True),
}
"""Officers' pages about privileged IDs (web/officer/privilege)."""

_REVIEWING: Final = (Role.GENERAL_OFFICER, Role.HR_OFFICER, Role.SYSTEM_OWNER, Role.OPERATOR, Role.AUDITOR)
"""Who reads reviews: an owner of systems the lines of their own, 人事 persons; auditors answer none."""

_WHOLE_REVIEW: Final = (Role.GENERAL_OFFICER, Role.HR_OFFICER, Role.OPERATOR, Role.AUDITOR)
"""Who reads all of a review."""

_ANSWERING: Final = (Role.GENERAL_OFFICER, Role.SYSTEM_OWNER)

_SIGNING: Final = (Role.GENERAL_OFFICER, Role.HR_OFFICER)

REVIEW: Final[Mapping[str, Access]] = {
    # reviews with 人事: /office/review...; who may answer about whom, and which lines an owner sees, the core sees to
    "review.page": only(*_REVIEWING),
    "review.one": only(*_REVIEWING),
    "review_since.page": only(*_REVIEWING),
    "review_figures.page": only(*_WHOLE_REVIEW),
    # lines: /office/review/ID/lines...
    "review_lines.page": only(*_REVIEWING),
    "review_lines.one": only(*_REVIEWING),
    "review_answers.many": only(*_ANSWERING),
    "review_answers.one": only(*_ANSWERING),
    "review_answers.comment": only(*_ANSWERING, Role.HR_OFFICER),
    # persons: /office/review/ID/people...
    "review_people.page": only(*_WHOLE_REVIEW),
    "review_people.one": only(*_WHOLE_REVIEW),
    "review_attests.many": only(Role.HR_OFFICER),
    "review_attests.one": only(Role.HR_OFFICER),
    "review_attests.comment": only(*_SIGNING),
    # sheets: /office/review/ID/sheets...; whose one sees, and that the answers are one's own, page and core see to
    "review_sheets.page": only(*_REVIEWING),
    "review_sheets.returned": only(*_REVIEWING),
    "review_sheets.cells": only(*_REVIEWING),
    "review_sheet_making.page": only(*_ANSWERING, Role.HR_OFFICER, proved=True),
    "review_sheet_returns.page": only(*_ANSWERING, Role.HR_OFFICER, body=FILE),
    # the end: /office/review/ID/result, /sign, /removals...; that two persons sign, the core sees to
    "review_signing.page": only(*_WHOLE_REVIEW),
    "review_signing.sign": only(*_SIGNING, proved=True),
    "review_signing.withdraw": only(*_SIGNING, proved=True),
    "review_removals.page": only(*_REVIEWING),
    "review_removals.undo": only(*_SIGNING, proved=True),
}
"""Officers' pages about the review with 人事 (web/officer/review)."""

DOORS: Final[Mapping[str, Access]] = {
    # reverse proxies; /.kagimori/... stands at the applications' own hosts.  The start looks the session up itself
    "forward.begin": machine(),
    "forward.enter": machine(),
    "forward.leave": machine(),
    "forward.start": public(looks=False),
    "forward.refused": public(),
    "forward.over": public(),
    # OpenID Connect: browsers.  Asking to come in looks the session up itself, untouched: see the page
    "oidc.authorize": public(looks=False),
    "oidc.posted": machine(),
    "oidc_leaving.leave": public(),
    "oidc_leaving.posted": machine(),
    "oidc_leaving.confirmed": public(),
    # OpenID Connect: systems
    "oidc_tokens.token": machine(body=SMALL),
    "oidc_tokens.introspect": machine(body=SMALL),
    "oidc_tokens.revoke": machine(body=SMALL),
    "oidc_tokens.push": machine(body=SMALL),
    "oidc_told.configuration": public(looks=False),
    "oidc_told.server": public(looks=False),
    "oidc_told.keys": public(looks=False),
    "oidc_told.userinfo": machine(body=SMALL),
    # FreeRADIUS, and the sign-in modules of terminals
    "radius.authenticate": machine(body=SMALL),
    "validate.check": machine(body=SMALL),
}
"""Doors for systems (web/doors)."""

TABLE: Final[Mapping[str, Access]] = {**SHELL, **PORTAL, **PRIVILEGE, **OFFICER, **PRIVILEGED, **REVIEW, **DOORS}
"""Endpoint to who may come there."""
