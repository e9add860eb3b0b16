"""A process in which many sign in at once: `crowd.py FOLDER AT_ONCE CALLERS`.

It says how many KiB it held before and at its peak, how many got in, and how
many were told to come again.
"""

import re
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from iam.errors import Busy
from iam.record.keys import KeyRing
from iam.signin.passwords.hashing import Hasher, Parameters


def main(folder: str, at_once: str, callers: str) -> None:
    """Lets them all come in the same moment."""
    everybody = int(callers)
    waiting = everybody // 4
    keys = KeyRing.create(Path(folder) / "crowd.json")
    # 64 MiB as in the product; one pass, so that the crowd is gone sooner.
    hasher = Hasher(keys, Parameters(time=1, memory_kib=64 * 1024, lanes=1), at_once=int(at_once), waiting=waiting)
    sealed = hasher.wrap(1, "secret")
    together = threading.Barrier(everybody)

    def come(_: int) -> str:
        together.wait()
        try:
            return "right" if hasher.verify(1, sealed, "secret") else "wrong"
        except Busy:
            return "busy"

    before = _status("VmRSS")
    with ThreadPoolExecutor(everybody) as crowd:
        said = list(crowd.map(come, range(everybody)))
    print(before, _status("VmHWM"), said.count("right"), said.count("busy"))  # noqa: T201 - to whoever started it


def _status(line: str) -> int:
    found = re.search(rf"{line}:\s+(\d+)", Path("/proc/self/status").read_text(encoding="ascii"))
    assert found is not None
    return int(found[1])


if __name__ == "__main__":
    main(*sys.argv[1:])
