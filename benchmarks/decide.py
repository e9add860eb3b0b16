"""The decision at the doors beside what it cannot beat: a bare page with one read, bare signing, the pure function.

    ./dev bench decide [--rounds 5] [--seconds 3] [--only forward|tokens|core]

`/auth/check` of `iam serve` over SQLite and PostgreSQL and a bare Flask page with one indexed read, on the same server
and database, take turns under wrk; then both behind nginx auth_request.  Only ratios mean anything on a shared machine.
"""

import argparse
import datetime as dt
import json
import re
import shutil
import statistics
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from http import HTTPStatus
from pathlib import Path
from typing import Final

from joserfc import jwt
from joserfc.jwk import ECKey

from benchmarks.figures import figure, note, ratio, timed
from benchmarks.served import Served, Wire, bare, processor_seconds, served
from iam.people.ledger import persons_by_number
from iam.record.act import now
from iam.settings import load
from iam.signin import sessions
from iam.signin.deciding.decision import Asked, decide
from iam.signin.deciding.facts import Knock, judge, question_of
from iam.signin.deciding.pulse import Whence, take_pulse
from iam.signin.door import Door, Where, entrant
from iam.signin.kinds import Method, Proofs
from iam.signin.sessions import session_of
from iam.signin.tokens import issued
from iam.signin.tokens.clients import ClientKind, Draft, client_of, insert_client
from iam.signin.tokens.details import detail_of
from iam.signin.tokens.issued import TokenKind
from web.body.deployment import proved
from web.body.door import door_of
from web.doors.forward.reading import VISIT
from web.practice.servers import process

VISITS: Final = 50
CALLERS: Final = 8
SYSTEM: Final = "groupware"
APP: Final = "https://bunsho.city.example"
ADDRESS: Final = "10.20.1.11"
BOTH: Final = Proofs().plus(Method.PASSWORD).plus(Method.VERIFIED_KEY, 1)
LONG: Final = dt.timedelta(hours=8)
ISSUED: Final = 20
"""Tokens that each caller asks for in a round."""

PURE: Final = 20_000
JUDGED: Final = 5_000

SCRIPT: Final = """\
local mine, n = {{ {cookies} }}, 0
request = function()
  n = n % #mine + 1
  wrk.headers["Cookie"] = "{name}=" .. mine[n]
  return wrk.format("GET", "{path}")
end
"""

NGINX: Final = """\
daemon off;
master_process on;
worker_processes 1;
user root;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 512; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    upstream door {{ server 127.0.0.1:{door}; keepalive 32; }}
    server {{
        listen 127.0.0.1:{port};
        root {folder};
        location /page.txt {{ auth_request /check; }}
        location = /check {{
            internal;
            proxy_pass http://door{path};
            proxy_pass_request_body off;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Content-Length "";
            proxy_set_header Host localhost:{door};
            proxy_set_header X-Original-URL {app}$request_uri;
            proxy_set_header X-Forwarded-For {address};
        }}
    }}
}}
"""


def main() -> None:
    """Measure everything, one part after the other."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3, help="of each turn of a round")
    parser.add_argument("--only", choices=("forward", "tokens", "core"))
    options = parser.parse_args()
    for database in ("sqlite", "postgresql") if options.only in {None, "forward"} else ("postgresql",):
        folder = Path(tempfile.mkdtemp(prefix="kagimori-bench-"))
        try:
            note(f"さくら市 with its portal on {database}")
            with served(folder, 2, sqlite=database == "sqlite", proxied=True) as portal:
                if options.only in {None, "forward"}:
                    load_ = Load(folder, options.seconds, visits(portal, folder))
                    forward(portal, folder, load_, database, options.rounds)
                if options.only in {None, "tokens"} and database == "postgresql":
                    tokens(portal, folder, options.rounds)
                if options.only in {None, "core"} and database == "postgresql":
                    core(portal, folder, options.rounds)
        finally:
            shutil.rmtree(folder)


# --- the people


def visits(portal: Served, folder: Path) -> list[str]:
    """People who were let into the application: the tokens of their visits."""
    door, found = door_in(folder, portal), []
    with portal.store.act("bench") as act:
        draft = Draft("bunsho", ClientKind.FORWARD, SYSTEM, "文書管理", detail_of(ClientKind.FORWARD, {"origin": APP}))
        insert_client(act, draft, None)
        client = client_of(act.connection, draft.code)
        assert client
        ids = list(persons_by_number(act.connection, [who.number for who in portal.people]).values())
        for number in range(VISITS):
            who = entrant(act.connection, door, ids[number % len(ids)], act.at)
            _, session = sessions.open_session(act, door, who, Where(ADDRESS, "bench"), proofs=BOTH, duty="")
            token = issued.issue(
                act, TokenKind.VISIT, client, life=LONG, detail={}, person_id=who.person_id, session_id=session
            )
            found.append(token)
    return found


def door_in(folder: Path, portal: Served) -> Door:
    """The door of the body in `folder`, as `iam serve` has it."""
    file = folder / "iam.toml"
    deployment = proved(load(file, {}), str(file), [])
    assert deployment.settings.portal
    return door_of(deployment, deployment.settings.portal, portal.store.keys)


# --- answers over HTTP


@dataclass(frozen=True)
class Met:
    """What wrk met in one turn: answers a second, the milliseconds that 99 of 100 did not exceed, and the cost."""

    answers: float
    p99: float
    cost: float
    """Microseconds of the processor that the server took for each, whoever else was busy."""


@dataclass(frozen=True)
class Load:
    """wrk, the load generator: CALLERS connections on one thread."""

    folder: Path
    seconds: int
    tokens: Sequence[str]

    def __call__(self, port: int, path: str, pid: int, *, headers: Sequence[str] = ()) -> Met:
        """One turn against `path`, each request with the next visit's cookie.  `pid`: the server that does the work."""
        script = self.folder / "wrk.lua"
        cookies = ", ".join(f'"{each}"' for each in self.tokens)
        script.write_text(SCRIPT.format(cookies=cookies, name=VISIT, path=path), encoding="ascii")
        command = [process.program("wrk"), "-t1", f"-c{CALLERS}", f"-d{self.seconds}s", "--latency", "-s", str(script)]
        sent = [part for each in headers for part in ("-H", each)]
        before = processor_seconds(pid)
        said = subprocess.run(
            [*command, *sent, f"http://127.0.0.1:{port}{path}"], check=True, capture_output=True, text=True
        ).stdout
        assert "Non-2xx" not in said, said
        assert "Socket errors" not in said or "timeout" in said, said
        spent = processor_seconds(pid) - before
        count = int(_found(r"(\d+) requests in", said))
        rate, slow = float(_found(r"Requests/sec: +([\d.]+)", said)), _milliseconds(_found(r"99% +(\S+)", said))
        return Met(rate, slow, spent / count * 1e6)


