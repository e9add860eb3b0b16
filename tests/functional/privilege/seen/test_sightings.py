"""Logs of targets held against uses: a line counts once, and what no use explains is found, told, and settled."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from ipaddress import ip_network
from typing import Final

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError as ConstraintBroken

from connectors.sightings import Content, open_log
from iam.errors import Conflict, Forbidden, NotFound, SourceError
from iam.jobs.seen import forget_sightings
from iam.outbox import Topic, unseen
from iam.privilege.books import finding_table, sighting_table, use_table
from iam.privilege.seen.again import judge_again
from iam.privilege.seen.evidence import Setting, sightings_of
from iam.privilege.seen.findings import Finding, FindingKind, FindingState, finding, findings, settle
from iam.privilege.seen.scanning import Scanned, scan
from iam.privilege.seen.taking import TakenIn, take_in, taken_files
from iam.privilege.using import Use
from iam.sync.actual.mirror import observe, write_observation
from tests.entrance import Person
from tests.functional.privilege.conftest import MakeWing
from tests.privileged import Wing, delegated

FROM: Final = "10.1.2.3"


def setting(wing: Wing) -> Setting:
    return Setting(wing.door.model, wing.door.offices)


def line(at: datetime, said: str, program: str = "sshd[7]") -> str:
    return f"{at.isoformat()} ap01 {program}: {said}\n"


def came(at: datetime, login: str = "kanri1", address: str = FROM) -> str:
    return line(at, f"Accepted password for {login} from {address} port 22 ssh2")


def failed(at: datetime, port: int, login: str = "kanri1") -> str:
    return line(at, f"Failed password for {login} from 10.9.9.9 port {port} ssh2")


def sudo(at: datetime, login: str) -> str:
    return line(at, f"{login} : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/usr/bin/id", "sudo")


def takes(wing: Wing, lines: Sequence[str], name: str = "auth.log") -> TakenIn:
    source = open_log(Content.sent(name, "".join(lines).encode(), wing.store.clock()))
    return take_in(wing.store, setting(wing), "unyou", "gw", source)


def found(wing: Wing, state: FindingState | None = FindingState.OPEN) -> list[Finding]:
    with wing.store.read() as connection:
        return findings(connection, state=state)


def kinds(wing: Wing) -> list[str]:
    return sorted(each.kind.value for each in found(wing))


def count(wing: Wing) -> int:
    with wing.store.read() as connection:
        return int(connection.execute(select(func.count()).select_from(sighting_table)).scalar_one())


def told(wing: Wing, person: Person) -> int:
    with wing.store.read() as connection:
        return [each.topic for each in unseen(connection, person.id)].count(Topic.PRIVILEGE_FOUND)


def used(wing: Wing, name: str = "root", **wish: object) -> Use:
    """A use that is over, some hours ago."""
    use = wing.opened(wing.ids[name], minutes=30, **wish)
    with wing.store.act("test") as act:
        # From the terminal that the lines of these tests name.
        act.connection.execute(update(use_table).where(use_table.c.id == use.id).values(address=FROM))
    wing.ends(use, wing.user)
    wing.rounds()
    wing.clock.on(hours=5)
    return wing.now(use)


def test_what_a_use_explains_is_in_order_and_everything_else_is_found_told_and_counted_once(
    make_wing: MakeWing,
) -> None:
    wing = make_wing("root")
    use = used(wing)
    assert use.opened_at
    assert use.ended_at
    began, ended = use.opened_at, use.ended_at
    lines = [
        came(began + timedelta(seconds=30)),
        came(began + timedelta(seconds=40), address="10.9.9.9"),
        came(ended + timedelta(minutes=30)),
        *(failed(ended + timedelta(hours=1, seconds=second), 1000 + second) for second in range(5)),
        came(began, "s0000005"),
        came(began, "root"),
        sudo(began, "backup"),
        came(wing.store.clock() + timedelta(days=1)),
        "こわれた行\n",
    ]
    done = takes(wing, lines)
    expected = ["failed", "other_address", "outside_window", "unknown_privileged", "unknown_privileged"]
    assert kinds(wing) == expected
    assert (done.rows, done.fresh, done.ordinary, len(done.rejected), len(done.findings)) == (12, 10, 1, 2, 5)
    assert [each.place for each in done.rejected] == ["auth.log 12行目", "auth.log 13行目"]
    by_kind = {each.kind: each for each in found(wing)}
    assert by_kind[FindingKind.FAILED].detail["count"] == 5
    assert by_kind[FindingKind.OUTSIDE_WINDOW].use_id == use.id
    assert by_kind[FindingKind.OUTSIDE_WINDOW].person_id == wing.user.id
    with wing.store.read() as connection:
        rows = sightings_of(connection, by_kind[FindingKind.OTHER_ADDRESS], 10)
        assert [(row.place, row.address) for row in rows] == [("auth.log 2行目", "10.9.9.9")]
        assert [each.rows for each in taken_files(connection)] == [12]
    assert [told(wing, each) for each in (wing.general, wing.operator, wing.user)] == [1, 1, 0]


def test_a_line_counts_once_in_whatever_exports_and_order_it_comes(make_wing: MakeWing) -> None:
    wing = make_wing("root")
    at = used(wing).ended_at
    assert at
    lines = [failed(at + timedelta(hours=1, seconds=second), second) for second in range(5)]
    takes(wing, lines)
    assert "取り込んで" in takes(wing, lines, "又.log").known
    again = takes(wing, [*reversed(lines), *lines, failed(at + timedelta(hours=2), 9)], "重なる.log")
    assert (again.fresh, again.repeated, again.findings) == (1, 10, [])
    [one] = found(wing)
    assert (one.kind, one.detail["count"], count(wing)) == (FindingKind.FAILED, 6, 6)
    assert told(wing, wing.general) == 1


def test_rights_under_ones_own_name_are_explained_by_a_use_of_the_group_and_by_nothing_else(
    make_wing: MakeWing,
) -> None:
    wing = make_wing("admins")
    use = used(wing, "admins")
    assert use.opened_at
    at = use.opened_at + timedelta(seconds=5)
    takes(wing, [sudo(at, use.login), sudo(at, wing.witness.number), sudo(at + timedelta(hours=2), use.login)])
    assert {(each.kind, each.person_id, each.use_id) for each in found(wing)} == {
        (FindingKind.NOT_THE_USER, wing.witness.id, use.id), (FindingKind.OUTSIDE_WINDOW, wing.user.id, use.id),
    }  # fmt: skip


def test_a_use_that_ends_after_a_log_was_taken_in_changes_what_the_log_says(make_wing: MakeWing) -> None:
    wing = make_wing("root")
    use = wing.opened(wing.ids["root"], minutes=60)
    assert use.opened_at
    wing.clock.on(minutes=1)
    seen_at = wing.store.clock()
    assert not takes(wing, [came(seen_at, address="-")]).findings
    # It is learnt later that it had ended before.
    with wing.store.act("test") as act:
        early = seen_at - timedelta(minutes=5)
        changed = update(use_table).where(use_table.c.id == use.id)
        act.connection.execute(changed.values(ended_at=early, opened_at=early - timedelta(minutes=1)))
    with wing.store.act("night") as act:
        assert judge_again(act, setting(wing)) == 1
    assert (kinds(wing), told(wing, wing.general)) == (["outside_window"], 1)
    with wing.store.act("test") as act:
        act.connection.execute(update(use_table).where(use_table.c.id == use.id).values(ended_at=seen_at))
    with wing.store.act("night") as act:
        assert judge_again(act, setting(wing)) == 1
        assert judge_again(act, setting(wing)) == 0
    assert (kinds(wing), len(found(wing, FindingState.GONE))) == ([], 1)


def test_nobody_settles_what_was_found_about_themselves_and_what_comes_later_is_found_again(
    make_wing: MakeWing,
) -> None:
    wing = make_wing("root")
    use = used(wing)
    assert use.ended_at
    late = use.ended_at + timedelta(hours=1)
    takes(wing, [came(late)])
    [one] = found(wing)
    for person, reason, refusal in (
        (wing.user, "延びた", Forbidden), (wing.witness, "延びた", Forbidden), (wing.general, " ", Conflict),
    ):  # fmt: skip
        with pytest.raises(refusal), wing.store.act("test") as act:
            settle(act, wing.door, one.id, person.id, reason)
    values = {"settled_at": late, "settled_by": wing.user.id, "settled_reason": "自分で"}
    with pytest.raises(ConstraintBroken), wing.store.act("test") as act:
        act.connection.execute(update(finding_table).where(finding_table.c.id == one.id).values(**values))
    with wing.store.act("test") as act:
        assert settle(act, wing.door, one.id, wing.general.id, "本人に確かめた").state is FindingState.SETTLED
    with pytest.raises(Conflict, match="すでに"), wing.store.act("test") as act:
        settle(act, wing.door, one.id, wing.operator.id, "もう一度")
    assert not takes(wing, [came(late), "\n"], "同じ.log").findings
    [later] = takes(wing, [came(late + timedelta(minutes=1))], "後.log").findings
    assert [(each.id, each.detail["count"]) for each in found(wing)] == [(later, 1)]


def test_whoever_might_have_signed_in_with_an_id_of_nobodys_settles_nothing_of_it(make_wing: MakeWing) -> None:
    wing = make_wing("root")
    delegated(wing, wing.operator, [wing.ids["root"]])
    takes(wing, [came(wing.clock.now)])
    [one] = found(wing)
    assert (one.kind, one.person_id, one.use_id) == (FindingKind.NO_USE, None, None)
    with pytest.raises(Forbidden, match="自分に関わる"), wing.store.act("test") as act:
        settle(act, wing.door, one.id, wing.operator.id, "保守のため")
    with wing.store.act("test") as act:
        settle(act, wing.door, one.id, wing.general.id, "本人に確かめた")


def test_what_becomes_a_finding_after_another_was_settled_is_found_too(make_wing: MakeWing) -> None:
    wing = make_wing("root")
    use = used(wing)
    assert use.opened_at
    lasted(wing, use, 30)
    takes(wing, [came(use.opened_at + timedelta(minutes=20)), came(use.opened_at + timedelta(hours=1))])
    [one] = found(wing)
    with wing.store.act("test") as act:
        settle(act, wing.door, one.id, wing.general.id, "本人に確かめた")
    wing.clock.on(minutes=1)
    # It turns out to have ended earlier: the first line, which was in order, was outside it as well.
    lasted(wing, use, 1)
    with wing.store.act("night") as act:
        assert judge_again(act, setting(wing)) == 1
    [later] = found(wing)
    assert (later.kind, later.detail["count"], told(wing, wing.general)) == (FindingKind.OUTSIDE_WINDOW, 1, 2)
    with wing.store.read() as connection:
        both = finding(connection, one.id), later
        places = [[row.place for row in sightings_of(connection, each, 9)] for each in both]
    assert places == [["auth.log 2行目"], ["auth.log 1行目"]]


def lasted(wing: Wing, use: Use, minutes: int) -> None:
    assert use.opened_at
    until = {"ended_at": use.opened_at + timedelta(minutes=minutes)}
    with wing.store.act("sql") as act:
        act.connection.execute(update(use_table).where(use_table.c.id == use.id).values(**until))


def test_sightings_are_forgotten_after_the_years_of_the_profile_and_findings_stay(make_wing: MakeWing) -> None:
    wing = make_wing("root")
    use = used(wing)
    assert use.ended_at
    takes(wing, [came(use.ended_at + timedelta(hours=1)), came(use.ended_at + timedelta(hours=2), "root")])
    years, before = wing.door.profile.privileged.audit_retention_years.value, kinds(wing)
    wing.clock.on(days=365 * years)
    assert (forget_sightings(wing.store, "worker", years), count(wing)) == (0, 2)
    wing.clock.on(days=years + 1)
    assert (forget_sightings(wing.store, "worker", years), count(wing)) == (2, 0)
    assert forget_sightings(wing.store, "worker", years) == 0
    scans(wing)
    assert before == kinds(wing) == ["outside_window", "unknown_privileged"]
    with wing.store.read() as connection:
        assert [sightings_of(connection, each, 9) for each in found(wing)] == [[], []]


def test_somebody_who_comes_by_a_jump_server_may_stand_anywhere(make_wing: MakeWing) -> None:
    wing = make_wing("root")
    use = used(wing)
    assert use.opened_at
    lines = [came(use.opened_at, address="10.0.9.5"), came(use.opened_at, address="10.0.9.6")]
    systems = wing.door.model.systems
    gw = systems["gw"].model_copy(update={"through": (ip_network("10.0.9.5/32"),)})
    model = wing.door.model.model_copy(update={"systems": {**systems, "gw": gw}})
    source = open_log(Content.sent("a.log", "".join(lines).encode(), wing.store.clock()))
    take_in(wing.store, Setting(model), "unyou", "gw", source)
    assert [each.detail["addresses"] for each in found(wing)] == [["10.0.9.6"]]


def test_a_log_of_no_system_or_that_cannot_be_read_to_its_end_changes_nothing(make_wing: MakeWing) -> None:
    wing = make_wing("root")
    source = open_log(Content.sent("a.log", came(wing.store.clock()).encode(), wing.store.clock()))
    with pytest.raises(NotFound, match="gw"):
        take_in(wing.store, setting(wing), "unyou", "nowhere", source)
    cut = Content.sent("b.evtx", b"ElfFile\0" + bytes(9000), wing.store.clock())
    with pytest.raises(SourceError, match="途中で切れて"):
        take_in(wing.store, setting(wing), "unyou", "gw", open_log(cut))
    assert count(wing) == 0


def scans(wing: Wing) -> Scanned:
    """The target is read again, and what it holds is looked at."""
    with wing.store.act("night") as act:
        write_observation(act.connection, observe(act.connection, wing.gw))
        return scan(act, setting(wing))


def test_privilege_on_a_target_stands_only_while_a_use_explains_it(make_wing: MakeWing) -> None:
    wing = make_wing("root", "admins")
    for name in ("Administrator", "yosomono"):
        wing.gw.place(name, enabled=True)
    wing.gw.groups.setdefault("admins", set()).add(_native(wing, "yosomono"))
    first = scans(wing)
    assert sorted((each.kind.value, each.login) for each in found(wing)) == [
        ("default_name", "Administrator"), ("unknown_privileged", "yosomono"),
    ]  # fmt: skip
    assert told(wing, wing.general) == 1
    assert not scans(wing).fresh
    use = wing.opened(wing.ids["root"], minutes=30)
    assert not scans(wing).fresh
    wing.ends(use, wing.user)
    wing.rounds()
    wing.clock.on(hours=2)
    assert not scans(wing).fresh
    wing.gw.touch("kanri1", enabled=True)
    [held] = scans(wing).fresh
    assert {each.id: each.kind for each in found(wing)}[held] is FindingKind.HELD_WITHOUT_USE
    wing.gw.touch("kanri1", enabled=False)
    wing.gw.remove("Administrator")
    gone = scans(wing)
    assert set(gone.gone) == {held, *(id_ for id_ in first.fresh if id_ not in gone.standing)}
    assert kinds(wing) == ["unknown_privileged"]
    wing.gw.touch("kanri1", enabled=True)
    [again] = scans(wing).fresh
    assert again != held


def test_what_was_settled_while_it_was_shut_is_found_again_when_it_opens(make_wing: MakeWing) -> None:
    wing = make_wing("root")
    wing.gw.place("Administrator", enabled=False)
    [shut] = scans(wing).fresh
    with wing.store.act("test") as act:
        settle(act, wing.door, shut, wing.general.id, "無効にしてある")
    assert not scans(wing).fresh
    wing.gw.touch("Administrator", enabled=True)
    [opened] = scans(wing).fresh
    assert [(each.id, each.detail["enabled"]) for each in found(wing)] == [(opened, True)]
    assert not scans(wing).fresh


def _native(wing: Wing, login: str) -> str:
    account = wing.gw.find(login)
    assert account
    return account.native_id
