"""Networks: to which zone an address belongs, and from which zone into which other one may go.

The one law: *an address that nobody has placed is nowhere*: it is taken for the
strictest of what it could be (OITA-S5.1.1, OITA-S8.1.8), never for the office.
Networks and flows are one TOML file that an officer can read; `Networks.parse`
reports every mistake in it at once.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Annotated, Final, Literal, Self, TypeAlias

from pydantic import AfterValidator, Field, Strict

from iam.access.places.peers import Peer
from iam.errors import ConfigurationError
from iam.handwritten import Frozen, Words, parse_toml, validated
from iam.policy.cited import BASELINE

_MOST: Final = 20_000
"""How many addresses are remembered at a time."""

_LONGEST: Final = 64
"""Characters of an address; what is longer is none, and is not remembered."""

_Subnet: TypeAlias = IPv4Network | IPv6Network


class Origin(StrEnum):
    """What sort of place an address is.  UNKNOWN: no address is known, or it stands in no network of the body."""

    OFFICE = "office"
    OUTSIDE = "outside"
    PUBLIC = "public"
    UNKNOWN = "unknown"

    @property
    def label_ja(self) -> str:
        """The word that people read."""
        return {"office": "庁内", "outside": "庁外", "public": "公衆回線", "unknown": "不明"}[self.value]


@dataclass(frozen=True, slots=True)
class Place:
    """An address and what it is.  `zone`: of the network that holds it, "" for the undivided or an unknown one.

    `address` is written in its shortest form; "" when none is known or what was given is none.
    """

    address: str
    origin: Origin
    zone: str = ""
    network: str = ""
    """The network's name, for people."""


def _subnet(value: str) -> str:
    """A subnet as Python's `ipaddress` writes it."""
    try:
        found = ip_network(value, strict=False)
    except ValueError:
        raise ValueError(f'10.1.0.0/16 のような形で書いてください（今の値: "{value}"）。') from None
    if found.prefixlen == 0:
        raise ValueError(f"{value} はすべてのアドレスです。団体の範囲に絞って書いてください。")
    if isinstance(found, IPv6Network) and found.network_address.ipv4_mapped is not None:
        raise ValueError(f"IPv4のアドレスは 10.1.0.0/16 のような形で書いてください（今の値: {value}）。")
    if "/" in value and str(ip_address(value.partition("/")[0])) != str(found.network_address):
        raise ValueError(f"{value} は範囲の先頭ではありません。{found} と書くか、桁数を確かめてください。")
    return str(found)


def _some(value: tuple[str, ...]) -> tuple[str, ...]:
    # Not min_length: that also complains of emptiness where the only subnet was mistyped.
    if not value:
        raise ValueError("10.1.0.0/16 のようなアドレスの範囲を一つ以上書いてください。")
    return value


Subnet = Annotated[str, Strict(), AfterValidator(_subnet)]


class Network(Frozen):
    """[[networks]]: one network of the body.

    `addresses`: subnets.  `zone`: its code in the profile; "" in a body without zones.
    `origin`: "outside" for lines that lead in from outside the office, "public" for public lines (OITA-S8.2.2).
    """

    name: Words
    addresses: Annotated[tuple[Subnet, ...], AfterValidator(_some)]
    zone: Annotated[str, Strict()] = ""
    origin: Literal["office", "outside", "public"] = "office"

    @property
    def subnets(self) -> tuple[_Subnet, ...]:
        """Its subnets, parsed."""
        return tuple(map(ip_network, self.addresses))


class Flow(Frozen):
    """[[flows]]: who stands in zone `origin` (written `from`) may go into zone `to` (OITA-S5.1.1, OITA-S8.1.8).

    `system`: only into these systems; empty: into any of the zone.  Going back is a flow of its own.
    """

    origin: Annotated[Words, Field(alias="from")]
    to: Words
    system: tuple[Words, ...] = ()
    purpose: Words
    clause: Words


class _File(Frozen):
    """The file as it is written."""

    networks: tuple[Network, ...] = ()
    flows: tuple[Flow, ...] = ()
    peers: tuple[Peer, ...] = ()


