"""The image that a stack runs, and which changes of it are deployed.

A stack's file can be older than the stack: a release sets ``image`` in its own checkout only.
Deploying such a file would bring back an old image, or with ``none`` delete every function
and the addresses in front of them. So the image of the last deployment is an output of the
stack, and a file with another image has to name it under ``awsconfig:generic.replaces``.
"""

from collections.abc import Mapping
from typing import Any

#: The stack output with the image of the last deployment.
IMAGE_OUTPUT = "Image::Live"
#: An output of every stack with functions, those of older releases included.
_FUNCTION_OUTPUT = "api::Arn"


def check_image(image: str | None, replaces: str | None, outputs: Mapping[str, Any]) -> None:
    """See that a deployment keeps the image of the stack, or replaces it by name.

    Raises:
        ValueError: it would replace an image that ``replaces`` does not name, or delete
            functions whose image is not known.
    """
    live = outputs.get(IMAGE_OUTPUT)
    if live is None:
        if image is None and _FUNCTION_OUTPUT in outputs:
            raise ValueError(
                "image is 'none', but the stack has functions: they would be deleted."
                " Set image to the address they run"
            )
        return
    if live in {image, replaces}:
        return
    what = (
        "is 'none', which deletes every function and the API's address"
        if image is None
        else f"is {image}"
    )
    raise ValueError(
        f"image {what}, but the stack was last deployed with {live}."
        f" To keep that: `pulumi config set --path awsconfig:generic.image {live}`."
        " To replace it on purpose, as after a release that was taken back:"
        f" `pulumi config set --path awsconfig:generic.replaces {live}`"
    )
