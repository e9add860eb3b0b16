"""Work beside the worker's own rounds, in a thread of its own.

The one law: *what breaks off stops the worker*, so that whoever watches it starts another: no thread is gone unseen.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event


@contextmanager
def beside(name: str, stop: Event, stay: Callable[[], None]) -> Iterator[None]:
    """Run `stay`, which ends when `stop` is set, beside the block; whichever ends first stops the other.

    What `stay` raises is raised at the end of the block.
    """

    def stayed() -> None:
        try:
            stay()
        finally:
            stop.set()

    with ThreadPoolExecutor(1, name) as pool:
        done = pool.submit(stayed)
        try:
            yield
        finally:
            stop.set()
            done.result()
