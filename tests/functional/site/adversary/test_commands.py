"""R14, R17: an account of the operating system is no person, so no command opens, gives or decides anything privileged.

Every command of `iam` has its place here; those that look, end or send somebody to the portal are run.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click
import pytest
from click.testing import CliRunner

from iam.errors import IamError
from tests.functional.site.adversary.stage import Dump, Stage, Stages
from tests.functional.site.conftest import Ground
from web.cli.main import iam
from web.cli.wiring import Desk

LOOKS: Final = {
    "db current": [], "policy check": [], "policy diff": ["oita", "baseline"], "policy list": [], "policy show": [],
    "policy standing": [], "plan list": [], "plan show": ["1"], "person list": [], "person show": ["{victim}"],
    "decide": ["{victim}", "juki"], "officers list": [], "account list": [], "account kept": [],
    "quarantine list": [],
    "privilege delegations": [], "privilege list": [], "privilege show": ["{id_free}"], "privilege undone": [],
    "privilege use": ["{use_open}"], "privilege uses": [], "mfa list": [], "terminal list": [], "terminal show": ["X"],
    "audit export": ["{folder}/audit.jsonl"], "audit head": [], "audit verify": [],
}  # fmt: skip
PORTAL: Final = frozenset({"register", "reveal"})
"""Verbs of `iam privilege` that answer where in the portal they are done."""

PREPARES: Final = {
    "approve": ["{nomination}", "--as", "{approver}"],
    "approve-afterwards": ["{use_urgent}", "--words", "確かめた", "--as", "{approver}"],
    "ask": ["{id_free}", "--purpose", "作業", "--as", "{delegate}"],
    "confirm-record": ["{use_written}", "--as", "{witness}"],
    "decline": ["{nomination}", "--reason", "長い", "--as", "{approver}"],
    "emergency": ["{id_free}", "--reason", "障害", "--purpose", "復旧", "--as", "{delegate}"],
    "join": ["{use_asked}", "--as", "{witness}"],
    "nominate": ["{witness}", "--id", "{id_past}", "--until", "2026-11-27", "--reason", "保守",
                 "--as", "{general_officer}"],
    "receive": ["{live}", "--as", "{general_officer}"],
    "record": ["{use_past}", "--text", "直した", "--as", "{delegate}"],
    "review": ["{live}", "--words", "確かめた", "--as", "{general_officer}"],
}  # fmt: skip
"""Verbs of `iam privilege` that write down what a person may then confirm in the portal (test_console)."""

ELSEWHERE: Final = {
    "init": "makes files", "db upgrade": "makes tables", "serve": "the portal itself, every route of which is tried",
    "worker": "carries out what persons decided", "sync": "leaves accounts of the register alone, as its suite shows",
    "reconcile": "sorts accounts of systems; those of the register are protected",
    "keys roll-tokens": "two officers: test_configuration", "keys rotate": "the same",
    "policy propose": "proposes and decides nothing: test_configuration", "plan release": "two officers: test_release",
    "officers first": "only before anybody came in: test_officers", "mfa import": "takes devices into stock",
    "terminal import": "takes terminals in", "terminal lost": "takes away", "terminal mark": "writes a file",
    "audit checkpoint": "writes the head out", "privilege end": "takes away: test_privilege",
    "person suspend": "takes away: test_suspension", "person restore": "gives back what a suspension took: the same",
    "account keep": "refuses what is privileged: test_register of the kept", "account keeper": "the same",
    "account members": "the same", "account register": "the same", "account secret-changed": "the same",
    "account unkeep": "the same",
    "review open": "freezes what there is and decides nothing: test_review", "review read": "the same",
    "review status": "the same",
    "review remind": "writes letters and decides nothing: test_review",
    "review close": "carries out what two persons signed in the portal, and signs nothing: test_review",
    "review sheet": "writes a file for a reviewer, and is refused where they may not answer: test_review_sheet",
    "review return": "looks at a file and takes no answer: the same",
    "review check": "reads files that were written out: test_exports", "review export": "writes a review out: the same",
    "privilege scan": "finds: test_sightings", "privilege sightings": "finds: the same",
}  # fmt: skip
"""Commands that are not run here, and why."""

GUARDED: Final = (
    "privileged_id",
    "delegation",
    "privileged_use",
    "vault_secret",
    "errand",
    "authenticator",
    "password",
)


def leaves(
    found: click.Command, context: click.Context, path: tuple[str, ...] = ()
) -> Iterator[tuple[str, click.Command]]:
    """Every command that does something, by its words."""
    if not isinstance(found, click.Group):
        yield " ".join(path), found
        return
    for name in found.list_commands(context):
        below = found.get_command(context, name)
        assert below is not None
        yield from leaves(below, context, (*path, name))


COMMANDS: Final = dict(leaves(iam, click.Context(iam)))


@pytest.fixture(scope="module")
def folder(ground: Ground, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of the body."""
    place = tmp_path_factory.mktemp("console") / "files"
    shutil.copytree(ground.file.parent, place)
    return place


