"""What is agreed with a client is written letter by letter, or refused with the field and the cure (R41, R42)."""

from datetime import date
from typing import Any

import pytest

from iam.errors import ConfigurationError
from iam.signin.tokens.clients import ClientKind
from iam.signin.tokens.details import Algorithm, OidcDetail, detail_of, written_of

OIDC, FORWARD, RADIUS = ClientKind.OIDC, ClientKind.FORWARD, ClientKind.RADIUS
TERMINAL, SAML = ClientKind.TERMINAL, ClientKind.SAML

SOUND: list[tuple[ClientKind, dict[str, Any]]] = [
    (OIDC, {"redirect_uris": ["https://rp.example/cb?tenant=1", "http://127.0.0.1:8000/cb", "http://localhost/"]}),
    (
        OIDC,
        {
            "redirect_uris": ["https://[2001:db8::1]:8443/cb"], "post_logout_uris": ["https://rp.example/"],
            "logout_uri": "https://rp.example/bye", "algorithm": "EdDSA", "scopes": ["profile", "email", "groups"],
            "refresh": True, "require_par": True,
        },
    ),
    (
        OIDC,
        {
            "redirect_uris": ["https://rp.example/"], "algorithm": "RS256", "waiver": "1",
            "waiver_until": "2027-03-31",
        },
    ),
    (FORWARD, {"origin": "https://app.example", "paths": ["/", "/app"], "proxies": ["192.0.2.1/32"]}),
    (RADIUS, {"addresses": ["192.0.2.1/32", "2001:db8::/64"], "devices": {"vpn-1": "gw"}, "vlans": {"z": "120"}}),
    (TERMINAL, {"addresses": ["192.0.2.0/24"], "challenge": False}),
    (SAML, {"entity_id": "urn:sp", "acs": ["https://sp.example/acs"], "attributes": {"uid": "login"}}),
]  # fmt: skip

BAD_URIS = {
    "http://rp.example/cb": "http:// を使えるのは",
    "https://rp.example/cb#part": "# から後ろ",
    "https://rp.example/cb#": "# から後ろ",
    "https://*.example/cb": "一字一句",
    "https://rp.example/*": "一字一句",
    "https://rp.example/c b": "一字一句",
    "https://rp.example\\@evil.example/": "一字一句",
    "https://rp.example/\u30b3": "一字一句",
    "https://user:word@rp.example/": "利用者名",
    "https://rp.example/a/../cb": "パスに",
    "https://rp_.example/cb": "ホスト名",
    "https:///cb": "https://ホスト名/パス",
    "javascript:alert(1)": "https://ホスト名/パス",
    "com.example.app:/cb": "https://ホスト名/パス",
    "https://rp.example:0/": "https://ホスト名/パス",
    "https://rp.example:99999/": "https://ホスト名/パス",
    "http://127.0.0.1.evil.example/": "http:// を使えるのは",
    "": "空にはできません",
}

WRONG: list[tuple[ClientKind, dict[str, Any], str, str]] = [
    *((OIDC, {"redirect_uris": [uri]}, "redirect_uris.0", said) for uri, said in BAD_URIS.items()),
    *((SAML, {"entity_id": "x", "acs": [uri]}, "acs.0", said) for uri, said in BAD_URIS.items()),
    (OIDC, {"redirect_uris": []}, "redirect_uris", "一つ以上"),
    (OIDC, {}, "redirect_uris", "ありません"),
    (OIDC, {"redirect_uris": ["https://rp.example/"], "logout_uri": "http://rp.example/"}, "logout_uri", "http://"),
    (OIDC, {"redirect_uris": ["https://rp.example/"], "algorithm": "none"}, "algorithm", "ES256"),
    (OIDC, {"redirect_uris": ["https://rp.example/"], "algorithm": "HS256"}, "algorithm", "ES256"),
    (OIDC, {"redirect_uris": ["https://rp.example/"], "algorithm": "RS256"}, "", "例外措置"),
    (OIDC, {"redirect_uris": ["https://rp.example/"], "algorithm": "RS256", "waiver": "1"}, "", "例外措置"),
    (OIDC, {"redirect_uris": ["https://rp.example/"], "scopes": ["everything"]}, "scopes.0", "profile"),
    (OIDC, {"redirect_uris": ["https://rp.example/"], "redirect_url": "x"}, "redirect_url", "redirect_uris"),
    (FORWARD, {"origin": "https://app.example/"}, "origin", "末尾の / なし"),
    (FORWARD, {"origin": "http://app.example"}, "origin", "末尾の / なし"),
    (FORWARD, {"origin": "https://app.example?x"}, "origin", "末尾の / なし"),
    (FORWARD, {"origin": "https://app.example", "paths": ["app"]}, "paths.0", "/ で始まる"),
    (FORWARD, {"origin": "https://app.example", "paths": ["/a/../b"]}, "paths.0", "/ で始まる"),
    (RADIUS, {"addresses": []}, "addresses", "一つ以上"),
    (RADIUS, {"addresses": ["0.0.0.0/0"]}, "addresses.0", "192.0.2.10"),
    (RADIUS, {"addresses": ["192.0.2.1"], "vlans": {"z": "4095"}}, "vlans.z", "4094"),
    (TERMINAL, {"addresses": ["host.example"]}, "addresses.0", "192.0.2.10"),
    (SAML, {"entity_id": "x", "acs": ["https://sp.example/"], "certificate": "PEM"}, "certificate", "証明書"),
    (SAML, {"entity_id": "x", "acs": ["https://sp.example/"], "attributes": {"u": "secret"}}, "attributes.u", "login"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "written"), SOUND)
def test_what_is_agreed_reads_back_the_same(kind: ClientKind, written: dict[str, Any]) -> None:
    detail = detail_of(kind, written)
    assert detail_of(kind, written_of(detail)) == detail
    assert {**written_of(detail), **written} == written_of(detail), "as it was written, letter by letter"


@pytest.mark.parametrize(("kind", "written", "field", "said"), WRONG)
def test_a_mistake_names_its_field_and_its_cure(
    kind: ClientKind, written: dict[str, Any], field: str, said: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        detail_of(kind, written, source="連携先")
    (problem,) = caught.value.problems
    assert problem.startswith(f"連携先: {field}: ")
    assert said in problem


def test_rs256_ends_with_its_waiver() -> None:
    detail = detail_of(*SOUND[2])
    assert isinstance(detail, OidcDetail)
    assert detail.algorithm_on(date(2027, 3, 31)) is Algorithm.RS256
    assert detail.algorithm_on(date(2027, 4, 1)) is None
