"""``make base-image``: the Dockerfile names the image that its tag names today."""

import re

import httpx
import pytest

from infra.release.base_image import ROOT, BaseImageError, pin
from tests.image.built_image import without_digests

OLD, NEW = "sha256:" + "0" * 64, "sha256:" + "a1" * 32
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")


def registry(digest: str) -> httpx.Client:
    """Return a client of a registry that gives a token to everybody."""

    def answer(request: httpx.Request) -> httpx.Response:
        assert request.url.host == "public.ecr.aws"
        if request.url.path == "/token/":
            assert request.url.params["scope"] == "repository:lambda/python:pull"
            return httpx.Response(200, json={"token": "for everybody"})
        assert request.method == "HEAD"
        assert request.url.path == "/v2/lambda/python/manifests/3.13"
        assert request.headers["Authorization"] == "Bearer for everybody"
        assert "image.index" in request.headers["Accept"]
        return httpx.Response(200, headers={"Docker-Content-Digest": digest})

    return httpx.Client(transport=httpx.MockTransport(answer))


def test_every_stage_begins_with_one_image_that_cannot_be_moved() -> None:
    images = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE | re.IGNORECASE)

    assert len(images) == 2
    assert len(set(images)) == 1
    assert re.fullmatch(r"public\.ecr\.aws/lambda/python:3\.13@sha256:[0-9a-f]{64}", images[0])


def test_every_stage_begins_with_the_image_of_today() -> None:
    pinned = pin(DOCKERFILE, registry(NEW))

    assert pinned.count(f"FROM public.ecr.aws/lambda/python:3.13@{NEW}") == 2
    assert "AS build" in pinned
    assert without_digests(pinned) == without_digests(DOCKERFILE)
    raised = pin(pin(DOCKERFILE, registry(OLD)), registry(NEW))
    assert raised == pinned == pin(pinned, registry(NEW))


@pytest.mark.parametrize("digest", ["", "latest", NEW[:-1]])
def test_a_registry_that_says_nothing_changes_nothing(digest: str) -> None:
    with pytest.raises(BaseImageError, match="does not say"):
        pin(DOCKERFILE, registry(digest))


def test_a_dockerfile_without_a_tag_is_no_reason_to_be_glad() -> None:
    with pytest.raises(BaseImageError, match="no image with a tag"):
        pin("FROM scratch\n", registry(NEW))
