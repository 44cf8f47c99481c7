"""Every business error of the shop; ``routers/error_catalogue.py`` maps them to HTTP statuses."""

from typing import ClassVar


class ShopError(Exception):
    """The shop refuses or cannot do something; the text may be shown to the caller."""

    #: What is said where nothing more exact is known.
    text: ClassVar[str] = ""

    def __init__(self, text: str | None = None) -> None:
        """Keep what is said to the caller."""
        super().__init__(self.text if text is None else text)


class SettingsError(ShopError):
    """An environment variable is missing or invalid."""


class InvalidInputError(ShopError):
    """A value from outside is invalid; the text names the field and repeats no value."""


class NotFoundError(ShopError):
    """Nothing is stored under the requested id."""

    text = "nothing has this id"


class ProductNotFoundError(NotFoundError):
    """No product has this id."""

    text = "no product has this id"


class OrderNotFoundError(NotFoundError):
    """No order has this id."""

    text = "no order has this id"


class UserNotFoundError(NotFoundError):
    """No user has this id."""

    text = "no user has this id"


class UsernameTakenError(ShopError):
    """Another user has this name."""

    text = "username: is taken"


class InvalidCredentialsError(ShopError):
    """The name is unknown or the password is wrong; the text does not say which."""


class TooManyAttemptsError(ShopError):
    """Too many attempts of one kind; the next one is allowed after ``retry_after_seconds``."""

    def __init__(self, retry_after_seconds: int) -> None:
        """Say when to come back; the text does not tell what was counted."""
        super().__init__(f"too many attempts; try again in {retry_after_seconds} s")
        self.retry_after_seconds = retry_after_seconds


class OverloadedError(ShopError):
    """The shop has taken on as much as it can do in time."""

    text = "the shop is full; try again in a moment"


class UnauthorizedError(ShopError):
    """The operation needs a valid token, and the caller sent none."""

    text = "Invalid Key. User Not Authorized"


class ForbiddenError(ShopError):
    """The caller's token does not allow this operation."""


class IdempotencyConflictError(ShopError):
    """The idempotency key was used before for something else."""


class CartFullError(ShopError):
    """The cart would hold more than an order takes, or exceed one item of the table (400 KB)."""

    text = "cart: is full"


class OrderNotPaidError(ShopError):
    """A shipment was reported for an order that is not paid yet."""

    text = "the order is not paid yet"


class EventRefusedError(ShopError):
    """An event does not agree with what is stored; the text says in what."""


class StoreUnavailableError(ShopError):
    """The table did not answer in time; the write may or may not have been made."""

    text = "the store does not answer"


class UnreadableItemError(ShopError):
    """An item of the table is damaged; the text names the attribute and repeats no value."""


class SecretsUnavailableError(ShopError):
    """Secrets Manager did not return the signing keys in time."""

    text = "the signing keys cannot be read"


class QueueUnavailableError(ShopError):
    """A queue did not answer in time; the message may or may not have been stored."""

    text = "the queue does not answer"


class ServiceMisconfiguredError(ShopError):
    """AWS refuses the shop's calls until an operator changes something.

    ``code`` is AWS's error code, ``operation`` the refused call. Each service has its own subclass,
    which is also a subclass of that service's outage error, so that callers retry as after one.
    """

    def __init__(self, text: str, *, code: str = "", operation: str = "") -> None:
        """Keep what the operators need to know; ``text`` is for callers."""
        super().__init__(text)
        self.code, self.operation = code, operation


class StoreMisconfiguredError(ServiceMisconfiguredError, StoreUnavailableError):
    """The table is gone, the shop may not use it, or DynamoDB's error code is unknown."""


class SecretsMisconfiguredError(ServiceMisconfiguredError, SecretsUnavailableError):
    """The signing keys are gone, or the shop may not read them."""


class QueueMisconfiguredError(ServiceMisconfiguredError, QueueUnavailableError):
    """A queue is gone, or the shop may not use it."""
