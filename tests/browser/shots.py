"""`./dev shots`: a picture of every page, on a wide screen and on a telephone, to be looked at.

    ./dev shots [フォルダー]          .shots/ unless given; what an earlier call left there is removed

The pages and the moments are those that the tests judge (tour.py); who sees
more than another is shown first.
"""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import click
from playwright.sync_api import Page

from tests.browser.chromium import DESKTOP, PHONE, started
from tests.browser.city import opened, prepared
from tests.browser.tour import Furnished, Scene, Tour, furnish, moments, pages
from web.cli.japanese import JapaneseHelp
from web.practice.servers.postgres import Postgres

SIZES: Final = (DESKTOP, PHONE)


def scenes(found: Furnished) -> Iterator[Scene]:
    """Each page once, then the moments."""
    seen: set[str] = set()
    for scene in (*pages(found), *moments(found)):
        if scene.name not in seen:
            seen.add(scene.name)
            yield scene


def taken(scene: Scene, page: Page, folder: Path) -> list[Path]:
    """The pictures of one page, whole."""
    made = []
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        if scene.address:
            scene.arrive(page)
        made.append(folder / f"{scene.name}-{width}.png")
        page.screenshot(path=made[-1], full_page=True, animations="disabled")
    return made


@click.command()
@click.argument("folder", metavar="[フォルダー]", type=click.Path(path_type=Path, file_okay=False), default=".shots")
@click.option("--only", metavar="名前", default="", help="名前にこの文字を含む画面だけを写します。")
def shots(folder: Path, only: str) -> None:
    """ポータルのすべての画面を、幅1280と375の画像にします。"""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.png"):
        old.unlink()
    with ExitStack() as stack:
        ground = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kagimori-shots-")))
        postgres = stack.enter_context(Postgres())
        (ground / "body").mkdir()
        made = prepared(ground / "body", postgres)
        city = stack.enter_context(opened(made, ground / "city", postgres, "shots"))
        tour = stack.enter_context(Tour(stack.enter_context(started()), city))
        count = 0
        for scene in scenes(furnish(city)):
            if only in scene.name:
                count += len(taken(scene, tour.shown(scene), folder))
                click.echo(f"  {scene.name}")
        for fault in tour.faults():
            click.echo(f"注意: {fault}", err=True)
    click.echo(f"{folder} に{count}枚の画像を作りました。")


if __name__ == "__main__":
    click.Context.formatter_class = JapaneseHelp
    sys.exit(shots(prog_name="./dev shots"))
