"""The secret header by which the api knows what came through the CDN.

``awsconfig:generic.originHeader`` is a number, and each number has a random value that Pulumi
makes and keeps encrypted. The CDN sends that of its number; the api takes it, the one before and
the one after. So when the number rises by one, in ``pulumi up``, functions of both deployments
and edges that know either know each other's, in whatever order they change. A stack that had no
such header begins with 0: the api would otherwise ask for it before all edges send it.
"""

from hashlib import sha256

import pulumi
import pulumi_random as random

from app.settings import NOT_CHECKED


class OriginHeader(pulumi.ComponentResource):
    """The value the CDN sends, and the hashes of those that the api accepts.

    The hashes are no secret: a value has 285 random bits.
    """

    def __init__(
        self, name: str, *, number: int, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make the value of ``number`` and its neighbours, those that are not there yet."""
        super().__init__("shop:front:OriginHeader", name, None, opts)
        values = [
            random.RandomPassword(
                f"{name}-{neighbour}",
                length=48,
                special=False,
                opts=pulumi.ResourceOptions(parent=self),
            ).result
            for neighbour in (number, number - 1, number + 1)
        ]
        self.value = values[0]
        self.hashes = pulumi.Output.unsecret(
            pulumi.Output.all(*values).apply(
                lambda texts: (
                    ",".join(sha256(text.encode()).hexdigest() for text in texts)
                    if number
                    else NOT_CHECKED
                )
            )
        )
        self.register_outputs({})