@dataclass(frozen=True)
class Networks:
    """The networks of the body and the flows between its zones; threads share one.

    `elsewhere`: what an address is that stands in none of them.  `peers`: what this service may connect to.
    """

    networks: tuple[Network, ...] = ()
    flows: tuple[Flow, ...] = ()
    elsewhere: Origin = Origin.UNKNOWN
    peers: tuple[Peer, ...] = ()
    _placed: dict[str, Place] = field(default_factory=dict, init=False, repr=False, compare=False)

    @classmethod
    def parse(cls, text: str, place: str) -> Self:
        """The networks that `text` (TOML) says.  `place` names the file in messages.

        Raises:
            ConfigurationError: with every mistake found.
        """
        file = validated(_File, parse_toml(text, place), source=place)
        problems = [f"{place}: {problem}" for problem in (*_twice(file.networks), *_overlaps(file.networks))]
        if problems:
            raise ConfigurationError(problems)
        return cls(file.networks, file.flows, peers=file.peers)

    def in_body(self, *, divided: bool) -> Self:
        """The same in a body with or without zones.

        One without zones that lists no network is all office.  One that is divided has placed no address yet, and
        every rule that asks for a place says no until it has.
        """
        return self if divided or self.networks else replace(self, elsewhere=Origin.OFFICE)

    def place_of(self, address: str) -> Place:
        """Where an address stands: of several networks that hold it the narrowest.

        An IPv4 address within IPv6 (::ffff:192.0.2.1) is the IPv4 address.  Missing, none at all or in no network:
        `Origin.UNKNOWN`, unless the body's network is undivided.
        """
        found = self._placed.get(address)
        if found is None and len(address) > _LONGEST:
            return Place("", Origin.UNKNOWN)
        if found is None:
            if len(self._placed) >= _MOST:
                self._placed.clear()
            found = self._placed[address] = self._look_up(address)
        return found

    def flow(self, from_zone: str, to_zone: str, system: str) -> str:
        """The clause that lets whoever stands in `from_zone` into `system` of `to_zone`; "" when none does.

        From a zone into itself one may always go.
        """
        if from_zone == to_zone:
            return BASELINE
        for each in self.flows:
            if (each.origin, each.to) == (from_zone, to_zone) and (not each.system or system in each.system):
                return each.clause
        return ""

    def misfits(self, *, zones: Iterable[str], systems: Mapping[str, str] | None, clauses: Iterable[str]) -> list[str]:
        """What the file names and profile and access model do not know, each in one sentence.

        `systems`: the zone of each system, by its code; None while nobody knows them.
        """
        zones, clauses = tuple(zones), frozenset(clauses)
        found = [
            sentence for each in self.networks for sentence in _wrong_zone(f"networks「{each.name}」", each, zones)
        ]
        found += [sentence for each in self.peers for sentence in _wrong_zone(f"peers「{each.host}」", each, zones)]
        for number, flow in enumerate(self.flows):
            place = f"flows.{number}"
            found += [f"{place}.{sentence}" for sentence in _wrong_flow(flow, zones, systems)]
            if flow.clause != BASELINE and flow.clause not in clauses:
                cure = "条項がなければ baseline と書いてください。"
                found.append(f"{place}.clause: 条項「{flow.clause}」が条項一覧にありません。{cure}")
        return found

    @cached_property
    def digest(self) -> str:
        """Changes whenever a network or a flow does."""
        content = [each.model_dump(mode="json", by_alias=True) for each in (*self.networks, *self.flows)]
        words = json.dumps([self.elsewhere, content], ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(words.encode()).hexdigest()

    @cached_property
    def _by_length(self) -> tuple[tuple[int, int, Mapping[int, Network]], ...]:
        """(IP version, bits to drop, network by what is left), the narrowest first."""
        found: dict[tuple[int, int], dict[int, Network]] = {}
        for network in self.networks:
            for subnet in network.subnets:
                drop = subnet.max_prefixlen - subnet.prefixlen
                found.setdefault((subnet.version, drop), {})[int(subnet.network_address) >> drop] = network
        return tuple((version, drop, found[version, drop]) for version, drop in sorted(found))

    def _look_up(self, address: str) -> Place:
        parsed = _address(address)
        if parsed is None:
            return Place("", Origin.UNKNOWN)
        bits = int(parsed)
        for version, drop, held in self._by_length:
            if version == parsed.version and (network := held.get(bits >> drop)) is not None:
                return Place(str(parsed), Origin(network.origin), network.zone, network.name)
        return Place(str(parsed), self.elsewhere)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        found = ip_address(text.strip().partition("%")[0])
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found


def _twice(networks: Iterable[Network]) -> Iterator[str]:
    seen: set[str] = set()
    for number, each in enumerate(networks):
        if each.name in seen:
            yield f"networks.{number}.name: 「{each.name}」が重複しています。別の名前にしてください。"
        seen.add(each.name)


def _overlaps(networks: Iterable[Network]) -> Iterator[str]:
    """Two networks that an address would be in: the same subnet twice, or one within another zone's."""
    listed = [(subnet, number, each) for number, each in enumerate(networks) for subnet in each.subnets]
    around: list[tuple[_Subnet, int, Network]] = []
    # Sorted so, whatever holds a subnet stands before it; subnets nest or lie apart, so one stack is enough.
    for entry in sorted(listed, key=lambda each: (each[0].version, int(each[0].network_address), each[0].prefixlen)):
        subnet, number, other = entry
        while around and not _within(subnet, around[-1][0]):
            around.pop()
        if around:
            wide, _, one = around[-1]
            place = f"networks.{number}.addresses: {subnet}"
            if wide == subnet:
                yield f"{place} は「{one.name}」にも書かれています。どちらかを消してください。"
            elif one.zone != other.zone:
                yield (
                    f"{place}（領域「{other.zone}」）が「{one.name}」の {wide}（領域「{one.zone}」）と重なっています。"
                    "範囲を分けて書いてください。"
                )
        around.append(entry)


def _within(subnet: _Subnet, wide: _Subnet) -> bool:
    return subnet.version == wide.version and subnet.network_address in wide


def _wrong_zone(place: str, placed: Network | Peer, zones: tuple[str, ...]) -> Iterator[str]:
    if not zones and placed.zone:
        yield f"{place}.zone: この団体のプロファイルに領域はありません。この行を消してください。"
    elif zones and placed.zone not in zones:
        said = f"領域「{placed.zone}」はプロファイルにありません" if placed.zone else "領域が書かれていません"
        yield f"{place}.zone: {said}。{'、'.join(zones)} のいずれかを書いてください。"


def _wrong_flow(flow: Flow, zones: tuple[str, ...], systems: Mapping[str, str] | None) -> Iterator[str]:
    choices = "、".join(zones) or "なし"
    for key, zone in (("from", flow.origin), ("to", flow.to)):
        if zone not in zones:
            yield f"{key}: 領域「{zone}」はプロファイルにありません（領域: {choices}）。綴りを確かめてください。"
    if flow.origin == flow.to:
        yield "to: 同じ領域の中の通信は書かなくても通ります。この表を消してください。"
    for code in flow.system:
        if systems is None:
            break
        if code not in systems:
            yield f"system: 情報システム「{code}」がアクセスモデルにありません。綴りを確かめてください。"
        elif systems[code] != flow.to:
            yield f"system: 「{code}」は領域「{systems[code]}」にあります。to をその領域にしてください。"
