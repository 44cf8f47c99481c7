"""What cannot be started says so in one sentence and leaves no trace of itself."""

import fcntl
import json
import os
from pathlib import Path

import pytest

from infra.cli import run
from infra.local import data_folder
from infra.local.data_folder import DataFolder, data_path, is_locked
from infra.local.environment import PROJECT
from infra.local.errors import NotRunningError
from infra.local.running import apply_environment, running_shop
from infra.local.sockets import listen, port_of
from tests.infra.local.helpers.shop_process import START_SECONDS, STOP_SECONDS, ShopProcess, end


@pytest.fixture(autouse=True)
def _short_lock_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_folder, "LOCK_SECONDS", 0.1)


def refused(capfd: pytest.CaptureFixture[str], **environment: str) -> tuple[int, str]:
    """Run in this process, which a refusal allows, and return the code and the sentence."""
    code = run._run(environment)
    text = capfd.readouterr().err
    assert text.startswith("acme-shop: ")
    assert text.count("\n") == 1
    return code, text


@pytest.mark.parametrize(
    ("environment", "reason"),
    [
        ({"AUTH_MODE": "7"}, "AUTH_MODE"),
        ({"CARD_RULES": "classic"}, "CARD_RULES=classic needs AUTH_MODE=0"),
        ({"AUTH_MODE": "0", "STAGE": "production"}, "refused in stage production"),
        ({"SHOP_DELIVERY_SECONDS": "9-3"}, "SHOP_DELIVERY_SECONDS"),
        ({"PORT": "http"}, "PORT must be a number from 0 to 65535"),
        ({"PORT": "65536"}, "PORT must be a number from 0 to 65535"),
        ({"PORT": "-1"}, "PORT must be a number from 0 to 65535"),
    ],
)
def test_wrong_settings_are_named(
    environment: dict[str, str], reason: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    code, text = refused(capfd, SHOP_DATA_DIR=str(tmp_path / "data"), **environment)

    assert code == 2
    assert reason in text
    assert not (tmp_path / "data").exists()


def test_a_port_in_use_is_named(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with listen() as other:
        port = port_of(other)
        code, text = refused(capfd, SHOP_DATA_DIR=str(tmp_path), PORT=str(port))

    assert (code, text) == (
        1,
        f"acme-shop: Port {port} is in use; choose another one with PORT=...\n",
    )


def test_a_file_is_no_data_folder(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")

    code, text = refused(capfd, SHOP_DATA_DIR=str(tmp_path / "file"))

    assert code == 1
    assert "is a file, not a folder" in text


@pytest.mark.parametrize("name", ["/proc/shop", "/dev/null/shop"])
def test_a_folder_that_cannot_be_written_is_named(
    name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    code, text = refused(capfd, SHOP_DATA_DIR=name)

    assert code == 1
    assert name in text
    assert "cannot be used" in text


def test_a_folder_has_one_shop(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    first = DataFolder.open(tmp_path)

    code, text = refused(capfd, SHOP_DATA_DIR=str(tmp_path), PORT="0")

    os.close(first.lock)
    assert code == 1
    assert f"Another shop is running on the data folder {tmp_path}" in text
    assert not is_locked(tmp_path)


def test_a_shop_that_is_just_ending_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data_folder, "LOCK_SECONDS", 5.0)
    first = DataFolder.open(tmp_path)
    monkeypatch.setattr("time.sleep", lambda _: fcntl.flock(first.lock, fcntl.LOCK_UN))

    second = DataFolder.open(tmp_path)

    assert is_locked(tmp_path)
    os.close(first.lock)
    os.close(second.lock)


def test_damaged_data_stops_the_start_without_a_traceback(project: Path, tmp_path: Path) -> None:
    state = tmp_path / "data" / "emulator" / "state"
    state.mkdir(parents=True)
    (state / "dynamodb.json").write_text("{")
    shop = ShopProcess(project, tmp_path / "data")

    try:
        code = shop.until_gone(START_SECONDS + STOP_SECONDS)
    finally:
        end(shop)

    assert code == 1
    assert "dynamodb.json is damaged" in shop.errors.splitlines()[-1]
    assert "Traceback" not in shop.errors
    assert (state / "dynamodb.json").read_text() == "{"


def test_a_worker_that_cannot_be_imported_stops_the_start(project: Path, tmp_path: Path) -> None:
    (project / "workers" / "order.py").write_text("import does_not_exist\n")
    shop = ShopProcess(project, tmp_path / "data")

    try:
        code = shop.until_gone(START_SECONDS + STOP_SECONDS)
    finally:
        end(shop)

    assert code == 1
    assert "No module named 'does_not_exist'" in shop.errors
    assert shop.errors.splitlines()[-1] == "acme-shop: order did not start (exit code 1)."
    assert not shop.url


def test_seed_data_that_cannot_be_written_stops_the_start(project: Path, tmp_path: Path) -> None:
    (project / "infra" / "seeds" / "load.py").write_text("raise RuntimeError(3)\n")
    shop = ShopProcess(project, tmp_path / "data")

    try:
        code = shop.until_gone(START_SECONDS + STOP_SECONDS)
    finally:
        end(shop)

    assert code == 1
    assert "seed data could not be written (exit code 1)" in shop.errors


def test_the_usual_data_folder_is_beside_the_user() -> None:
    assert data_path({}) == Path.cwd() / ".local"
    assert data_path({"SHOP_DATA_DIR": " "}) == Path.cwd() / ".local"
    assert data_path({"SHOP_DATA_DIR": "/elsewhere"}) == Path("/elsewhere")
    assert PROJECT.joinpath("infra", "local").is_dir()


def test_other_commands_say_when_no_shop_runs(tmp_path: Path) -> None:
    with pytest.raises(NotRunningError, match=f"No shop is running on {tmp_path}"):
        running_shop(tmp_path)


def test_a_shop_that_was_killed_is_not_running(tmp_path: Path) -> None:
    folder = DataFolder.open(tmp_path)
    with pytest.raises(NotRunningError, match="is still starting, or the disk has no room"):
        running_shop(tmp_path)
    folder.publish({"pid": 1, "url": "u", "endpoint_url": "e", "environment": {"REGION": "r"}})
    assert running_shop(tmp_path).url == "u"

    os.close(folder.lock)

    with pytest.raises(NotRunningError):
        running_shop(tmp_path)


def test_other_commands_speak_to_the_running_shop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_DATA_DIR", str(tmp_path))
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_REGION", "TABLE", "REGION"):
        monkeypatch.setenv(name, "of-the-user")
    monkeypatch.setattr(os, "environ", os.environ.copy())
    folder = DataFolder.open(tmp_path)
    settings = {"REGION": "eu-west-1", "TABLE": "t"}
    with pytest.raises(NotRunningError, match="is still starting, or the disk has no room"):
        running_shop(tmp_path)
    folder.publish({"pid": 1, "url": "u", "endpoint_url": "http://e", "environment": settings})

    apply_environment()

    os.close(folder.lock)
    assert os.environ["TABLE"] == "t"
    assert os.environ["AWS_ENDPOINT_URL"] == "http://e"
    assert os.environ["AWS_REGION"] == "eu-west-1"
    assert "AWS_PROFILE" not in os.environ


def test_what_a_shop_publishes_is_for_its_owner_only(tmp_path: Path) -> None:
    folder = DataFolder.open(tmp_path / "data")
    folder.publish({"pid": 1})
    path = tmp_path / "data" / "shop.json"
    modes = [path.stat().st_mode & 0o777, (tmp_path / "data").stat().st_mode & 0o777]
    facts = json.loads(path.read_text())

    folder.withdraw()

    os.close(folder.lock)
    assert modes == [0o600, 0o700]
    assert facts == {"pid": 1}
    assert not path.exists()
