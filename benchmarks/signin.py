"""Signing in beside what it cannot beat: the bare verification of the password's hash, and the bare page.

    ./dev bench signin [--rounds 5] [--count 24] [--only served]

Argon2id at the product's own parameters; whole sign-ins and pages over HTTP,
through `iam serve` on PostgreSQL.  Ratios are taken in one run; only they mean
anything on a shared machine.
"""

import argparse
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from argon2.low_level import Type, hash_secret, verify_secret

from benchmarks.figures import figure, note, ratio
from benchmarks.served import PASSWORD, Served, Watched, Wire, bare, served
from iam.record.keys import KeyRing
from iam.signin.passwords.blocklist import listed
from iam.signin.passwords.hashing import SALT_BYTES, TAG_BYTES, Hasher, Parameters
from iam.signin.passwords.judging import judge, words_of

PERSON = 1
JUDGEMENTS = 500
CALLERS = 8
ASKED = 40
"""Pages for each caller in a round."""

PARALLEL = 200
PAUSE = 2
"""Seconds until somebody who was told to come again does."""

HASHING = 2 * 2 * 64
"""MiB that the hashes take which the portal's settings let run at once: processes x hashes x 64."""

PAGES = {"/factors": ">= 0.4", "/desk-sheet": ">= 0.4", "/": "", "/access": ""}


