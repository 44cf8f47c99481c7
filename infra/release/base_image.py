"""``make base-image``: pin the Dockerfile's base image to what its tag names today.

A tag can be moved, a digest cannot. The registry is asked as any client asks one, without an
account: https://distribution.github.io/distribution/spec/api/#pulling-an-image-manifest
"""

import re
import sys
from pathlib import Path

import httpx

from app.domain.errors import ShopError

ROOT = Path(__file__).resolve().parents[2]

_FROM = re.compile(
    r"^FROM (?P<registry>[\w.-]+)/(?P<repository>[\w./-]+):(?P<tag>[\w.-]+)"
    r"(?P<digest>@sha256:[0-9a-f]{64})?",
    re.MULTILINE,
)
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
#: An index names the images of every processor; its digest is what a Dockerfile wants.
_MANIFESTS = (
    "application/vnd.oci.image.index.v1+json,"
    "application/vnd.docker.distribution.manifest.list.v2+json"
)


class BaseImageError(ShopError):
    """The base image stays as it is; the text says why."""


def current_digest(http: httpx.Client, registry: str, repository: str, tag: str) -> str:
    """Return the digest that a tag of a public registry names.

    Raises:
        BaseImageError: the registry does not say.
        httpx.HTTPError: it does not answer.
    """
    scope = {"service": registry, "scope": f"repository:{repository}:pull"}
    answer = http.get(f"https://{registry}/token/", params=scope)
    answer.raise_for_status()
    token = answer.json().get("token", "")
    found = http.head(
        f"https://{registry}/v2/{repository}/manifests/{tag}",
        headers={"Accept": _MANIFESTS, "Authorization": f"Bearer {token}"},
    )
    found.raise_for_status()
    digest: str = found.headers.get("Docker-Content-Digest", "")
    if not _DIGEST.fullmatch(digest):
        raise BaseImageError(f"{registry} does not say which image {repository}:{tag} is")
    return digest


def pin(dockerfile: str, http: httpx.Client) -> str:
    """Return a Dockerfile whose images from registries have the digests of today.

    Raises:
        BaseImageError: no image has a tag, or a registry does not say what it names.
        httpx.HTTPError: a registry does not answer.
    """
    digests = {
        (found["registry"], found["repository"], found["tag"]): ""
        for found in _FROM.finditer(dockerfile)
    }
    if not digests:
        raise BaseImageError("the Dockerfile names no image with a tag")
    for image in digests:
        digests[image] = current_digest(http, *image)

    def pinned(found: re.Match[str]) -> str:
        registry, repository, tag = found["registry"], found["repository"], found["tag"]
        return f"FROM {registry}/{repository}:{tag}@{digests[registry, repository, tag]}"

    return _FROM.sub(pinned, dockerfile)


def main() -> None:
    """Pin the Dockerfile of this tree."""
    path = ROOT / "Dockerfile"
    before = path.read_text(encoding="utf-8")
    try:
        with httpx.Client(timeout=30) as http:
            after = pin(before, http)
    except (BaseImageError, httpx.HTTPError) as failure:
        sys.exit(f"The base image stays as it is: {failure}")
    path.write_text(after, encoding="utf-8")
    sys.stdout.write("The Dockerfile is up to date.\n" if after == before else after)


if __name__ == "__main__":
    main()
