"""さくら市 with SAML, and three service providers: one that signs nothing, one on P-256, one on RSA under a waiver."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import count
from typing import Final

import pytest

from iam.record.audit.chain import audit_record
from iam.settings import Saml
from iam.signin.tokens.clients import ClientKind, Draft, SamlDetail, client_of, insert_client
from tests.functional.doors.saml.provider import Pair, Provider, an_rsa_key, pair
from tests.functional.site.conftest import Ground, ground  # noqa: F401 - fixtures of the city
from tests.functional.site.given import Browser, City

OFFICE: Final = "10.20.1.5"
"""A terminal in the office that no register holds: two kinds of proof are asked."""


@pytest.fixture(scope="session")
def idp(tmp_path_factory: pytest.TempPathFactory) -> tuple[Pair, Pair]:
    """Our own keys: on P-256, and of RSA."""
    folder = tmp_path_factory.mktemp("idp")
    return pair(folder, "idp"), pair(folder, "idp-rsa", an_rsa_key())


@pytest.fixture(scope="session")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Pair, Pair, Pair]:
    """Keys of service providers: on P-256, of RSA, and a stranger's on P-256."""
    folder = tmp_path_factory.mktemp("sp")
    return pair(folder, "sp"), pair(folder, "sp-rsa", an_rsa_key()), pair(folder, "stranger")


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
    with city.store.act("test") as act:
        insert_client(act, Draft(code, ClientKind.SAML, system, code, SamlDetail.model_validate(given)), None)
    with city.store.read() as connection:
        assert client_of(connection, code)


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
    told = {"uid": "staff_number", "name": "name", "groups": "rights", "unit": "org_name", "login": "login"}
    register(city, hall.plain, "groupware", attributes=told, unsolicited=True, logout_url="")
    register(city, hall.signing, "groupware", attributes={"groups": "rights"})
    register(city, hall.waived, "finance", name_id="login", waiver="例外第3号", waiver_until=date(2026, 11, 30))
    return hall


@pytest.fixture(scope="module")
def hall(
    ground: Ground,  # noqa: F811
    tmp_path_factory: pytest.TempPathFactory,
    idp: tuple[Pair, Pair],
    theirs: tuple[Pair, Pair, Pair],
) -> Iterator[Hall]:
    """One for all tests of a file, each with sessions and requests of its own."""
    file = tmp_path_factory.mktemp("hall") / "iam.db"
    file.write_bytes(ground.file.read_bytes())
    made = a_hall(City(ground.deployment, ground.keys, f"sqlite:///{file}", ground.known), idp, theirs)
    yield made
    made.city.store.dispose()
