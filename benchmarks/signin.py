"""Signing in beside what it cannot beat: the bare verification of the password's hash.

    ./dev bench signin [--rounds 5] [--count 24]

Argon2id at the product's own parameters.  Ratios are taken in one run; only
they mean anything on a shared machine.
"""

import argparse
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from argon2.low_level import Type, hash_secret, verify_secret

from benchmarks.figures import figure, note, ratio
from iam.record.keys import KeyRing
from iam.signin.passwords.blocklist import listed
from iam.signin.passwords.hashing import SALT_BYTES, TAG_BYTES, Hasher, Parameters
from iam.signin.passwords.judging import judge, words_of

PASSWORD = "雨の港で三羽のかもめが歌う夜更け"
PERSON = 1
JUDGEMENTS = 500


def main() -> None:
    """Measure everything, one part after the other."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--count", type=int, default=24, help="verifications a round")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="kagimori-bench-"))
    try:
        verifying(Yardstick(Parameters()), KeyRing.create(folder / "keys.json"), options.count, options.rounds)
        judging()
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


if __name__ == "__main__":
    main()
