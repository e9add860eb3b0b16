"""Turns what a terminal showed into a picture: `python docs/images/terminal.py FROM TO < session > page.html`.

The one law: the words are the session's own.  FROM and TO are regular
expressions; what stands from the first line that matches FROM up to the next
one that matches TO is shown, colours included.  A browser makes the picture:

    chromium --headless --no-sandbox --hide-scrollbars --force-device-scale-factor=2 \
        --window-size=945,HEIGHT --screenshot=docs/images/demo.png page.html
"""  # noqa: INP001 - a script beside the pictures that it makes

import html
import re
import sys
import unicodedata

COLUMNS = 128
STYLES = {"1": "font-weight:700", "2": "color:#8b949e", "32": "color:#7ee787", "36": "color:#79c0ff"}
PAGE = """<!doctype html><meta charset="utf-8"><style>
body {{ margin: 0; background: #0d1117; color: #d6deeb; padding: 18px 22px }}
pre {{ margin: 0; font: 14px/1.5 "Noto Sans Mono CJK JP", monospace }}
</style><pre>{}</pre>
"""


def main() -> None:
    """Read a session on the standard input, write a page on the standard output."""
    session = re.sub(r"[^\n]*\r(?!\n)", "", sys.stdin.read().replace("\r\n", "\n").replace("\x1b[K", ""))
    lines = [line for line in session.split("\n") if "を読んでいます…" not in line]
    first, last = (re.compile(each) for each in sys.argv[1:3])
    begin = next(number for number, line in enumerate(lines) if first.search(line))
    end = next((number for number in range(begin + 1, len(lines)) if last.search(lines[number])), len(lines))
    sys.stdout.write(PAGE.format("\n".join(map(shown, lines[begin:end]))))


def shown(line: str) -> str:
    """One line as HTML, broken where the terminal broke it."""
    parts, column, style = [], 0, ""
    for piece in re.split(r"(\x1b\[[0-9;]*m)", line):
        if code := re.fullmatch(r"\x1b\[([0-9;]*)m", piece):
            codes = code[1].split(";")
            style = "" if "0" in codes else ";".join([style, *(STYLES[each] for each in codes if each in STYLES)])
            continue
        written = ""
        for character in piece:
            wide = 2 if unicodedata.east_asian_width(character) in "WF" else 1
            if column + wide > COLUMNS:
                written, column = written + "\n", 0
            written, column = written + html.escape(character), column + wide
        parts.append(f'<span style="{style}">{written}</span>' if style else written)
    return "".join(parts)


if __name__ == "__main__":
    main()
