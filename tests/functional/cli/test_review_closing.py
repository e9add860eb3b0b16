"""`iam review remind` and `close`: who still has to answer, and what stands between a review and its end."""

import json

from iam.record.keys import KeyRing
from iam.record.store import Store
from tests.functional.cli.given import Town

PORTAL = '[portal]\norigin = "https://id.minato.lg.jp"\n[output]'


def test_the_console_says_who_has_something_open_and_what_is_missing_for_the_end(settled: Town) -> None:
    settled.edit("iam.toml", "[output]", PORTAL)
    nothing = settled.run("review", "close")
    assert (nothing.exit_code, "iam review open" in nothing.stderr) == (2, True)
    store = Store(f"sqlite:///{settled.folder / 'iam.db'}", KeyRing.read(settled.folder / "keys.json"))
    with store.exclusive("sync"):
        busy = settled.run("review", "open", "--kind", "extra")
    store.dispose()
    assert (busy.exit_code, "iam review status で確かめられます" in busy.stderr) == (4, True), busy.output
    assert settled.run("review", "open", "--kind", "extra").exit_code == 0
    dry = settled.run("review", "remind", "--dry", "--json")
    told = json.loads(dry.stdout)
    # On a day on which offices are closed nobody is written to, and that is said.
    assert dry.exit_code == (1 if told["why_not"] else 0), dry.output
    assert (told["sent"], [each["open"] > 0 for each in told["open"]]) == (0, [True] * len(told["open"]))
    again = settled.run("review", "read")
    assert (again.exit_code, "読めなかったシステムはありません" in again.stdout) == (0, True), again.output
    closed = settled.run("review", "close")
    assert (closed.exit_code, "署名待ち: 統括、人事" in closed.stdout) == (1, True), closed.output
    assert "回答待ち: ID 10件、職員 10人" in closed.stdout
    shown = json.loads(settled.run("review", "close", "1", "--json").stdout)
    assert (shown["state"], shown["left"], shown["signed"]) == ("open", [], {"general": None, "hr": None})


def test_without_a_portal_nobody_could_sign_and_that_is_said(settled: Town) -> None:
    assert settled.run("review", "open", "--kind", "extra").exit_code == 0
    for command in ("remind", "close"):
        done = settled.run("review", command)
        assert (done.exit_code, "[portal]" in done.stderr) == (2, True), done.output
