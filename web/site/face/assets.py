"""Style sheets, scripts and translations as browsers get them: put together once, at build time.

The one law: *nothing is fetched while the site runs*, and nothing that was
fetched is in git: the design tokens come from npm by a lock with hashes, and
everything lands in one folder named after its content, so that a browser may
keep it for ever.
"""

import hashlib
import json
import re
import shutil
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from iam.errors import ConfigurationError

WEB: Final = Path(__file__).parents[2]
STYLE: Final = WEB / "style"
STATIC: Final = WEB / "static"
TRANSLATIONS: Final = WEB / "translations"
MANIFEST: Final = STATIC / "manifest.json"
TOKENS: Final = "@digital-go-jp/design-tokens"
SHEET: Final = "site.css"
_LICENCES: Final = "LICENSES.txt"


@dataclass(frozen=True)
class Assets:
    """Where this site's files are: below /static/`folder`/."""

    folder: str

    @classmethod
    def found(cls) -> "Assets":
        """What `./dev assets` has put together.

        Raises:
            ConfigurationError: when it was not run, or the sources changed since.
        """
        try:
            manifest = json.loads(MANIFEST.read_text(encoding="utf-8"))
            folder = str(manifest["folder"])
        except (OSError, ValueError, KeyError) as error:
            raise ConfigurationError(["画面の部品がまだありません。./dev assets を実行してください。"]) from error
        return cls(folder)

    def path(self, name: str) -> str:
        """The path of one file on this site."""
        return f"/static/{self.folder}/{name}"


def build(packages: Path) -> Assets:
    """Put everything together; `packages` is the node_modules that holds the design tokens."""
    tokens = packages / TOKENS
    files = {
        SHEET: _sheet(tokens / "dist/tokens.css", sorted(STYLE.glob("*.css"))),
        _LICENCES: _licence(tokens),
        **{script.name: script.read_bytes() for script in sorted(STYLE.glob("*.js"))},
        **{picture.name: picture.read_bytes() for picture in sorted(STYLE.glob("*.svg"))},
    }
    made = Assets(_digest(files))
    folder = STATIC / made.folder
    _clear(keep={made.folder, _named()})
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    _compile_translations()
    MANIFEST.write_text(json.dumps({"folder": made.folder}) + "\n", encoding="utf-8")
    return made


def _named() -> str:
    """The folder that a site which is running now takes its files from."""
    try:
        return Assets.found().folder
    except ConfigurationError:
        return ""


def _clear(keep: set[str]) -> None:
    for folder in STATIC.glob("*/"):
        if folder.name not in keep:
            shutil.rmtree(folder)


def _sheet(tokens: Path, sheets: Iterable[Path]) -> bytes:
    """One sheet: the tokens, then ours in the order of their names, without comments."""
    parts = [each.read_text(encoding="utf-8") for each in (tokens, *sheets)]
    text = re.sub(r"/\*.*?\*/", "", "\n".join(parts), flags=re.DOTALL)
    return re.sub(r"\n\s*\n+", "\n", text).strip().encode() + b"\n"


def _licence(package: Path) -> bytes:
    """Whose work is inside, and under which licence."""
    about = json.loads((package / "package.json").read_text(encoding="utf-8"))
    head = f"{about['name']} {about['version']} ({about['license']})\n\n"
    return head.encode() + (package / "LICENSE").read_bytes()


def _digest(files: dict[str, bytes]) -> str:
    found = hashlib.sha256()
    for name, content in sorted(files.items()):
        found.update(f"{name}\0{len(content)}\0".encode() + content)
    return found.hexdigest()[:16]


def _compile_translations() -> None:
    for source in sorted(TRANSLATIONS.glob("*/LC_MESSAGES/*.po")):
        with source.open("rb") as read:
            catalogue = read_po(read)
        for message in list(catalogue):
            if isinstance(message.string, tuple) and not all(message.string):
                catalogue.delete(message.id, context=message.context)  # shown in Japanese until it is translated
        with source.with_suffix(".mo").open("wb") as written:
            write_mo(written, catalogue)


if __name__ == "__main__":
    build(Path(sys.argv[1]))
