"""What a long run says while it runs."""

import io

from web.cli.night.progress import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_log_gets_a_line_for_each_step_and_each_tenth() -> None:
    log = io.StringIO()
    with Progress(log) as progress:
        progress("供給元「jinji」を読んでいます", 0, 0)
        for done in range(101):
            progress("変更を適用しています", done * 50, 5000)
    lines = log.getvalue().splitlines()
    assert lines[0] == "供給元「jinji」を読んでいます…"
    assert lines[1:3] == ["変更を適用しています… 0/5,000", "変更を適用しています… 500/5,000"]
    assert len(lines) == 12


def test_a_short_run_says_when_it_begins_and_ends() -> None:
    log = io.StringIO()
    progress = Progress(log)
    for done in range(1, 30):
        progress("変更を適用しています", done, 29)
    assert log.getvalue().splitlines() == ["変更を適用しています… 1/29", "変更を適用しています… 29/29"]


def test_a_terminal_has_one_line_that_is_gone_at_the_end() -> None:
    terminal = Terminal()
    with Progress(terminal) as progress:
        progress("変更を適用しています", 1, 2)
        progress("変更を適用しています", 2, 2)
    assert terminal.getvalue() == ("\r\x1b[K変更を適用しています… 1/2\r\x1b[K変更を適用しています… 2/2\r\x1b[K")


def test_a_run_that_says_nothing_leaves_nothing() -> None:
    terminal = Terminal()
    with Progress(terminal):
        pass
    assert terminal.getvalue() == ""
