"""The check of a stack's image in Pulumi's own engine, where its command is installed.

Nothing is made in AWS: the program reads the configuration, and exports what the real one does.
"""

import shutil
from collections.abc import Callable
from pathlib import Path

import pulumi
import pytest
from pulumi import automation

from infra.components.configuration import read_configuration
from infra.components.outputs import export_image
from tests.infra.components.deployment import IMAGE, TAGS
from tests.support.sizes import SIZES

NEWER = IMAGE.replace("4f2a9c1", "99999ff")

pytestmark = [
    pytest.mark.proof,
    pytest.mark.skipif(
        not (SIZES.is_full and shutil.which("pulumi")),
        reason="runs with `make proof`, where the pulumi command is installed",
    ),
]


def program() -> None:
    image = read_configuration().generic.image
    export_image(image)
    if image:
        pulumi.export("api::Arn", "arn:aws:lambda:...")


@pytest.fixture
def up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., object]:
    """Deploy to a stack whose state is in a folder; return the image that is live then."""
    (tmp_path / "state").mkdir()
    # Without a network: no plugin is needed for a program that makes nothing.
    for name, value in {
        "PULUMI_BACKEND_URL": f"file://{tmp_path / 'state'}",
        "PULUMI_HOME": str(tmp_path / "home"),
        "PULUMI_CONFIG_PASSPHRASE": "x",
        "PULUMI_SKIP_UPDATE_CHECK": "1",
    }.items():
        monkeypatch.setenv(name, value)
    stack = automation.create_stack("dev", project_name="shop", program=program)

    def deploy(image: str, *, replaces: str = "none") -> object:
        given = {
            "aws:region": "eu-west-1",
            "awsconfig:generic.stage": "dev",
            "awsconfig:generic.image": image,
            "awsconfig:generic.replaces": replaces,
            **{f"awsconfig:tags.{key}": value for key, value in TAGS.items()},
        }
        for key, value in given.items():
            stack.set_config(key, automation.ConfigValue(value), path="." in key)
        live = stack.up(on_output=lambda _: None).outputs.get("Image::Live")
        return live and live.value

    return deploy


def test_an_image_that_is_live_is_kept_or_replaced_by_name(up: Callable[..., object]) -> None:
    assert up("none") is None
    assert up(IMAGE) == IMAGE
    assert up(IMAGE) == IMAGE
    for older in ("none", NEWER):
        with pytest.raises(automation.CommandError, match=f"last deployed with {IMAGE}"):
            up(older)
    assert up(NEWER, replaces=IMAGE) == NEWER
    assert up("none", replaces=NEWER) is None
