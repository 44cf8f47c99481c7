import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from infra.local.clients import Clients
from infra.local.emulator import Emulator
from infra.local.environment import PROJECT
from infra.local.errors import DataFolderError, EmulatorError
from infra.local.sockets import listen, port_of
from tests.infra.local.helpers.shop_process import eventually

REGION = "eu-west-1"


def sqs(emulator: Emulator) -> Any:
    return Clients(emulator.endpoint_url, REGION)("sqs")


def send(emulator: Emulator, body: str, **attributes: str) -> str:
    url: str = sqs(emulator).create_queue(QueueName="q", Attributes=attributes)["QueueUrl"]
    sqs(emulator).send_message(QueueUrl=url, MessageBody=body)
    return url


def receive(emulator: Emulator, url: str) -> list[dict[str, Any]]:
    answer = sqs(emulator).receive_message(
        QueueUrl=url, MessageSystemAttributeNames=["ApproximateReceiveCount"]
    )
    messages: list[dict[str, Any]] = answer.get("Messages", [])
    return messages


def test_an_emulator_without_a_folder_leaves_nothing_behind() -> None:
    with Emulator() as emulator:
        folder, pid = emulator.data_dir, emulator.pid
        send(emulator, "hello")

    assert not folder.exists()
    assert pid is not None
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_what_was_stored_is_there_after_a_restart_under_the_same_address(tmp_path: Path) -> None:
    with Emulator(tmp_path) as emulator:
        address = emulator.endpoint_url
        url = send(emulator, "hello")

    with Emulator(tmp_path) as emulator:
        assert emulator.endpoint_url == address
        assert [message["Body"] for message in receive(emulator, url)] == ["hello"]


def test_queues_move_along_when_the_port_is_taken(tmp_path: Path) -> None:
    with Emulator(tmp_path) as emulator:
        old = send(emulator, f"mentions http://localhost:{1}/000000000000/q")
        port = int(emulator.endpoint_url.rpartition(":")[2])

    with listen(port), Emulator(tmp_path) as emulator:
        new = sqs(emulator).get_queue_url(QueueName="q")["QueueUrl"]
        messages = receive(emulator, new)

    assert new != old
    assert new.removeprefix("http://localhost:").startswith(emulator_port(tmp_path))
    assert messages[0]["Body"] == "mentions http://localhost:1/000000000000/q"


def emulator_port(folder: Path) -> str:
    return (folder / "port").read_text().strip()


def test_a_message_whose_worker_is_gone_comes_again_at_once(tmp_path: Path) -> None:
    with Emulator(tmp_path) as emulator:
        url = send(emulator, "hello", VisibilityTimeout="3600")
        assert receive(emulator, url)
        assert not receive(emulator, url)

    with Emulator(tmp_path) as emulator:
        messages = receive(emulator, url)

    assert messages[0]["Attributes"]["ApproximateReceiveCount"] == "2"


def test_a_message_that_is_delayed_stays_delayed(tmp_path: Path) -> None:
    with Emulator(tmp_path) as emulator:
        url = send(emulator, "hello", DelaySeconds="900")

    with Emulator(tmp_path) as emulator:
        assert not receive(emulator, url)


def test_a_quiet_emulator_has_saved_before_it_is_killed(tmp_path: Path) -> None:
    with Emulator(tmp_path) as emulator:
        url = send(emulator, "hello")
        state = tmp_path / "state" / "sqs.json"
        # On a busy machine the queue may have been saved before its message.
        eventually(lambda: state.exists() and "hello" in state.read_text())
        assert emulator.pid is not None
        os.kill(emulator.pid, signal.SIGKILL)

    with Emulator(tmp_path) as emulator:
        assert [message["Body"] for message in receive(emulator, url)] == ["hello"]


def test_a_client_that_long_polls_does_not_hold_up_the_end(tmp_path: Path) -> None:
    with Emulator(tmp_path) as emulator:
        send(emulator, "hello")
        body = json.dumps({"QueueUrl": "http://localhost/000000000000/q", "WaitTimeSeconds": 20})
        request = (
            "POST / HTTP/1.1\r\nHost: localhost\r\nX-Amz-Target: AmazonSQS.ReceiveMessage\r\n"
            "Content-Type: application/x-amz-json-1.0\r\n"
            f"Content-Length: {len(body)}\r\n\r\n{body}"
        )
        port = int(emulator.endpoint_url.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(request.encode())
            time.sleep(0.1)
            begun = time.monotonic()
            emulator.stop()

    # The poll would take twenty.
    assert time.monotonic() - begun < 19.0


def test_damaged_data_is_refused_in_one_sentence(tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir()
    (state / "sqs.json").write_text('{"__ministack_format__": 2, "payl')

    with pytest.raises(DataFolderError, match=r"sqs\.json is damaged; .* `make reset`\.$"):
        Emulator(tmp_path).start()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("dynamodb", "[]"),
        ("dynamodb", '{"tables": {}}'),
        ("dynamodb", "\x00"),
        ("sqs", '{"__ministack_format__": 2, "payload": []}'),
        # What only MiniStack itself notices, and would go on without.
        ("dynamodb", '{"__ministack_format__": 2, "payload": 5}'),
        ("dynamodb", '{"__ministack_format__": 99, "payload": {}}'),
    ],
)
def test_data_that_is_something_else_is_refused(tmp_path: Path, name: str, text: str) -> None:
    state = tmp_path / "state"
    state.mkdir()
    (state / f"{name}.json").write_text(text)

    with pytest.raises(DataFolderError, match="is damaged"):
        Emulator(tmp_path).start()
    assert (state / f"{name}.json").read_text() == text


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(DataFolderError, match="cannot be used"):
        Emulator(tmp_path / "file").start()


def test_an_emulator_that_does_not_come_up_names_its_log(tmp_path: Path) -> None:
    emulator = Emulator(tmp_path, environment={"PYTHONHOME": "/nowhere"})

    with pytest.raises(EmulatorError, match="its log is"):
        emulator.start()


def test_the_users_own_aws_setup_does_not_reach_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "very-private")
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example")

    with Emulator() as emulator:
        environment = Path(f"/proc/{emulator.pid}/environ").read_bytes()

    assert b"AWS_" not in environment
    assert b"proxy.example" not in environment


def test_it_ends_when_the_process_that_started_it_is_killed(tmp_path: Path) -> None:
    code = (
        "import pathlib, sys, time\n"
        "from infra.local.emulator import Emulator\n"
        f"emulator = Emulator(pathlib.Path({str(tmp_path)!r})).start()\n"
        "print(emulator.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=PROJECT, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        parent.kill()

    eventually(lambda: not Path(f"/proc/{pid}").exists())


def test_a_port_number_that_makes_no_sense_is_forgotten(tmp_path: Path) -> None:
    (tmp_path / "port").write_text("99999999")

    emulator = Emulator(tmp_path)

    assert 0 < int(emulator.endpoint_url.rpartition(":")[2]) < 65536
    emulator.close()


def test_a_socket_keeps_its_port_from_others() -> None:
    with listen() as first, pytest.raises(Exception, match=f"Port {port_of(first)} is in use"):
        listen(port_of(first))
