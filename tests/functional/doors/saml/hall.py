"""さくら市 with SAML, and three service providers: one that signs nothing, one on P-256, one on RSA under a waiver."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import count
from typing import Final

from iam.record.audit.chain import audit_record
from iam.settings import Saml
from iam.signin.tokens.clients import ClientKind
from tests.clients import a_client
from tests.functional.doors.saml.provider import Pair, Provider
from tests.functional.site.given import Browser, City

OFFICE: Final = "10.20.1.5"
"""A terminal in the office that no register holds: two kinds of proof are asked."""


@dataclass
class Hall:
    """The city, and who comes to it."""

    city: City
    plain: Provider
    signing: Provider
    waived: Provider
    _terminals: Iterator[int] = field(default_factory=count)

    def stranger(self) -> Browser:
        """A browser of nobody, at a terminal of its own: what is refused there is remembered apart."""
        number = next(self._terminals)
        return self.browser(address=f"10.20.{100 + number // 250}.{1 + number % 250}")

    def browser(self, number: str = "", address: str = OFFICE, **how: object) -> Browser:
        """A browser in the office, of whoever has this number and just signed in; "" of nobody."""
        made = self.city.client()
        made.environ_base["HTTP_X_FORWARDED_FOR"] = address
        if number:
            self.city.signed_in(made, number, **how)  # type: ignore[arg-type] # as City.signed_in
        return made

    def causes(self) -> list[str]:
        """Why messages were refused, as the audit remembers it."""
        query = audit_record.select().where(audit_record.c.action == "saml.refused").order_by(audit_record.c.number)
        with self.city.store.read() as connection:
            return [row.detail for row in connection.execute(query)]


def _provider(city: City, name: str, keys: Pair | None) -> Provider:
    site = f"https://{name}.city.example"
    return Provider(f"{site}/sp", (f"{site}/acs", f"{site}/second"), keys, f"{site}/left", city.clock)


def register(city: City, provider: Provider, system: str, **detail: object) -> None:
    """The client of a provider, as two officers would have it."""
    given = {
        "entity_id": provider.entity_id, "acs": provider.acs, "logout_url": provider.logout_url,
        "certificate": provider.keys.pem if provider.keys else "", **detail,
    }  # fmt: skip
    code = provider.entity_id.partition("//")[2].partition(".")[0]
    a_client(city.store, ClientKind.SAML, system, given, code=code)


def a_hall(city: City, idp: tuple[Pair, Pair], theirs: tuple[Pair, Pair, Pair]) -> Hall:
    """The city with SAML and its three providers, each of another system."""
    own, rsa = idp
    settings = Saml(
        key_file=own.key_file, certificate_file=own.certificate_file, rsa_key_file=rsa.key_file,
        rsa_certificate_file=rsa.certificate_file,
    )  # fmt: skip
    served = replace(city.deployment, settings=city.settings.model_copy(update={"saml": settings}))
    city = City(served, city.keys, city.url, city.known)
    hall = Hall(
        city,
        plain=_provider(city, "plain", None),
        signing=_provider(city, "signing", theirs[0]),
        waived=_provider(city, "waived", theirs[1]),
    )
    told = {"uid": "staff_number", "name": "name", "groups": "groups", "unit": "org_name", "login": "login"}
    register(city, hall.plain, "groupware", attributes=told, unsolicited=True, logout_url="")
    register(city, hall.signing, "groupware", attributes={"groups": "groups"})
    register(city, hall.waived, "finance", name_id="login", waiver="例外第3号", waiver_until=date(2026, 11, 30))
    return hall
