"""`iam worker` tells a system of a sign-out by a signed word; `iam keys roll-tokens` cuts the signing keys off."""

from datetime import timedelta
from pathlib import Path

from joserfc import jwt
from joserfc.jwk import KeySet
from sqlalchemy import insert

from iam.record.keys import KeyRing
from iam.record.store import Store
from iam.signin import sessions
from iam.signin.kinds import Method, Proofs
from iam.signin.sessions import session_table
from iam.signin.tokens.clients import ClientKind
from iam.signin.tokens.issued import TokenKind, issue
from iam.signin.tokens.signing import Signer
from tests.clients import a_client
from tests.functional.cli.given import Town
from tests.listener import Listener

ORIGIN = "https://id.minato.lg.jp"
PERSON = 1


def store_of(town: Town) -> Store:
    return Store(f"sqlite:///{town.folder / 'iam.db'}", KeyRing.read(town.folder / "keys.json"))


def a_session_ends(store: Store, uri: str) -> int:
    """Somebody signs in, uses the system, signs out; the number of the session."""
    detail = {"redirect_uris": ["https://portal.minato.lg.jp/cb"], "logout_uri": uri}
    client, _ = a_client(store, ClientKind.OIDC, "portal", detail)
    with store.act("test") as act:
        opened = insert(session_table).values(
            token_hash="none", person_id=PERSON, proofs=Proofs().plus(Method.PASSWORD).given, duty="", zone="",
            address="192.0.2.1", terminal="", signed_in_at=act.at, proved_at=act.at, seen_at=act.at,
            idle_seconds=1800, ends_at=act.at + timedelta(hours=8), locked=False, end_reason="",
        )  # fmt: skip
        session = int(act.connection.execute(opened.returning(session_table.c.id)).scalar_one())
        issue(act, TokenKind.ACCESS, client, life=timedelta(minutes=5), detail={}, person_id=PERSON, session_id=session)
    with store.act("test") as act:
        sessions.end(act, session, "signed_out")
    return session


def test_a_system_is_told_over_tls_by_a_word_that_it_can_verify(settled: Town, tmp_path: Path) -> None:
    store = store_of(settled)
    with Listener(tmp_path, tls=True) as listener:
        said = [f'[portal]\norigin = "{ORIGIN}"', f'[backchannel]\nhosts = ["{listener.place}"]\nca_file = "ca.pem"']
        settled.edit("iam.toml", "[output]", "\n".join([*said, "[output]"]))
        session = a_session_ends(store, listener.uri())
        done = settled.run("worker", "--once")
        again = settled.run("worker", "--once")
    assert "ログアウト通知 送信1件、再送待ち0件、送信できず0件" in done.stdout
    assert "ログアウト通知" not in again.stdout

    ((path, form),) = listener.received
    shown = Signer(store).jwks(store.clock())
    read = jwt.decode(form["logout_token"], KeySet.import_key_set({"keys": shown}), algorithms=["ES256"])
    told = {"iss": ORIGIN, "aud": "portal", "sub": str(PERSON), "sid": str(session)}
    assert (path, read.header["typ"]) == ("/bye", "logout+jwt")
    assert told.items() <= read.claims.items()
    assert "nonce" not in read.claims
    store.dispose()


def test_a_system_that_is_not_listed_is_told_nothing_and_the_operator_why(settled: Town, tmp_path: Path) -> None:
    store = store_of(settled)
    with Listener(tmp_path) as listener:
        said = f'[portal]\norigin = "{ORIGIN}"\n[backchannel]\nhosts = ["portal.minato.lg.jp"]\n[output]'
        settled.edit("iam.toml", "[output]", said)
        a_session_ends(store, listener.uri())
        done = settled.run("worker", "--once")
    assert f"portal: {listener.place} は接続を許された宛先ではありません。" in done.stdout
    assert listener.received == []
    store.dispose()


def test_keys_that_may_be_known_are_cut_off_by_one_command(settled: Town) -> None:
    store = store_of(settled)
    before = {each["kid"] for each in Signer(store).jwks(store.clock())}

    done = settled.run("keys", "roll-tokens")
    told = settled.told("keys", "roll-tokens")

    assert (done.exit_code, "署名鍵を新しくしました" in done.stdout) == (0, True)
    shown = {each["kid"] for each in Signer(store).jwks(store.clock())}
    assert shown == set(told["kids"])
    assert not shown & before
    assert settled.run("audit", "verify").exit_code == 0
    store.dispose()
