"""`iam mfa`: tokens come in whole or not at all, and no seed is ever shown."""

import json

from tests.functional.cli.given import Town, today
from tests.unit.connectors_tokens.makers import KEY, PASSWORD, SECRET, TYPED, Token, container, derived

SEEDS = f"serial,secret,type,digits,period\nA1,{SECRET.hex()},totp,6,30\nA2,{SECRET.hex()},totp,8,60\n"


def listed(town: Town, *options: str) -> list[str]:
    return [each["serial"] for each in town.told("mfa", "list", *options)]


def test_a_csv_is_taken_into_stock(town: Town) -> None:
    (town.folder / "seeds.csv").write_text(SEEDS, encoding="utf-8")
    taken = town.run("mfa", "import", str(town.folder / "seeds.csv"))
    assert taken.exit_code == 0
    assert taken.stdout.startswith(f"2台を在庫に取り込みました（受入「seeds.csv {today()}」）。")
    assert "消去してください" in taken.stdout
    shown = town.run("mfa", "list").stdout
    assert "A1" in shown
    assert "在庫" in shown
    assert shown.endswith("2台\n")


def test_a_pskc_is_opened_by_its_key_or_its_password(town: Town) -> None:
    (town.folder / "key.txt").write_text(KEY.hex(), encoding="ascii")
    (town.folder / "word.txt").write_text(PASSWORD + "\n", encoding="utf-8")
    (town.folder / "keyed.xml").write_bytes(container([Token("K1", key=KEY)], key=KEY))
    worded = container([Token("P1", key=derived())], key=derived(), password=True)
    (town.folder / "worded.xml").write_bytes(worded)
    for name, option, opener in (("keyed", "--key-file", "key.txt"), ("worded", "--password-file", "word.txt")):
        words = ("mfa", "import", str(town.folder / f"{name}.xml"), option, str(town.folder / opener))
        assert town.run(*words, "--batch", name).exit_code == 0
    assert listed(town) == ["K1", "P1"]
    assert listed(town, "--batch", "worded") == ["P1"]
    assert listed(town, "--state", "lent") == []


def test_a_wrong_key_is_told_and_takes_nothing_in(town: Town) -> None:
    (town.folder / "key.txt").write_text("00" * 16, encoding="ascii")
    (town.folder / "keyed.xml").write_bytes(container([Token("K1", key=KEY)], key=KEY))
    refused = town.run("mfa", "import", str(town.folder / "keyed.xml"), "--key-file", str(town.folder / "key.txt"))
    assert refused.exit_code == 2
    assert "鍵またはパスワードが違います" in refused.stderr
    assert listed(town) == []


def test_everything_that_is_wrong_is_told_at_once_and_nothing_taken_in(town: Town) -> None:
    (town.folder / "seeds.csv").write_text(SEEDS, encoding="utf-8")
    assert town.run("mfa", "import", str(town.folder / "seeds.csv")).exit_code == 0
    more = f"A1,{SECRET.hex()}\nB1,{SECRET.hex()}\nB1,{SECRET.hex()}\nB2,00\nB3,{SECRET.hex()},sms\n"
    (town.folder / "more.csv").write_text(more, encoding="utf-8")
    refused = town.run("mfa", "import", str(town.folder / "more.csv"))
    assert refused.exit_code == 2
    for line, words in ((1, "すでに取り込んで"), (3, "重複"), (4, "ビット"), (5, "totp か hotp")):
        assert any(f"more.csv {line}行目" in said and words in said for said in refused.stderr.splitlines())
    assert "4件あるため、何も取り込んでいません" in refused.stderr
    assert listed(town) == ["A1", "A2"]


def test_a_key_and_a_password_together_are_refused(town: Town) -> None:
    path = str(town.folder / "iam.toml")
    refused = town.run("mfa", "import", path, "--key-file", path, "--password-file", path)
    assert refused.exit_code == 2
    assert "どちらか一つ" in refused.stderr


def test_a_file_that_is_not_there_is_told(town: Town) -> None:
    assert town.run("mfa", "import", str(town.folder / "none.csv")).exit_code == 2


def test_no_seed_is_shown_or_recorded(town: Town) -> None:
    (town.folder / "seeds.csv").write_text(f"{SEEDS}A3,{SECRET.hex()}zz\n", encoding="utf-8")
    words = ("mfa", "import", str(town.folder / "seeds.csv"))
    said = town.run(*words).output
    (town.folder / "seeds.csv").write_text(SEEDS, encoding="utf-8")
    said += town.run(*words).output
    said += json.dumps(town.told("mfa", "list"))
    held = b"".join(path.read_bytes() for path in town.folder.glob("iam.db*"))
    for clear in (SECRET.decode(), SECRET.hex(), TYPED):
        assert clear not in said
        assert clear.encode() not in held
    assert b"A1" in held
