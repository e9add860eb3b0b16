"""Whatever goes wrong between a device and us, nobody comes in: we are away, or it is not we who answer, or asks."""

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

import pytest

from iam.signin.tokens.clients import ClientKind
from tests.clients import a_client
from tests.functional.doors.devices.served import PASSWORD, Hall
from tests.functional.doors.radius.conftest import AGREED, CLIENT
from tests.functional.doors.radius.freeradius import freeradius
from tests.functional.site.serving import Proxy
from web.practice.servers.process import free_port


class SaysYes(BaseHTTPRequestHandler):
    """Another server at our address, which answers everything with 200."""

    def do_POST(self) -> None:
        body = json.dumps({"reply:Reply-Message": "welcome"}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@contextmanager
def somebody_else() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), SaysYes) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def test_while_we_are_away_nobody_comes_in(proxy: Proxy) -> None:
    with freeradius(f"http://127.0.0.1:{free_port()}", proxy.ca, CLIENT, "x") as radius:
        assert radius.ask("00010112", PASSWORD).what == "reject"
        assert radius.ask("02-00-5e-10-01-01", attributes={"Service_Type": "Call-Check"}).what == "reject"


def test_an_answer_that_is_not_ours_lets_nobody_in(proxy: Proxy) -> None:
    with somebody_else() as url, freeradius(url, proxy.ca, CLIENT, "x") as radius:
        assert radius.ask("00010112", PASSWORD).what == "reject"
        assert radius.ask("02-00-5e-10-01-01", attributes={"Service_Type": "Call-Check"}).what == "reject"


# --- who asks, and what: straight at the address that FreeRADIUS asks


def packet(**attributes: Any) -> str:  # noqa: ANN401 - what JSON holds
    """As rlm_rest writes it."""
    return json.dumps(
        {name.replace("_", "-"): {"type": "string", "value": [value]} for name, value in attributes.items()}
    )


