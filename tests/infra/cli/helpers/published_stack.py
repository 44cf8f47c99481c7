"""A stack of the emulator as the commands find it: published like a running shop."""

from pathlib import Path

from infra.local.data_folder import DataFolder
from infra.local.emulator import Emulator


def publish(stack: dict[str, str], emulator: Emulator, data_dir: Path) -> DataFolder:
    """Pretend that a stack is a shop that runs on a data folder; it does while this is kept."""
    folder = DataFolder.open(data_dir)
    folder.publish(
        {
            "pid": 1,
            "url": "http://127.0.0.1:1",
            "endpoint_url": emulator.endpoint_url,
            "environment": stack,
        }
    )
    return folder
