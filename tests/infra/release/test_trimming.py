"""Packages of the image are trimmed, and nothing that is linked to them elsewhere."""

import json
import os
from pathlib import Path

from infra.release.build_image import SERVICES, trim_botocore


def test_trimming_leaves_linked_files_of_other_environments_alone(tmp_path: Path) -> None:
    service, *_ = SERVICES
    content = {"partitions": [{"partition": "aws", "services": {service: {}, "other": {}}}]}
    elsewhere = tmp_path / "endpoints.json"
    elsewhere.write_text(json.dumps(content))
    data = tmp_path / "image" / "botocore" / "data"
    for name in (service, "other"):
        (data / name).mkdir(parents=True)
    os.link(elsewhere, data / "endpoints.json")

    trim_botocore(tmp_path / "image")

    assert json.loads(elsewhere.read_text()) == content
    [partition] = json.loads((data / "endpoints.json").read_text())["partitions"]
    assert partition["services"] == {service: {}}
    assert [path.name for path in data.iterdir() if path.is_dir()] == [service]
