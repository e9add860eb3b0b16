"""`iam privilege sightings` and `scan`: logs and a real directory, held against a register that knows nobody."""

from datetime import timedelta

from iam.record.act import now
from tests.functional.cli.given import Town


def a_log(town: Town, name: str, *said: str) -> str:
    """A file of lines of an hour ago, and one that is broken."""
    at = now() - timedelta(hours=1)
    lines = [f"{(at + timedelta(seconds=n)).isoformat()} ap01 {each}\n" for n, each in enumerate(said)]
    (town.folder / name).write_text("".join([*lines, "こわれた行\n"]), encoding="utf-8")
    return str(town.folder / name)


def test_a_log_is_taken_in_once_and_what_cannot_be_read_is_told(town: Town) -> None:
    came = "sshd[7]: Accepted password for root from 203.0.113.9 port 51023 ssh2"
    first = a_log(town, "auth.log", came, "CRON[8]: pam_unix(cron:session): session opened for user root(uid=0)")
    (town.folder / "empty.log").touch()

    done = town.run("privilege", "sightings", first, "--system", "portal", "--check")
    assert done.exit_code == 1
    for words in ("サインインの記録 1件", "新しい記録 1件", "読めない行: auth.log 3行目", "台帳にない特権", "指摘 1件"):
        assert words in done.stdout
    again = town.run("privilege", "sightings", first, "--system", "portal", "--check")
    assert (again.exit_code, "取込み済みです" in again.stdout) == (0, True)
    mixed = town.run("privilege", "sightings", str(town.folder / "empty.log"), first, "--system", "portal")
    assert (mixed.exit_code, "空です" in mixed.stderr, "取込み済み" in mixed.stdout) == (3, True, True)
    assert town.run("privilege", "sightings", first, "--system", "nowhere").exit_code == 2
    told = town.told("privilege", "sightings", first, "--system", "portal")
    assert (told["files"][0]["known"] != "", told["findings"]) == (True, [])


def test_every_night_looks_for_privilege_before_it_takes_away_what_nobody_is_meant_to_hold(settled: Town) -> None:
    town = settled
    assert town.run("privilege", "scan", "--check").exit_code == 0
    town.edit(
        "access.toml",
        "[systems.portal.entitlements]",
        '[systems.portal.entitlements]\nkanri = { name = "管理", privileged = true }',
    )
    with town.slapd.connection() as connection:
        member = f"uid=s000001,ou=people,{town.slapd.suffix}"
        connection.add(f"cn=kanri,ou=groups,{town.slapd.suffix}", "groupOfNames", {"member": member})
        connection.add(f"uid=root,ou=people,{town.slapd.suffix}", "inetOrgPerson", {"cn": "root", "sn": "root"})
    assert town.run("sync").exit_code in {0, 4}
    found = town.told("privilege", "scan")
    assert found["fresh"] == []  # the night has looked already
    # The night found the membership, and then took it away as a right that nobody is meant to hold.
    assert (len(found["gone"]), [each["kind"] for each in found["findings"]]) == (1, ["default_name"])
    with town.slapd.connection() as connection:
        connection.delete(f"cn=kanri,ou=groups,{town.slapd.suffix}")
        connection.delete(f"uid=root,ou=people,{town.slapd.suffix}")
    assert town.run("sync").exit_code in {0, 4}
    assert town.told("privilege", "scan")["findings"] == []