def guarded(stage: Stage) -> Dump:
    found = stage.dump()
    return {name: found[name] for name in GUARDED}


def run(stage: Stage, folder: Path, words: str, args: list[str]) -> str:
    """What a command says; a refusal in its own words."""
    desk = Desk(folder / "iam.toml", {}, os.getuid())
    desk.__dict__["store"] = stage.city.store
    said = {**stage.at, **stage.numbers, "folder": folder}
    result = CliRunner().invoke(COMMANDS[words], [each.format(**said) for each in args], obj=desk)
    assert result.exception is None or isinstance(result.exception, IamError | SystemExit), (words, result.exception)
    return result.output + str(result.exception or "")


def test_every_command_has_its_place_here() -> None:
    placed = {*LOOKS, *ELSEWHERE, *(f"privilege {name}" for name in (*PORTAL, *PREPARES))}
    assert set(COMMANDS) - placed == set(), "say of each new command whether it touches privileged IDs"
    assert placed - set(COMMANDS) == set()


def test_no_command_that_looks_changes_anything_privileged(stages: Stages, folder: Path) -> None:
    stage = stages.put_back(stages.barred)
    before = guarded(stage)
    for words, args in LOOKS.items():
        run(stage, folder, words, args)
        assert guarded(stage) == before, words


def test_no_command_gives_what_only_a_person_may_have(stages: Stages, folder: Path) -> None:
    stage = stages.put_back(stages.honest)
    before = guarded(stage)
    for name in sorted(PORTAL):
        for args in (["{use_open}"], ["{id_free}", "--purpose", "作業"], ["--by", "{general_officer}", "{nomination}"]):
            said = run(stage, folder, f"privilege {name}", args)
            assert "ポータルで行います" in said, (name, said)
    assert guarded(stage) == before


def prepared(stage: Stage) -> int:
    return len(stage.dump()["console_deed"])


def test_what_is_prepared_at_the_console_does_nothing_there(stages: Stages, folder: Path) -> None:
    stage = stages.put_back(stages.honest)
    before = guarded(stage)
    for name, args in PREPARES.items():
        waiting = prepared(stage)
        said = run(stage, folder, f"privilege {name}", args)
        assert ("まだ何も行っていません" in said, prepared(stage)) == (True, waiting + 1), (name, said)
        stage.city.clock.forward(minutes=1)
    assert guarded(stage) == before


def test_nothing_is_prepared_for_a_contractor(stages: Stages, folder: Path) -> None:
    stage = stages.put_back(stages.barred)
    before = stage.dump()
    for name, args in PREPARES.items():
        said = run(stage, folder, f"privilege {name}", args)
        assert "職員区分" in said, (name, said)
    assert stage.dump() == before
