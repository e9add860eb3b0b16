"""People before a VPN gateway or a switch, through FreeRADIUS: password, then code; or both in one field."""

import subprocess
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest

from iam.signin.history import Outcome
from iam.signin.kinds import Method
from tests.functional.doors.devices.served import DESK, PASSWORD, Hall
from tests.functional.doors.radius.freeradius import DEVICES, Radius, Reply
from web.portal.own.activity import terminal
from web.practice.portal.visitors import Visitor, Way
from web.practice.servers.process import program

HERE: Final = {"Calling_Station_Id": DESK["mac"], "Framed_IP_Address": DESK["address"]}
WRONG: Final = "名前、パスワード、コードのどれかが正しくありません。"


def walks(hall: Hall, radius: Radius, who: Visitor, **how: Any) -> Reply:  # noqa: ANN401 - as Radius.ask
    """Password, then code; the answer to the last packet."""
    how = {"attributes": HERE, **how}
    asked = radius.ask(who.number, who.password, **how)
    if asked.what != "challenge":
        return asked
    return radius.ask(who.number, hall.code(who), state=asked.state, **how)


def test_password_then_code_are_accepted_for_one_moment(hall: Hall, radius: Radius) -> None:
    yamada = hall.somebody("yamada")
    asked = radius.ask(yamada.number, PASSWORD, attributes=HERE)
    assert (asked.what, asked.text) == ("challenge", "認証アプリか機器に表示されている数字を入力してください。")
    done = radius.ask(yamada.number, hall.code(yamada), state=asked.state, attributes=HERE)

    rules = hall.entrant(yamada.number).rules
    limits = int(rules.overall.total_seconds()), int(rules.idle.total_seconds())
    assert done == Reply("accept", limits=limits)
    event = hall.events(yamada)[0]
    assert (event.outcome, event.address, event.session_id) == (Outcome.SUCCESS, DESK["address"], None)
    assert event.methods == (Method.PASSWORD, Method.TOTP)
    assert event.terminal == terminal(event.terminal) == "RADIUS：groupwareの連携（vpn-1）"
    decided = hall.decisions(person_id=hall.entrant(yamada.number).person_id)[-1]
    assert (decided["system"], decided["door"], decided["outcome"]) == ("groupware", "radius", "allow")
    assert decided["terminal_id"] is not None
    assert hall.sessions() == 0


def test_a_device_keeps_nobody_past_the_day_with_which_their_rights_may_end(hall: Hall, radius: Radius) -> None:
    late, clock = hall.somebody("late"), hall.city.clock
    began, midnight = clock.at, datetime(clock.at.year, clock.at.month, clock.at.day, 15, tzinfo=UTC)
    try:
        clock.at = midnight - timedelta(minutes=11)
        told = walks(hall, radius, late)
    finally:
        clock.at = began
    idle = int(hall.entrant(late.number).rules.idle.total_seconds())
    assert (told.what, told.limits) == ("accept", (10 * 60 - 1, idle)), "a minute went by until the code"


@pytest.mark.parametrize("password", [PASSWORD, "みけねことゆうやけのさかみち20260406"])
def test_password_and_code_fit_in_one_field(hall: Hall, radius: Radius, password: str) -> None:
    sato = hall.somebody(f"sato {password}", password=password)
    both = password + hall.code(sato)
    assert radius.ask(sato.number, both, attributes=HERE).what == "accept"
    again = radius.ask(sato.number, both, attributes=HERE)
    assert (again.what, "もう使われています" in again.text) == ("reject", True)


def test_a_login_of_the_system_does_for_a_staff_number(hall: Hall, radius: Radius) -> None:
    yamada = hall.somebody("yamada")
    login = hall.login(yamada, "groupware")
    assert login != yamada.number
    assert radius.ask(login, PASSWORD, attributes=HERE).what == "challenge"


def test_whoever_is_not_known_and_whoever_mistypes_or_may_not_come_read_the_same(hall: Hall, radius: Radius) -> None:
    yamada, out = hall.somebody("yamada"), hall.somebody("suspended")
    hall.suspend(out)
    told = {
        radius.ask("99999999", PASSWORD, attributes=HERE),
        radius.ask(yamada.number, "ちがうパスワードを打った人", attributes=HERE),
        radius.ask(yamada.number, "ちがうパスワードを打った人123456", attributes=HERE),
        radius.ask(out.number, PASSWORD, attributes=HERE),
    }
    assert told == {Reply("reject", WRONG)}


def test_a_wrong_and_a_used_code_let_nobody_in(hall: Hall, radius: Radius) -> None:
    tanaka = hall.somebody("tanaka")
    asked = radius.ask(tanaka.number, PASSWORD, attributes=HERE)
    wrong = radius.ask(tanaka.number, hall.wrong_code(tanaka), state=asked.state, attributes=HERE)
    assert (wrong.what, "コードが正しくありません" in wrong.text) == ("reject", True)
    code = hall.code(tanaka)
    assert radius.ask(tanaka.number, code, state=asked.state, attributes=HERE).what == "accept"
    asked = radius.ask(tanaka.number, PASSWORD, attributes=HERE)
    used = radius.ask(tanaka.number, code, state=asked.state, attributes=HERE)
    assert (used.what, "もう使われています" in used.text) == ("reject", True)


