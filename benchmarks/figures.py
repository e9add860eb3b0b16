"""Printing figures, and the yardsticks that they are divided by.

The one law: *a ratio is taken in one run*: ours and the yardstick take turns,
each warmed first, and the medians are divided.
"""

import statistics
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType, TracebackType
from typing import Self

from web.practice.servers.slapd import PASSWORD


def figure(name: str, value: float, unit: str, target: str = "") -> None:
    """One figure on one line of its own."""
    shown = f"{value:.2f}" if value < 100 else f"{value:,.0f}"  # noqa: PLR2004 - three digits say enough
    print(f"figure {name} = {shown} {unit} ({f'target {target}' if target else 'no target'})", flush=True)


def note(text: str) -> None:
    """Progress, apart from the figures."""
    print(f"  {text}", file=sys.stderr, flush=True)


@dataclass(frozen=True, slots=True)
class Ended:
    """A child process that ended: seconds from its start, its exit code."""

    seconds: float
    code: int


def child(command: Sequence[str]) -> Ended:
    """Run a command to its end; its output is not read."""
    started = time.perf_counter()
    code = subprocess.run(command, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode
    return Ended(time.perf_counter() - started, code)


IAM = """\
import atexit, re, sys
def peak():
    with open("/proc/self/status") as status, open({report!r}, "w") as report:
        report.write(re.search(r"VmHWM:\\s+(\\d+)", status.read())[1])
atexit.register(peak)
sys.argv[0] = "iam"
from web.cli.main import iam
iam()
"""
"""The command, telling its own peak: what the kernel tells of a child includes what the parent held when it forked."""


def iam(folder: Path, *arguments: str) -> tuple[Ended, float]:
    """Run the command `iam` in its own process; answers also its peak memory in MiB."""
    report = folder / "peak"
    ended = child([sys.executable, "-c", IAM.format(report=str(report)), *arguments])
    return ended, int(report.read_text(encoding="ascii")) / 1024


def timed(work: Callable[[], object]) -> float:
    """Seconds that `work` takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def ratio(ours: Callable[[], float], yardstick: Callable[[], float], rounds: int = 5) -> tuple[float, float, float]:
    """(ours ÷ yardstick, ours, yardstick) in seconds: medians of turns, after one of each that does not count."""
    ours()
    yardstick()
    pairs = [(ours(), yardstick()) for _ in range(rounds)]
    mine = statistics.median(pair[0] for pair in pairs)
    theirs = statistics.median(pair[1] for pair in pairs)
    return mine / theirs, mine, theirs


def ldapsearch(url: str, suffix: str, wanted: Sequence[str] = ()) -> float:
    """Seconds that ldapsearch takes to read all people below `suffix` in pages of 1,000."""
    command = ["ldapsearch", "-x", "-LLL", "-H", url, "-D", f"cn=admin,{suffix}", "-w", PASSWORD]
    ended = child(
        [*command, "-b", f"ou=people,{suffix}", "-E", "pr=1000/noprompt", "(objectClass=inetOrgPerson)", *wanted]
    )
    if ended.code:
        raise RuntimeError(f"ldapsearch ended with {ended.code}")
    return ended.seconds


PLACES = (
    ("psycopg", "database"), ("sqlalchemy", "database"), ("iam/record", "database"),
    ("connectors/ldap", "LDAP"), ("ldap3", "LDAP"),
)  # fmt: skip


class Shares:
    """Where the main thread spends its time, by looking at its stack every few milliseconds."""

    def __init__(self, every: float = 0.003) -> None:
        self._every = every
        self._main = threading.main_thread().ident or 0
        self._stop = threading.Event()
        self._seen: Counter[str] = Counter()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def of(self, place: str) -> float:
        """The share of one place, 0 to 1."""
        return self._seen[place] / max(sum(self._seen.values()), 1)

    def _watch(self) -> None:
        while not self._stop.wait(self._every):
            frame = sys._current_frames().get(self._main)  # noqa: SLF001 - the documented way to see another thread
            self._seen[_place(frame)] += 1


def _place(frame: FrameType | None) -> str:
    while frame is not None:
        file = frame.f_code.co_filename
        for part, place in PLACES:
            if part in file:
                return place
        frame = frame.f_back
    return "Python"
