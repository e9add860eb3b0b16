"""`/validate/check`: password, then code by transaction_id, or both in one field; and whatever must stay shut."""

import base64
import json
import ssl
from http.client import HTTPSConnection
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

import pytest

from iam.signin.history import Outcome
from iam.signin.tokens.clients import ClientKind
from tests.clients import a_client
from tests.functional.doors.devices.served import DESK, PASSWORD, Hall, a_hall
from tests.functional.doors.validate.module import Module
from tests.functional.site.conftest import Ground
from tests.functional.site.serving import nginx_before
from web.practice.portal.visitors import Way
from web.practice.servers.certificates import make_certificates

DEPLOY: Final = Path(__file__).parents[4] / "docs/deploy/terminals"
WRONG: Final = "名前、パスワード、コードのどれかが正しくありません。"


def test_the_walk_by_challenge(hall: Hall, module: Module) -> None:
    yamada = hall.somebody("yamada")
    asked = module.check(yamada.number, PASSWORD, realm="city")
    assert (asked.status, asked.value, asked.authentication) == (200, False, "CHALLENGE")
    detail = asked.said["detail"]
    one = {name: detail[name] for name in ("transaction_id", "message", "client_mode", "type", "serial")}
    assert one.items() <= detail["multi_challenge"][0].items()
    assert (detail["client_mode"], detail["type"], detail["message"]) == (
        "interactive", "totp", "認証アプリか機器に表示されている数字を入力してください。",
    )  # fmt: skip
    wrong = module.check(yamada.number, hall.wrong_code(yamada), transaction_id=asked.transaction)
    assert (wrong.value, wrong.authentication) == (False, "REJECT")
    done = module.check(yamada.number, hall.code(yamada), transaction_id=asked.transaction)
    assert (done.status, done.value, done.authentication) == (200, True, "ACCEPT")
    assert {"jsonrpc": "2.0", "id": 1}.items() <= done.said.items()
    again = module.check(yamada.number, hall.code(yamada), transaction_id=asked.transaction)
    assert (again.value, again.message) == (False, "時間がたったため、最初からやり直してください。")

    event = next(each for each in hall.events(yamada) if each.outcome is Outcome.SUCCESS)
    assert (event.address, event.terminal) == (DESK["address"], "端末API：groupwareの連携（privacyidea-cp/3.5.4）")
    decided = hall.decisions(person_id=hall.entrant(yamada.number).person_id)[-1]
    assert (decided["door"], decided["outcome"], decided["terminal_id"] is not None) == ("validate", "allow", True)
    assert hall.sessions() == 0


def test_one_field_json_and_the_other_name_of_the_transaction(hall: Hall, module: Module) -> None:
    sato = hall.somebody("sato")
    assert module.check(sato.number, PASSWORD + hall.code(sato)).value is True
    said = json.dumps({"user": sato.number, "pass": PASSWORD, "serial": None, "otponly": 0})
    asked = module.sends(said, "application/json")
    said = json.dumps({"user": sato.number, "pass": hall.code(sato), "state": asked.transaction})
    assert module.sends(said, "application/json").value is True


def test_a_transaction_serves_the_one_who_began_it(hall: Hall, module: Module) -> None:
    sato, mori = hall.somebody("sato"), hall.somebody("mori")
    asked = module.check(sato.number, PASSWORD)
    told = module.check(mori.number, hall.code(sato), transaction_id=asked.transaction)
    assert (told.value, told.authentication) == (False, "REJECT")
    assert module.check(sato.number, hall.code(sato), transaction_id=asked.transaction).value is True


def test_what_is_not_known_reads_the_same_and_waits_the_same(hall: Hall, module: Module) -> None:
    slow, out = hall.somebody("slow"), hall.somebody("out")
    hall.suspend(out)
    for name, password in ((slow.number, "ちがうパスワードを打った人"), (out.number, PASSWORD), ("88888888", "x")):
        told = module.check(name, password)
        assert (told.status, told.value, told.authentication, told.message) == (200, False, "REJECT", WRONG)
    waits = set()
    for name in (slow.number, "88888888"):
        told = [module.check(name, "ちがうパスワードを打った人") for _ in range(12)][-1]
        waits.add((told.status, told.authentication, told.message))
    assert len(waits) == 1
    assert "待ってからお試しください" in waits.pop()[2]


def test_an_empty_password_is_no_guess_and_triggers_nothing(hall: Hall, module: Module) -> None:
    tanaka = hall.somebody("tanaka")
    before = hall.events(tanaka)
    told = {module.check(name, "").message for name in (tanaka.number, "99999999")}
    assert told == {"パスワードを入力してください。"}
    assert hall.events(tanaka) == before


def test_whoever_must_do_something_first_or_comes_from_elsewhere_stays_out(hall: Hall, module: Module) -> None:
    new, ito = hall.somebody("new", way=Way.TEMPORARY), hall.somebody("ito")
    assert module.check(new.number, new.password).message == "先にポータルでパスワードを変更してください。"
    hall.terminal("PC-9201", "lgwan", address="10.20.7.7", lost=True)
    told = module.at("10.20.7.7").check(ito.number, PASSWORD + hall.code(ito))
    assert (told.value, "紛失の届け" in told.message) == (False, True)


