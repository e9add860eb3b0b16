"""Where an address stands, what may flow from where to where, and what is wrong in such a file."""

import re
from ipaddress import IPv4Network, ip_address
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from iam.access.places.networks import Network, Networks, Origin
from iam.access.places.peers import Contact, unlisted
from iam.errors import ConfigurationError
from iam.policy.clauses import clauses_of
from iam.policy.loading import load

ROOT = Path(__file__).parents[3]
CITY = """
[[networks]]
name = "本庁"
addresses = ["10.1.0.0/16", "2001:db8:1::/48"]
zone = "office"

[[networks]]
name = "貸出の回線"
addresses = ["10.1.40.0/24"]
zone = "office"
origin = "outside"

[[networks]]
name = "窓口の一台"
addresses = ["10.1.40.7"]
zone = "office"

[[networks]]
name = "番号"
addresses = ["10.2.0.0/16"]
zone = "sealed"

[[flows]]
from = "sealed"
to = "office"
system = ["mail"]
purpose = "連絡"
clause = "X-1"

[[flows]]
from = "office"
to = "outer"
purpose = "閲覧"
clause = "X-2"
"""


def city() -> Networks:
    return Networks.parse(CITY, "network.toml")


@pytest.mark.parametrize(
    ("address", "network", "origin", "zone"),
    [
        ("10.1.2.3", "本庁", Origin.OFFICE, "office"),
        ("10.1.40.6", "貸出の回線", Origin.OUTSIDE, "office"),
        ("10.1.40.7", "窓口の一台", Origin.OFFICE, "office"),
        ("::ffff:10.1.40.6", "貸出の回線", Origin.OUTSIDE, "office"),
        ("2001:DB8:1:0::9", "本庁", Origin.OFFICE, "office"),
        ("2001:db8:1::9%eth0", "本庁", Origin.OFFICE, "office"),
        (" 10.2.0.1 ", "番号", Origin.OFFICE, "sealed"),
        ("10.3.0.1", "", Origin.UNKNOWN, ""),
        ("2001:db8:2::9", "", Origin.UNKNOWN, ""),
        ("", "", Origin.UNKNOWN, ""),
        ("unix:", "", Origin.UNKNOWN, ""),
        ("10.1.2.3, 10.2.0.1", "", Origin.UNKNOWN, ""),
        ("010.1.2.3", "", Origin.UNKNOWN, ""),
        ("10.1.2.3:443", "", Origin.UNKNOWN, ""),
    ],
)
def test_an_address_stands_in_the_narrowest_network_or_nowhere(
    address: str, network: str, origin: Origin, zone: str
) -> None:
    found = city().place_of(address)
    assert (found.network, found.origin, found.zone) == (network, origin, zone)


subnets = some.builds(
    lambda bits, length: IPv4Network((bits >> (32 - length) << (32 - length), length)),
    some.integers(0x0A000000, 0x0A00FFFF),
    some.integers(9, 32),
)


@given(some.lists(subnets, min_size=1, max_size=8, unique=True), some.integers(0x0A000000, 0x0A00FFFF))
def test_no_network_that_holds_an_address_is_narrower_than_the_one_found(held: list[IPv4Network], bits: int) -> None:
    networks = Networks(tuple(Network(name=str(each), addresses=(str(each),)) for each in held))
    address = ip_address(bits)
    around = [each for each in held if address in each]
    found = networks.place_of(str(address))
    assert found.network == (str(max(around, key=lambda each: each.prefixlen)) if around else "")
    assert found == networks.place_of(str(address))


def test_only_a_listed_flow_leads_into_another_zone_and_only_its_own_way() -> None:
    flow = city().flow
    assert (flow("sealed", "office", "mail"), flow("office", "outer", "web")) == ("X-1", "X-2")
    assert [flow("sealed", "office", "files"), flow("office", "sealed", "mail"), flow("outer", "office", "web")] == [
        "", "", "",
    ]  # fmt: skip
    assert [flow("", "office", "mail"), flow("outer", "", "web")] == ["", ""]
    assert all(flow(zone, zone, "any") for zone in ("office", "sealed", "outer", ""))