def main() -> None:
    """Measure everything, one part after the other."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--count", type=int, default=24, help="verifications a round")
    parser.add_argument("--only", choices=("bare", "served"), help="one half of it")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="kagimori-bench-"))
    yardstick = Yardstick(Parameters())
    try:
        if options.only != "served":
            verifying(yardstick, KeyRing.create(folder / "keys.json"), options.count, options.rounds)
            judging()
        if options.only != "bare":
            note("さくら市 with its portal, and people who sign in")
            (folder / "body").mkdir()
            with served(folder / "body", PARALLEL) as portal:
                signing_in(portal, yardstick, options.count, options.rounds)
                all_at_once(portal)
                pages(portal, folder, options.rounds)
    finally:
        shutil.rmtree(folder)


@dataclass(frozen=True, slots=True)
class Crowd:
    """What a number of callers met: seconds for all of them, seconds for each."""

    seconds: float
    each: tuple[float, ...]

    def percentile(self, share: float) -> float:
        """The seconds that this share of the callers did not exceed."""
        return sorted(self.each)[min(int(len(self.each) * share), len(self.each) - 1)]


def crowd(work: Callable[[], object], count: int, at_once: int) -> Crowd:
    """`count` calls, `at_once` of them at the same time."""

    def one(_: int) -> float:
        started = time.perf_counter()
        work()
        return time.perf_counter() - started

    started = time.perf_counter()
    with ThreadPoolExecutor(at_once) as callers:
        each = tuple(callers.map(one, range(count)))
    return Crowd(time.perf_counter() - started, each)


class Yardstick:
    """Bare verifications at the given parameters, as many at once as there are cores."""

    def __init__(self, parameters: Parameters) -> None:
        self.parameters = parameters
        self.cores = os.cpu_count() or 1
        p = parameters
        salt, secret = bytes(range(SALT_BYTES)), PASSWORD.encode()
        self._encoded = hash_secret(secret, salt, p.time, p.memory_kib, p.lanes, TAG_BYTES, Type.ID)

    def verify(self) -> None:
        """One."""
        verify_secret(self._encoded, PASSWORD.encode(), Type.ID)

    def seconds(self, count: int) -> float:
        """For so many."""
        return crowd(self.verify, count, self.cores).seconds


def verifying(yardstick: Yardstick, keys: KeyRing, count: int, rounds: int) -> None:
    """(1) The hasher (opening the seal, normal form, waiting one's turn) beside the bare hash."""
    note("(1) verifying passwords")
    hasher = Hasher(keys, yardstick.parameters, at_once=yardstick.cores, waiting=count)
    sealed = hasher.wrap(PERSON, PASSWORD)

    def verify() -> None:
        assert hasher.verify(PERSON, sealed, PASSWORD)

    share, ours, bare = ratio(
        lambda: crowd(verify, count, yardstick.cores).seconds, lambda: yardstick.seconds(count), rounds
    )
    figure("argon2_bare", count / bare / yardstick.cores, "verifications/s per core")
    figure("argon2_ours", count / ours / yardstick.cores, "verifications/s per core")
    figure("argon2_share", 1 / share, "x bare", ">= 0.95")
    alone = crowd(verify, rounds, 1)
    figure("argon2_alone", alone.percentile(0.99), "s, the slowest of one at a time", "< 1")


def judging() -> None:
    """(2) A new password judged, lists and words and all; `strength` is measured with its page."""
    note("(2) judging new passwords")
    words = words_of(names=["田中 優子"], kana=["タナカ ユウコ"], numbers=["0048213"], body=["さくら市", "企画調整課"])
    candidates = [PASSWORD, "jichitai2026", "P@ssw0rd2026!!!!", "Kx8vT2mZ4qLw9RnB", "correct horse battery staple"]
    numbers = iter(range(JUDGEMENTS * 2))

    def one() -> None:
        judge(candidates[next(numbers) % len(candidates)], minimum=15, words=words, listed=listed)

    crowd(one, len(candidates), 1)
    figure("judging_p99", crowd(one, JUDGEMENTS, 1).percentile(0.99) * 1000, "ms", "<= 50")


def signing_in(portal: Served, yardstick: Yardstick, count: int, rounds: int) -> None:
    """(3) Whole sign-ins: the door, the password, the second step, the code; eight people at the same time."""
    note("(3) whole sign-ins by password and app")
    waits: list[float] = []

    def ours() -> float:
        portal.another_minute()
        people = iter(portal.people)
        met = crowd(lambda: portal.signs_in(next(people)), count, CALLERS)
        waits.extend(met.each)
        return met.seconds

    share, mine, bare_ = ratio(ours, lambda: yardstick.seconds(count), rounds)
    figure("signins", count / mine / yardstick.cores, "sign-ins/s per core")
    figure("signins_argon2_bare", count / bare_ / yardstick.cores, "verifications/s per core")
    figure("signins_share", 1 / share, "x bare", ">= 0.85")
    figure("signins_p99", Crowd(0, tuple(waits)).percentile(0.99), f"s at concurrency {CALLERS}", "<= 3")


def all_at_once(portal: Served) -> None:
    """(4) Everybody at nine o'clock: the memory is that of the hashes which run at once, whoever comes."""
    note(f"(4) {PARALLEL} people at the same moment")
    portal.another_minute()
    before, people = portal.memory(), iter(portal.people)
    again: list[float] = []

    def told() -> None:
        again.append(1)
        time.sleep(PAUSE)

    with Watched(portal.memory) as watched:
        met = crowd(lambda: portal.signs_in(next(people), told), PARALLEL, PARALLEL)
    figure("parallel_memory_before", before, "MiB, all processes")
    figure("parallel_memory_peak", watched.most - before, "MiB more", f"<= {HASHING + 64}")
    figure("parallel_told_to_come_again", len(again), f"times, by {PARALLEL} people who came again after {PAUSE} s")
    figure("parallel_slowest", max(met.each), f"s of {PARALLEL} at once")


def pages(portal: Served, folder: Path, rounds: int) -> None:
    """(5) Signed-in pages beside a bare page with one indexed read, on the same server."""
    note("(5) pages")
    portal.another_minute()
    cookies = [portal.signs_in(who) for who in portal.people[:CALLERS]]
    with bare(folder, portal.url) as yardstick, ExitStack() as wires:
        plain = [wires.enter_context(Wire(yardstick.port)) for _ in range(CALLERS)]
        mine = [wires.enter_context(Wire(portal.port)) for _ in range(CALLERS)]
        for wire, known in zip(mine, cookies, strict=True):
            wire.cookies = known
        for page, target in PAGES.items():
            share, seconds, bare_ = ratio(partial(asked, mine, page), partial(asked, plain, "/person/1"), rounds)
            name = "page_" + (page.strip("/").replace("-", "_") or "home")
            figure(name, CALLERS * ASKED / seconds, "pages/s")
            figure(f"{name}_share", 1 / share, f"x bare ({CALLERS * ASKED / bare_:.0f} pages/s)", target)


def asked(wires: Sequence[Wire], page: str) -> float:
    """Seconds in which every one of these gets the page ASKED times."""

    def one(wire: Wire) -> None:
        for _ in range(ASKED):
            status, _ = wire.ask(page)
            assert status == 200, (page, status)  # noqa: PLR2004 - OK

    started = time.perf_counter()
    with ThreadPoolExecutor(len(wires)) as callers:
        list(callers.map(one, wires))
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
