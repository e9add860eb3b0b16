"""`iam review` at the console, over a real directory: opened, read at last, and how far it is."""

import json

from tests.functional.cli.given import Town


def test_a_review_is_opened_once_says_what_it_could_not_read_and_reads_it_later(settled: Town) -> None:
    with settled.slapd.connection() as connection:
        dn = f"uid=ghost,ou=people,{settled.slapd.suffix}"
        connection.add(dn, "inetOrgPerson", {"cn": "ghost", "sn": "ghost"})
    settled.slapd.stop()
    away = settled.run("review", "open")
    assert (away.exit_code, "庁内ポータルを読めませんでした" in away.stdout) == (4, True), away.output
    assert "iam review read 1" in away.stdout
    again = settled.run("review", "open")
    assert (again.exit_code, "すでに始めています（棚卸 1、" in again.stderr) == (2, True)
    unread = settled.run("review", "status")
    assert (unread.exit_code, "読めていないシステムがあります" in unread.stdout) == (1, True)
    settled.slapd.start()
    read = settled.run("review", "read", "--json")
    assert read.exit_code == 0, read.output
    told = json.loads(read.stdout)
    assert told["systems"] == [
        {"system": "portal", "connected": True, "on_target": 11, "missing": 0, "lines": 11, "unread": ""}
    ]
    assert told["findings"]["rogue"] == 1


def test_how_far_a_review_is_stands_in_words_and_in_the_exit_code(settled: Town) -> None:
    nothing = settled.run("review", "status")
    assert (nothing.exit_code, "iam review open" in nothing.stderr) == (2, True)
    opened = settled.run("review", "open", "--kind", "extra", "--title", "移行前", "--system", "portal", "--json")
    assert (opened.exit_code, json.loads(opened.stdout)["title"]) == (0, "移行前"), opened.output
    status = settled.run("review", "status")
    assert (status.exit_code, "回答待ち: ID 10件、職員 10人" in status.stdout) == (1, True), status.output
    shown = json.loads(settled.run("review", "status", "1", "--json").stdout)
    assert (shown["state"], shown["waiting"]) == ("open", {"lines": 10, "persons": 10, "unknown": 0})
    wrong = settled.run("review", "open", "--kind", "extra", "--due", "2020-04-01")
    assert (wrong.exit_code, "明日以降" in wrong.stderr) == (2, True)