def test_without_a_file_a_body_without_zones_is_all_office_and_a_divided_one_knows_no_address() -> None:
    whole, divided = Networks().in_body(divided=False), Networks().in_body(divided=True)
    assert whole.place_of("203.0.113.9").origin is Origin.OFFICE
    assert divided.place_of("10.1.2.3").origin is Origin.UNKNOWN
    assert {each.place_of("???").origin for each in (whole, divided)} == {Origin.UNKNOWN}
    assert whole.flow("", "", "any")
    assert city().in_body(divided=False).place_of("203.0.113.9").origin is Origin.UNKNOWN


def wrong(text: str) -> list[str]:
    with pytest.raises(ConfigurationError) as raised:
        Networks.parse(text, "network.toml")
    return [problem.removeprefix("network.toml: ") for problem in raised.value.problems]


def network(name: str, address: str, zone: str = "office") -> str:
    return f'[[networks]]\nname = "{name}"\naddresses = ["{address}"]\nzone = "{zone}"\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (network("a", "0.0.0.0/0"), "networks.0.addresses.0: 0.0.0.0/0 はすべてのアドレスです。"),
        (network("a", "::/0"), "networks.0.addresses.0: ::/0 はすべてのアドレスです。"),
        (network("a", "10.1.0.1/16"), "networks.0.addresses.0: 10.1.0.1/16 は範囲の先頭ではありません。10.1.0.0/16 と"),
        (network("a", "本庁"), "networks.0.addresses.0: 10.1.0.0/16 のような形で"),
        (network("a", "::ffff:10.1.0.0/112"), "networks.0.addresses.0: IPv4のアドレスは 10.1.0.0/16 のような形で"),
        ('[[networks]]\nname = "a"\naddresses = []', "networks.0.addresses: 10.1.0.0/16 のようなアドレスの範囲を一つ"),
        (network("a", "10.1.0.0/16") + 'origin = "home"', "networks.0.origin: office、outside、public のいずれか"),
        (network("a", "10.1.0.0/16") + network("a", "10.2.0.0/16"), "networks.1.name: 「a」が重複しています。"),
        (network("a", "10.1.0.0/16") + network("b", "10.1.0.0/16"), "networks.1.addresses: 10.1.0.0/16 は「a」にも"),
        (
            network("a", "10.1.2.0/24", "sealed") + network("b", "10.1.0.0/16"),
            "networks.0.addresses: 10.1.2.0/24（領域「sealed」）が「b」の 10.1.0.0/16（領域「office」）と重なって",
        ),
        ('[[flows]]\nfrom = "a"\nto = "b"\nclause = "X-1"', "flows.0.purpose: ありません。書き足してください。"),
        ('[[flow]]\nfrom = "a"', "flow: 知らないキーです。flows の書き誤りではありませんか。"),
    ],
)
def test_a_mistake_is_told_with_its_place_and_its_cure(text: str, said: str) -> None:
    (only,) = [problem for problem in wrong(text) if problem.startswith(said.partition(": ")[0])]
    assert only.startswith(said)


def test_every_mistake_is_told_at_once() -> None:
    found = wrong(network("a", "0.0.0.0/0", "x") + network("b", "10.1.0.1/16") + '[[flows]]\nfrom = "a"\n')
    assert len(found) == 5