def _found(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    assert found, text
    return found[1]


def _milliseconds(text: str) -> float:
    scales = {"us": 0.001, "ms": 1.0, "s": 1000.0}
    unit = text.lstrip("0123456789.")
    return float(text.removesuffix(unit)) * scales[unit]


def forward(portal: Served, folder: Path, load_: Load, database: str, rounds: int) -> None:
    """(1) `/auth/check` beside a bare Flask page, alone and behind nginx."""
    note(f"(1) forward-auth on {database}")
    asked = [f"X-Original-URL: {APP}/list?id=7", f"X-Forwarded-For: {ADDRESS}"]
    with bare(folder, portal.url) as plain:
        in_turns(
            f"forward_{database}", rounds,
            (
                lambda: load_(portal.port, "/auth/check?app=bunsho", portal.pid, headers=asked),
                lambda: load_(plain.port, "/person/1", plain.pid),
            ),
            "bare Flask with one read", ">= 0.8",
        )  # fmt: skip
        with (
            nginx(folder, portal.port, "/auth/check?app=bunsho") as ours,
            nginx(folder, plain.port, "/person/1") as theirs,
        ):
            in_turns(
                f"forward_nginx_{database}", rounds,
                (
                    lambda: load_(ours, "/page.txt", portal.pid),
                    lambda: load_(theirs, "/page.txt", plain.pid),
                ),
                "the same Flask behind the same nginx", "",
            )  # fmt: skip


def in_turns(
    name: str, rounds: int, turns: tuple[Callable[[], Met], Callable[[], Met]], than: str, target: str
) -> None:
    """Both warmed, then turn by turn; medians of answers, of the ratio's two halves, and of the tails."""
    ours, theirs = turns
    for _ in range(2):  # the first answers to everybody are written down
        ours()
    theirs()
    met = [(ours(), theirs()) for _ in range(rounds)]
    mine, yours = (statistics.median(pair[side].answers for pair in met) for side in (0, 1))
    figure(f"{name}_answers", mine, "answers/s")
    figure(f"{name}_share", mine / yours, f"x {than} ({yours:,.0f} answers/s)", target)
    mine, yours = (statistics.median(pair[side].cost for pair in met) for side in (0, 1))
    figure(f"{name}_cost", mine, f"us of the processor an answer (that Flask: {yours:.0f} us)")
    mine, yours = (statistics.median(pair[side].p99 for pair in met) for side in (0, 1))
    figure(f"{name}_p99", mine, f"ms at {CALLERS} callers (that Flask: {yours:.1f} ms)")


@contextmanager
def nginx(folder: Path, door: int, path: str) -> Iterator[int]:
    """nginx that asks `path` at `door` before it hands out a small file; its port."""
    port = process.free_port()
    place = folder / f"nginx-{port}"
    place.mkdir()
    (place / "page.txt").write_text("a page\n", encoding="ascii")
    configuration = place / "nginx.conf"
    configuration.write_text(
        NGINX.format(folder=place, door=door, port=port, path=path, app=APP, address=ADDRESS), encoding="ascii"
    )
    log = place / "said.log"
    with log.open("wb") as out:
        # The user of the configuration's folder reads it: the workers must be able to.
        running = process.start("", [process.program("nginx"), "-c", str(configuration), "-p", str(place)], log=out)
    try:
        process.wait_until_ready(running, lambda: process.listens(port), log=log)
        yield port
    finally:
        process.end(running)


# --- tokens


def tokens(portal: Served, folder: Path, rounds: int) -> None:
    """(2) A refresh token for three new ones, each time another, over HTTP; beside bare ES256 signatures."""
    note("(2) tokens at /oauth/token, on PostgreSQL")
    secret, mine = refresh_tokens(portal, folder)
    key = ECKey.generate_key("P-256")
    claims = {"iss": APP, "sub": "1", "aud": "mail", "iat": 1, "exp": 2, "auth_time": 1, "acr": "urn:kagimori:kinds:2"}

    def sign() -> str:
        return jwt.encode({"alg": "ES256", "kid": "k", "typ": "JWT"}, claims, key, algorithms=["ES256"])

    def signing() -> float:
        return timed(lambda: [sign() for _ in range(CALLERS * ISSUED)])

    with ExitStack() as open_:
        wires = [open_.enter_context(Wire(portal.port)) for _ in range(CALLERS)]

        def one(caller: int) -> None:
            for _ in range(ISSUED):
                form = {"grant_type": "refresh_token", "client_id": "mail", "client_secret": secret,
                        "refresh_token": mine[caller]}  # fmt: skip
                status, body = wires[caller].ask("/oauth/token", form)
                assert status == HTTPStatus.OK, body
                mine[caller] = json.loads(body)["refresh_token"]

        def turn() -> float:
            with ThreadPoolExecutor(CALLERS) as callers:
                return timed(lambda: list(callers.map(one, range(CALLERS))))

        share, seconds, bare_ = ratio(turn, signing, rounds)
    figure("tokens_issued", CALLERS * ISSUED / seconds, f"issues/s at {CALLERS} callers: ID, access, refresh token")
    signatures = CALLERS * ISSUED / bare_
    figure("tokens_share", 100 / share, f"% of bare ES256 signing ({signatures:,.0f} signatures/s)")


def refresh_tokens(portal: Served, folder: Path) -> tuple[str, list[str]]:
    """A system that speaks OpenID Connect: its secret, and a refresh token for each caller."""
    door = door_in(folder, portal)
    agreed = {"redirect_uris": ["https://mail.city.example/cb"], "refresh": True}
    with portal.store.act("bench") as act:
        draft = Draft("mail", ClientKind.OIDC, SYSTEM, "メール", detail_of(ClientKind.OIDC, agreed))
        _, secret = insert_client(act, draft, None)
        client = client_of(act.connection, draft.code)
        assert client
        detail = {"scope": "openid", "auth_time": int(act.at.timestamp()), "address": ADDRESS, "certificate": "",
                  "checked": False, "kinds": 1, "resistant": False}  # fmt: skip
        found = []
        for number in range(CALLERS):
            who = portal.people[number % len(portal.people)]
            person_id = persons_by_number(act.connection, [who.number])[who.number]
            known = entrant(act.connection, door, person_id, act.at)
            _, session = sessions.open_session(act, door, known, Where(ADDRESS, "bench"), proofs=BOTH, duty="")
            found.append(
                issued.issue(
                    act, TokenKind.REFRESH, client, life=LONG, detail=detail, person_id=person_id, session_id=session
                )
            )  # fmt: skip
    return secret.text, found


# --- without HTTP


def core(portal: Served, folder: Path, rounds: int) -> None:
    """(3) The decision itself: pure, judged from memory, judged anew."""
    note("(3) the decision, without HTTP, one thread")
    door, store = door_in(folder, portal), portal.store
    knock = one_knock(portal, door)
    with store.read() as connection:
        pulse = take_pulse(connection, knock.who.person_id, knock.whence, knock.at)
        assert pulse
        question = question_of(connection, door, knock, pulse)
    assert decide(question).allowed
    figure("decide_pure", speed(lambda: decide(question), PURE, rounds), "decisions/s")
    figure("judge_remembered", speed(lambda: judge(store, door, knock, pulse), JUDGED, rounds), "decisions/s")
    fresh = iter(range(JUDGED * (rounds + 1)))

    def anew() -> None:
        judge(store, door, replace(knock, asked=Asked(max_age=LONG + LONG / (next(fresh) + 1))))

    figure("judge_anew", speed(anew, JUDGED // 20, rounds), "decisions/s, each read and recorded")


def one_knock(portal: Served, door: Door) -> Knock:
    """Somebody with two kinds at the application's door, now."""
    at = now()
    with portal.store.act("bench") as act:
        who = entrant(
            act.connection, door, persons_by_number(act.connection, [portal.people[0].number]).popitem()[1], at
        )
        _, number = sessions.open_session(act, door, who, Where(ADDRESS, "bench"), proofs=BOTH, duty="")
        session = session_of(act.connection, number)
    return Knock(who, session, SYSTEM, Whence(ADDRESS), now(), by="bench")


def speed(work: Callable[[], object], count: int, rounds: int) -> float:
    """How often a second; the median of the rounds, after one that does not count."""

    def turn() -> float:
        return timed(lambda: [work() for _ in range(count)])

    turn()
    return count / statistics.median(turn() for _ in range(rounds))


if __name__ == "__main__":
    main()
