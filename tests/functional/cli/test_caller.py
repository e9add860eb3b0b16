"""Behind sudo the caller is believed only where they could not have written what is believed."""

from pathlib import Path

import pytest

from iam.errors import Forbidden
from web.body.caller import NOBODY_SIGNED_IN, caller, login_id

OFFICER = 1500
AS_OFFICER = {"SUDO_UID": str(OFFICER)}


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "iam.toml"
    file.write_text("", encoding="utf-8")
    file.chmod(0o644)
    tmp_path.chmod(0o755)
    return file


def test_without_sudo_it_is_the_process_itself(config: Path) -> None:
    assert caller(OFFICER, {}, config) == OFFICER
    assert caller(0, {}, config) == 0
    assert caller(OFFICER, {"SUDO_UID": "7"}, config) == OFFICER


def test_behind_sudo_it_is_whoever_called(config: Path) -> None:
    assert caller(0, AS_OFFICER, config) == OFFICER
    assert caller(0, AS_OFFICER, config, login=OFFICER) == OFFICER


def test_another_number_than_that_of_the_session_is_refused(config: Path) -> None:
    with pytest.raises(Forbidden, match="サインイン"):
        caller(0, AS_OFFICER, config, login=OFFICER + 1)


@pytest.mark.parametrize("mode", [0o664, 0o646])
def test_a_configuration_that_others_may_write_is_refused(config: Path, mode: int) -> None:
    config.chmod(mode)
    with pytest.raises(Forbidden, match="root だけ"):
        caller(0, AS_OFFICER, config)


def test_a_folder_in_which_others_may_replace_it_is_refused(config: Path) -> None:
    config.parent.chmod(0o777)
    with pytest.raises(Forbidden, match="root だけ"):
        caller(0, AS_OFFICER, config)


def test_a_session_without_login_has_none(tmp_path: Path) -> None:
    status = tmp_path / "loginuid"
    assert login_id(status) == NOBODY_SIGNED_IN
    status.write_text("1500", encoding="ascii")
    assert login_id(status) == OFFICER
