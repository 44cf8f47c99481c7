"""A deployment keeps the image of a stack, or replaces it by name; addresses are protected."""

import pytest

from infra.components.configuration import ConfigurationError
from infra.components.live_image import IMAGE_OUTPUT
from infra.components.resource_graph import Deployment
from tests.infra.components.deployment import IMAGE, deploy

#: A stack that runs another image than the file of these tests says.
NEWER = IMAGE.replace("4f2a9c1", "99999ff")
LIVE = {IMAGE_OUTPUT: NEWER, "api::Arn": "arn:aws:lambda:..."}


def functions(deployment: Deployment) -> set[str]:
    return set(deployment.all("lambda/function:Function"))


def test_a_deployment_says_which_image_it_brought() -> None:
    assert deploy().outputs[IMAGE_OUTPUT] == IMAGE
    assert deploy(image="none").outputs[IMAGE_OUTPUT] is None


def test_a_new_stack_begins_without_functions() -> None:
    assert functions(deploy(image="none")) == set()


def test_the_image_that_runs_is_deployed_again() -> None:
    assert functions(deploy(image=NEWER, outputs_before=LIVE))


@pytest.mark.parametrize("image", ["none", IMAGE])
def test_a_file_older_than_the_stack_is_refused(image: str) -> None:
    with pytest.raises(ConfigurationError) as refusal:
        deploy(image=image, outputs_before=LIVE)

    text = str(refusal.value)
    assert f"the stack was last deployed with {NEWER}" in text
    assert f"`pulumi config set --path awsconfig:generic.image {NEWER}`" in text
    assert f"`pulumi config set --path awsconfig:generic.replaces {NEWER}`" in text
    assert ("deletes every function" in text) is (image == "none")


@pytest.mark.parametrize("image", ["none", IMAGE])
def test_an_image_is_replaced_by_name(image: str) -> None:
    made = deploy(image=image, replaces=NEWER, outputs_before=LIVE)

    assert bool(functions(made)) is (image != "none")


def test_the_name_of_an_earlier_image_replaces_nothing() -> None:
    with pytest.raises(ConfigurationError, match=NEWER):
        deploy(replaces=IMAGE.replace("4f2a9c1", "0000000"), outputs_before=LIVE)


def test_functions_of_an_unknown_image_are_not_deleted() -> None:
    # Deployed by a release that did not export its image.
    before = {"api::Arn": LIVE["api::Arn"]}

    with pytest.raises(ConfigurationError, match="they would be deleted"):
        deploy(image="none", outputs_before=before)
    assert functions(deploy(outputs_before=before))


@pytest.mark.parametrize(
    ("stage", "is_protected"), [("dev", True), ("prod", True), ("demo", False)]
)
def test_addresses_can_be_deleted_in_disposable_stages_only(
    stage: str, *, is_protected: bool
) -> None:
    made = deploy(stage=stage)

    assert {urn.rpartition("$")[2] for urn in made.protected} == (
        {
            "aws:apigatewayv2/api:Api::gateway",
            "aws:cloudfront/distribution:Distribution::front",
        }
        if is_protected
        else set()
    )