def test_what_profile_and_access_model_do_not_know_is_told() -> None:
    lost = network("端", "10.9.0.0/16", "nowhere") + network("無", "10.8.0.0/16", "") + CITY
    zones, systems = ("office", "sealed", "outer"), {"mail": "outer"}
    cure = "office、sealed、outer のいずれかを書いてください。"
    found = Networks.parse(lost, "network.toml").misfits(zones=zones, systems=systems, clauses=["X-1"])
    assert found == [
        f"networks「端」.zone: 領域「nowhere」はプロファイルにありません。{cure}",
        f"networks「無」.zone: 領域が書かれていません。{cure}",
        "flows.0.system: 「mail」は領域「outer」にあります。to をその領域にしてください。",
        "flows.1.clause: 条項「X-2」が条項一覧にありません。条項がなければ baseline と書いてください。",
    ]
    undivided = city().misfits(zones=(), systems={}, clauses=["X-1", "X-2"])
    assert undivided[0] == "networks「本庁」.zone: この団体のプロファイルに領域はありません。この行を消してください。"
    assert sum(sentence.startswith("flows.") for sentence in undivided) == 5


def test_another_network_is_another_version() -> None:
    assert city().digest == city().digest != Networks.parse(CITY.replace("10.2.", "10.3."), "x").digest


def test_the_samples_are_networks_of_the_standard_profile() -> None:
    profile = load("baseline")
    zones, clauses = [zone.code for zone in profile.zones], clauses_of(profile)
    sample = (ROOT / "web/cli/setup/sample/network.toml").read_text(encoding="utf-8")
    uncommented = re.sub(r"^# (?=\[\[|[a-z]+ = )", "", sample, flags=re.MULTILINE)
    for text in (uncommented, (ROOT / "docs/deploy/network.toml").read_text(encoding="utf-8")):
        found = Networks.parse(text, "network.toml")
        assert (len(found.networks), len(found.flows)) == (3, 1)
        assert found.misfits(zones=zones, systems={"portal": profile.default_zone.code}, clauses=clauses) == []


PEERS = """
[[peers]]
host = "LDAP.juki.example.jp"
zone = "sealed"
purpose = "住民記録"
[[peers]]
host = "10.2.5.0/28"
zone = "sealed"
purpose = "番号の連携"
[[peers]]
host = "mail.example.jp"
zone = "office"
purpose = "通知"
"""


@pytest.mark.parametrize(
    ("host", "zone", "said"),
    [
        ("ldap.juki.example.jp", "sealed", ""),
        ("10.2.5.14", "sealed", ""),
        ("127.0.0.1", "sealed", ""),
        ("", "sealed", ""),
        ("10.2.5.16", "sealed", "領域「sealed」のつないでよい相手（network.toml の [[peers]]）にありません（X-1）。"),
        (
            "mail.example.jp",
            "sealed",
            "領域「sealed」のつないでよい相手（network.toml の [[peers]]）にありません（X-1）。",
        ),
        ("evil.ldap.juki.example.jp", "sealed", "領域「sealed」のつないでよい相手"),
        ("mail.example.jp", "office", ""),
        ("MAIL.example.jp", None, ""),
        ("mail2.example.jp", None, "つないでよい相手（network.toml の [[peers]]）にありません。書き足すか、"),
    ],
)
def test_a_host_in_a_zone_that_is_shut_off_is_listed_there_or_refused(host: str, zone: str | None, said: str) -> None:
    peers = Networks.parse(PEERS, "network.toml").peers
    found = list(unlisted(peers, [Contact("targets.x", host, zone)], {"sealed": "X-1"}))
    assert [each.startswith(f"targets.x: 「{host}」は、{said}") for each in found] == [True] * bool(said)


def test_where_nothing_is_listed_only_what_is_shut_off_is_refused() -> None:
    contacts = [Contact("targets.a", "10.2.5.1", "sealed"), Contact("targets.b", "10.1.5.1", "office")]
    (only,) = unlisted((), contacts, {"sealed": "X-1"})
    assert only.startswith("targets.a: ")


@pytest.mark.parametrize("host", ["10.2.5.1/28", "ldap://host", "10.2.5", "host name", "", "0.0.0"])
def test_what_is_no_host_is_told(host: str) -> None:
    (only,) = wrong(f'[[peers]]\nhost = "{host}"\npurpose = "x"')
    assert only.startswith("peers.0.host: ホスト名（ldap.example.lg.jp）か、アドレスの範囲（10.1.5.0/28）を書いて")