def test_a_state_serves_once_and_the_one_who_began_it(hall: Hall, radius: Radius) -> None:
    tanaka, mori = hall.somebody("tanaka"), hall.somebody("mori")
    asked = radius.ask(tanaka.number, PASSWORD, attributes=HERE)
    of_another = radius.ask(mori.number, hall.code(tanaka), state=asked.state, attributes=HERE)
    elsewhere = radius.ask(tanaka.number, hall.code(tanaka), state=asked.state, attributes=HERE, device="server-1")
    bent = radius.ask(tanaka.number, hall.code(tanaka), state=asked.state[:-1] + b"x", attributes=HERE)
    begun_at_a_page = radius.ask(tanaka.number, hall.code(tanaka), state=b"abc", attributes=HERE)
    done = radius.ask(tanaka.number, hall.code(tanaka), state=asked.state, attributes=HERE)
    again = radius.ask(tanaka.number, hall.code(tanaka), state=asked.state, attributes=HERE)
    assert [each.what for each in (of_another, elsewhere, bent, begun_at_a_page)] == ["reject"] * 4
    assert done.what == "accept"
    assert again == Reply("reject", "時間がたったため、最初からやり直してください。")


def test_so_many_guesses_are_slowed_down_for_everybody_alike(hall: Hall, radius: Radius) -> None:
    slow = hall.somebody("slow")
    for name in (slow.number, "88888888"):
        told = [radius.ask(name, "ちがうパスワードを打った人", attributes=HERE) for _ in range(12)]
        assert "待ってからお試しください" in told[-1].text
    assert radius.ask(slow.number, PASSWORD, attributes=HERE).what == "reject"


def test_what_must_be_done_first_is_said_after_the_proofs(hall: Hall, radius: Radius) -> None:
    new = hall.somebody("new", way=Way.TEMPORARY)
    alone = hall.somebody("alone", way=Way.PASSWORD)
    keyed = hall.with_key(hall.somebody("keyed", way=Way.PASSWORD))
    assert radius.ask(new.number, new.password, attributes=HERE) == Reply(
        "reject", "先にポータルでパスワードを変更してください。"
    )
    assert radius.ask(alone.number, PASSWORD, attributes=HERE) == Reply(
        "reject", "先にポータルで二つ目の認証手段を登録してください。"
    )
    assert "セキュリティキーやICカードを使えません" in walks(hall, radius, keyed).text


PLACES: Final = [
    (
        "a terminal that was lost",
        {**HERE, "Calling_Station_Id": "02-00-5E-20-00-03", "Framed_IP_Address": "10.20.2.11"},
        "紛失",
    ),
    ("an address that nobody placed", {"Framed_IP_Address": "203.0.113.9"}, "登録のないネットワーク"),
    ("no address", {"Calling_Station_Id": DESK["mac"]}, "接続元のアドレスが分からない"),
    ("another zone", {"Calling_Station_Id": "02-00-5E-10-00-01", "Framed_IP_Address": "10.30.1.1"}, "別の領域の端末"),
]


@pytest.mark.parametrize(("attributes", "why"), [each[1:] for each in PLACES], ids=[each[0] for each in PLACES])
def test_the_decision_shuts_the_door_and_says_why(
    hall: Hall, radius: Radius, attributes: dict[str, str], why: str
) -> None:
    ito = hall.somebody("ito")
    told = walks(hall, radius, ito, attributes=attributes)
    assert told.what == "reject"
    assert why in told.text, told.text


def test_nobody_comes_into_a_system_without_a_right_to_it_or_from_the_wrong_zone(hall: Hall, radius: Radius) -> None:
    without = hall.somebody("without", number=hall.number_with("finance", has=False))
    clerk = hall.somebody("clerk", number=hall.number_with("finance"))
    told = walks(hall, radius, without, device="server-1")
    assert (told.what, "「財務会計」を使う権限が、今日の時点でありません。" in told.text) == ("reject", True)
    counter = {"Calling_Station_Id": "02-00-5E-10-00-01", "Framed_IP_Address": "10.10.1.11"}
    assert walks(hall, radius, clerk, device="server-1", attributes=counter).what == "reject"
    decided = hall.decisions(person_id=hall.entrant(clerk.number).person_id)[-1]
    assert (decided["system"], "no-flow" in {code for code, _ in decided["reasons"]}) == ("finance", True)


def test_packets_without_a_seal_or_with_a_wrong_secret_are_dropped(hall: Hall, radius: Radius) -> None:
    yamada = hall.somebody("yamada")
    before = hall.events(yamada)
    assert radius.ask(yamada.number, PASSWORD, signed=False, attributes=HERE).what == "dropped"
    assert radius.ask(yamada.number, PASSWORD, secret="somebody-elses-secret", attributes=HERE).what == "dropped"
    assert hall.events(yamada) == before


def test_radclient_gets_the_same_answer_and_none_without_a_seal(hall: Hall, radius: Radius) -> None:
    yamada = hall.somebody("yamada")

    def told(*more: str, seconds: int) -> subprocess.CompletedProcess[str]:
        said = [
            f'User-Name="{yamada.number}"', f'User-Password="{PASSWORD}{hall.code(yamada)}"',
            f"Framed-IP-Address={DESK['address']}", f"Packet-Src-IP-Address={DEVICES['vpn-1']}", *more,
        ]  # fmt: skip
        command = [program("radclient"), "-x", "-r", "1", "-t", str(seconds), f"127.0.0.1:{radius.port}", "auth"]
        return subprocess.run(
            [*command, radius.secret("vpn-1")], input="\n".join(said), capture_output=True, text=True, check=False
        )

    sealed = told("Message-Authenticator=0x00", seconds=20)
    assert sealed.returncode == 0, sealed.stdout + sealed.stderr
    assert "Received Access-Accept" in sealed.stdout
    assert "Message-Authenticator = 0x" in sealed.stdout.partition("Received Access-Accept")[2]
    bare = told(seconds=1)
    assert (bare.returncode, "Received" in bare.stdout) == (1, False)
