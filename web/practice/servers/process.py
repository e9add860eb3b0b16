"""Runs a practice server on loopback as its own user, and waits until it answers.

The one law: a server started here ends with the process that started it, even
when that one is killed with -9 (the kernel signals the child).  Each is ended
by its own process, never by name.
"""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO


class ServerDidNotStart(RuntimeError):
    """A practice server is missing or ended before it answered; the message says how to mend it."""


def free_port() -> int:
    """A TCP port on 127.0.0.1 that nobody listened on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def listens(port: int) -> bool:
    """Whether somebody accepts connections on 127.0.0.1:`port`."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def program(name: str, *folders: Path | str) -> str:
    """The path of an installed program, looked for in `folders` first.

    Raises:
        ServerDidNotStart: when it is not installed.
    """
    path = os.pathsep.join([*map(str, folders), "/usr/sbin", os.defpath])
    if found := shutil.which(name, path=path):
        return found
    raise ServerDidNotStart(f"{name} が見つかりません。./dev demo か ./dev test が導入します。")


def owner_for(user: str) -> str | None:
    """`user` when we are root and must not stay so; None when the server runs as ourselves."""
    return user if os.geteuid() == 0 and user in {entry.pw_name for entry in pwd.getpwall()} else None


def private_folder(prefix: str, user: str) -> Path:
    """A new temporary folder that only `user` (or ourselves) can enter.

    It lies in the system's temporary folder because another user cannot reach one below root's home.
    """
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    hand_over(user, folder)
    return folder


def hand_over(user: str, *paths: Path) -> None:
    """Make `user` the owner of `paths`, where the server will run as `user`."""
    if owner := owner_for(user):
        for path in paths:
            shutil.chown(path, owner, owner)


def command_as(user: str, command: Sequence[str], *, at_our_death: signal.Signals = signal.SIGTERM) -> list[str]:
    """`command` so that it runs without root's rights and is sent `at_our_death` when we are gone."""
    drop = [f"--reuid={owner}", f"--regid={owner}", "--clear-groups"] if (owner := owner_for(user)) else []
    return [program("setpriv"), *drop, f"--pdeathsig={at_our_death.name.removeprefix('SIG')}", *command]


def run_as(user: str, command: Sequence[str]) -> None:
    """Run `command` to its end.

    Raises:
        ServerDidNotStart: when it fails, with the last lines that it wrote.
    """
    ended = subprocess.run(
        command_as(user, command), cwd="/", stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if ended.returncode:
        raise ServerDidNotStart(f"{command[0]} が失敗しました:\n{ended.stdout[-2000:]}")


def start(
    user: str,
    command: Sequence[str],
    *,
    log: IO[bytes],
    at_our_death: signal.Signals = signal.SIGTERM,
    environment: Mapping[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    """Start `command` in a session of its own, so that Ctrl-C reaches us first and we end it in order.

    `user` "": as ourselves.  `environment`: ours unless given.
    """
    return subprocess.Popen(
        command_as(user, command, at_our_death=at_our_death),
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        env=environment,
    )


def wait_until_ready(
    process: subprocess.Popen[bytes], ready: Callable[[], bool], *, log: Path, seconds: float = 30
) -> None:
    """Wait until `ready()`.

    Raises:
        ServerDidNotStart: when the process ends first or `seconds` go by, with the last lines of its log.
    """
    deadline = time.monotonic() + seconds
    while not ready():
        if process.poll() is not None or time.monotonic() > deadline:
            tail = log.read_text(encoding="utf-8", errors="replace")[-2000:]
            raise ServerDidNotStart(f"練習用サーバーが起動しませんでした (終了コード {process.poll()}):\n{tail}")
        time.sleep(0.01)


def end(process: subprocess.Popen[bytes], how: signal.Signals = signal.SIGTERM, *, seconds: float = 10) -> None:
    """End a server we started and wait for it; kill it when it does not obey."""
    if process.poll() is None:
        process.send_signal(signal.SIGCONT)
        process.send_signal(how)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
