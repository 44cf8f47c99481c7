"""Every way an operation of the shop can fail, without a word of HTTP."""


class ShopError(Exception):
    """Something the shop refuses or cannot do; the text is fit for the caller."""


class SettingsError(ShopError):
    """An environment variable is missing or makes no sense."""


class InvalidInputError(ShopError):
    """A value from outside is wrong; the text names the field and never repeats a secret."""


class NotFoundError(ShopError):
    """Nothing is stored under the id that was asked for."""


class ProductNotFoundError(NotFoundError):
    """No product has this id."""


class OrderNotFoundError(NotFoundError):
    """No order has this id."""


class UserNotFoundError(NotFoundError):
    """No user has this id."""


class UsernameTakenError(ShopError):
    """Another user registered this name first."""


class InvalidCredentialsError(ShopError):
    """The name is unknown or the password is wrong; which one is not told."""


class UnauthorizedError(ShopError):
    """The caller has no valid token and needs one."""


class ForbiddenError(ShopError):
    """The caller is known and may not do this."""


class IdempotencyConflictError(ShopError):
    """The idempotency key was used before with another body."""


class CartFullError(ShopError):
    """The cart holds as much as one item of the table can."""


class OrderNotPaidError(ShopError):
    """A shipment was reported for an order that nobody has paid yet."""


class StoreUnavailableError(ShopError):
    """The table did not answer in time; nothing is known about the operation's effect."""


class SecretsUnavailableError(ShopError):
    """The keeper of the signing keys did not answer in time."""


class QueueUnavailableError(ShopError):
    """A queue did not take a message in time; it may or may not have been stored."""