def basic(code: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{code}:{secret}".encode()).decode()


def asked(hall: Hall, authorization: str, body: str, address: str = "127.0.0.1") -> tuple[int, Any]:
    headers = {"Authorization": authorization, "X-Forwarded-For": address} if authorization else {}
    answer = hall.city.app.test_client().post(
        "/radius/authenticate", data=body, headers=headers, content_type="application/json",
        environ_overrides={"REMOTE_ADDR": "127.0.0.1"},
    )  # fmt: skip
    return answer.status_code, answer.get_json()


GOOD: Final = packet(User_Name="99999999", User_Password="x")


def test_only_a_client_of_this_door_is_answered(hall: Hall, secret: str) -> None:
    terminal = a_client(hall.city.store, ClientKind.TERMINAL, "groupware", {"addresses": ["127.0.0.1"]}, code="pcs")[1]
    assert asked(hall, basic(CLIENT, secret), GOOD)[0] == 401
    assert "reply:Reply-Message" in asked(hall, basic(CLIENT, secret), GOOD)[1]
    assert "reply:Reply-Message" in asked(hall, f"Bearer {CLIENT}.{secret}", GOOD)[1]
    causes = {
        "": "no credentials",
        basic(CLIENT, "wrong"): "wrong credentials",
        basic("nobody", secret): "wrong credentials",
        basic("x\0", secret): "no credentials",
        basic("pcs", terminal): "pcs: not a client of this door",
    }
    for authorization, cause in causes.items():
        hall.city.clock.forward(minutes=2)
        assert asked(hall, authorization, GOOD) == (401, {}), cause
        assert cause in hall.audited("client.refused")[-1]
    hall.city.clock.forward(minutes=2)
    assert asked(hall, basic(CLIENT, secret), GOOD, "192.0.2.9") == (401, {})
    assert f"{CLIENT}: not from an agreed address" in hall.audited("client.refused")[-1]


MALFORMED: Final = {
    "": "no JSON that can be read",
    "[]": "no JSON object",
    '{"User-Name": ' + "[" * 9000: "no JSON that can be read",
    '{"User-Name": {"value": ["a"]}, "User-Name": {"value": ["b"]}}': "no JSON that can be read",
    '{"User-Name": {"value": ["\\ud800"]}}': "no JSON that can be read",
    '{"User-Name": {"value": ["a", "b"]}}': "User-Name stands 2 times",
    '{"User-Name": "a"}': "'User-Name' has no value",
    packet(User_Password="x"): "no User-Name",
    packet(User_Name="a"): "no User-Password",
    packet(User_Name="a\0b", User_Password="x"): "User-Name holds control characters",
    packet(User_Name="a", User_Password="x", State="abc"): "State is not written in octets",
    packet(User_Name="a", User_Password="x", State="0xff"): "State is none of ours",
}


@pytest.mark.parametrize(("body", "cause"), MALFORMED.items(), ids=MALFORMED.values())
def test_a_packet_that_is_none_is_refused_with_one_cause(hall: Hall, secret: str, body: str, cause: str) -> None:
    hall.city.clock.forward(minutes=2)
    assert asked(hall, basic(CLIENT, secret), body) == (400, {})
    assert cause in hall.audited("packet.refused")[-1]


def test_a_body_larger_than_a_packet_is_not_read(hall: Hall, secret: str) -> None:
    assert asked(hall, basic(CLIENT, secret), GOOD + " " * 17_000)[0] == 413


def test_no_device_comes_in_where_no_vlan_was_agreed(hall: Hall) -> None:
    agreed = {"addresses": AGREED["addresses"]}
    secret = a_client(hall.city.store, ClientKind.RADIUS, "groupware", agreed, code="vpn-only")[1]
    body = packet(User_Name="02-00-5e-10-01-01", Service_Type="Call-Check")
    status, told = asked(hall, basic("vpn-only", secret), body)
    assert (status, told["reply:Reply-Message"]["value"]) == (401, ["この接続では、機器だけで入ることはできません。"])


def test_where_people_stand_at_the_device_its_place_is_theirs(hall: Hall) -> None:
    sato = hall.somebody("nearby")
    agreed = {"addresses": ["127.0.0.1"], "nearby": True, "challenge": False}
    secret = a_client(hall.city.store, ClientKind.RADIUS, "groupware", agreed, code="console")[1]
    said = {"User_Name": sato.number, "NAS_IP_Address": "10.20.1.11", "NAS_Identifier": "console"}
    alone = asked(hall, basic("console", secret), packet(**said, User_Password=PASSWORD))
    assert alone[1]["reply:Reply-Message"]["value"] == ["パスワードに続けて、コードの数字を入力してください。"]
    both = asked(hall, basic("console", secret), packet(**said, User_Password=PASSWORD + hall.code(sato)))
    assert (both[0], both[1]["control:Tmp-String-0"]["value"]) == (200, ["kagimori"])


def test_an_address_in_the_net_brings_nobody_into_the_office(hall: Hall) -> None:
    agreed = {"addresses": ["127.0.0.1"], "challenge": False}
    secret = a_client(hall.city.store, ClientKind.RADIUS, "groupware", agreed, code="vpn-2")[1]
    answers = {}
    for calling in ("198.51.100.7", "203.0.113.9", "10.40.0.9", "10.20.1.12", "02-00-5E-20-00-01", "desk"):
        sato = hall.somebody(f"calls from {calling}")
        said = {"User_Name": sato.number, "Framed_IP_Address": "10.20.1.11", "Calling_Station_Id": calling}
        body = packet(**said, User_Password=PASSWORD + hall.code(sato))
        answers[calling] = asked(hall, basic("vpn-2", secret), body)[0]
    assert answers == {
        "198.51.100.7": 401, "203.0.113.9": 401, "10.40.0.9": 401, "10.20.1.12": 200, "02-00-5E-20-00-01": 200,
        "desk": 200,
    }  # fmt: skip
