"""Officers at their browsers, and what stands in the tables afterwards.

desk = an_officer(city, Role.OPERATOR)
desk.send(f"/office/people/{yamada.id}/unlock", {"reason": "職員証で確認"})
"""

from dataclasses import dataclass
from typing import Any, Final

from werkzeug.test import TestResponse

from iam.policy.profile import Role
from iam.ports import Otp, TokenSeed
from iam.record.audit.chain import audit_record
from iam.signin.factors import stock
from iam.signin.factors.stock import Token
from tests.functional.site.given import Browser, City
from tests.functional.site.portal.members import words

REASON: Final = {"reason": "職員証で本人を確認した"}


@dataclass
class Desk:
    """One officer, just signed in."""

    city: City
    number: str
    browser: Browser

    @property
    def id(self) -> int:
        return self.city.entrant(self.number).person_id

    def opens(self, page: str, status: int = 200) -> str:
        answer = self.browser.get(page)
        assert answer.status_code == status, (page, answer.status_code, answer.location, words(answer))
        return words(answer)

    def sends(self, page: str, form: dict[str, Any] | None = None, **how: Any) -> TestResponse:  # noqa: ANN401 - as Browser.send
        return self.browser.send(page, form, **how)


def an_officer(city: City, role: Role) -> Desk:
    return at_desk(city, city.holder(role))


def at_desk(city: City, number: str) -> Desk:
    client = city.client()
    city.signed_in(client, number)
    return Desk(city, number, client)


def only(city: City, role: Role) -> str:
    """The number of somebody who holds this role and no other."""
    return next(number for number, roles in city.known.items() if roles == {role})


def seeds(*serials: str) -> list[TokenSeed]:
    return [
        TokenSeed(each, each.ljust(20, "*").encode(), Otp.TOTP, "SHA1", 6, 30, 0, "OTP c200", each) for each in serials
    ]


def take_in(city: City, *serials: str) -> None:
    with city.store.act("test") as act:
        stock.take_in(act, city.keys, seeds(*serials), "2026年度購入分")


def lend(city: City, serial: str, person_id: int) -> int:
    with city.store.act("test") as act:
        return stock.lend(act, city.keys, serial, person_id)


def token(city: City, serial: str) -> Token:
    with city.store.read() as connection:
        return stock.token(connection, serial)


def records(city: City) -> int:
    """How many audit records there are."""
    with city.store.read() as connection:
        return len(connection.execute(audit_record.select()).all())