def test_only_a_client_of_this_door_is_answered(hall: Hall, module: Module) -> None:
    yamada = hall.somebody("yamada")
    radius = a_client(hall.city.store, ClientKind.RADIUS, "groupware", {"addresses": ["10.20.0.0/16"]}, code="r")[1]
    good = f"user={yamada.number}&pass=x"
    for authorization in ("", "Basic eA==", "Basic d2luZG93czp4", f"Bearer r.{radius}", "Negotiate abc"):
        told = module.sends(good, authorization=authorization)
        assert (told.status, told.said["result"]["status"], told.value) == (401, False, False)
    elsewhere = module.at("192.0.2.77").check(yamada.number, PASSWORD)
    assert (elsewhere.status, elsewhere.said["result"]["error"]["code"]) == (401, 4031)
    assert module.sends(good, authorization=f"Bearer {module.credentials.replace(':', '.')}").status == 200


MALFORMED: Final = {
    "nothing": ("application/x-www-form-urlencoded", ""),
    "no user": ("application/x-www-form-urlencoded", "pass=x"),
    "a field twice": ("application/x-www-form-urlencoded", "user=a&user=b&pass=x"),
    "two transactions": ("application/x-www-form-urlencoded", "user=a&pass=x&transaction_id=1&state=2"),
    "a number": ("application/json", '{"user": 1, "pass": "x"}'),
    "a name twice": ("application/json", '{"user": "a", "user": "b", "pass": "x"}'),
    "a list": ("application/json", "[]"),
    "too deep": ("application/json", '{"user":' + "[" * 9000),
    "half a character": ("application/json", '{"user": "\\ud800", "pass": "x"}'),
    "a NUL": ("application/json", '{"user": "a\\u0000", "pass": "x"}'),
    "too long": ("application/json", json.dumps({"user": "a" * 2000, "pass": "x"})),
}


@pytest.mark.parametrize(("kind", "body"), MALFORMED.values(), ids=MALFORMED)
def test_what_is_no_question_is_refused_in_the_same_shape(module: Module, kind: str, body: str) -> None:
    told = module.sends(body, kind)
    assert (told.status, told.said["result"]["status"], told.value) == (400, False, False)


def test_what_is_too_large_is_not_read_and_a_password_never_stands_in_an_address(hall: Hall, module: Module) -> None:
    client = hall.city.client()
    code, _, secret = module.credentials.partition(":")
    body = {"user": "a", "pass": "x" * 17_000}
    headers = {"X-Forwarded-For": DESK["address"]}
    assert client.post("/validate/check", data=body, auth=(code, secret), headers=headers).status_code == 413
    asked = client.get("/validate/check?user=a&pass=x", auth=(code, secret), headers=headers)
    assert asked.status_code == 405


def test_nginx_speaks_for_terminals_that_cannot(
    hall: Hall, module: Module, tmp_path_factory: pytest.TempPathFactory
) -> None:
    yamada = hall.somebody("yamada")
    folder = tmp_path_factory.mktemp("nginx")
    secret = a_client(hall.city.store, ClientKind.TERMINAL, "groupware", {"addresses": ["127.0.0.64/28"]}, code="n")[1]
    shown = base64.b64encode(f"n:{secret}".encode()).decode()
    written = (DEPLOY / "kagimori-terminals.secret").read_text(encoding="utf-8").replace("change-me", shown)
    (folder / "terminals.secret").write_text(written, encoding="utf-8")
    more = (DEPLOY / "nginx-validate.conf").read_text(encoding="utf-8")
    for old, new in (("10.20.0.0/16", "127.0.0.77"), ("/etc/nginx/kagimori-terminals", f"{folder}/terminals")):
        assert old in more
        more = more.replace(old, new)
    tls = make_certificates(folder)
    with nginx_before(
        hall, folder, certificate=tls.certificate, key=tls.key, ca=tls.ca, cards=tls.ca, more=more
    ) as proxy:
        for source, status in (("127.0.0.77", 200), ("127.0.0.78", 403)):
            trust = ssl.create_default_context(cafile=str(tls.ca))
            connection = HTTPSConnection("localhost", proxy.port, timeout=20, context=trust, source_address=(source, 0))
            body = urlencode({"user": yamada.number, "pass": PASSWORD})
            connection.request("POST", "/validate/check", body, {"Content-Type": "application/x-www-form-urlencoded"})
            answer = connection.getresponse()
            text = answer.read().decode()
            connection.close()
            assert (answer.status, "CHALLENGE" in text) == (status, status == 200)


def test_while_the_database_is_away_every_device_stays_shut(
    ground: Ground, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    away = a_hall(ground, tmp_path)
    with away.served():
        module = Module(away.port, "windows:x")
        with away.city.store.act("test") as act:
            act.connection.exec_driver_sql("ALTER TABLE client RENAME TO elsewhere")
        told = module.check("00010112", PASSWORD)
        assert (told.status, told.said["result"]["status"], told.value) == (503, False, False)
        asked = away.city.client().post("/radius/authenticate", json={}, auth=("radius-1", "x"))
        assert (asked.status_code, asked.is_json) == (503, True)
    assert "StoreError" in capsys.readouterr().out
