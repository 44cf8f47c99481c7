"""Why the shop on this machine cannot start or go on."""

from app.domain.errors import ShopError


class LocalShopError(ShopError):
    """The local shop cannot start or go on; the text says why and what to do."""


class DataFolderError(LocalShopError):
    """The data folder cannot be used: not a folder, not writable, damaged or in use."""


class PortError(LocalShopError):
    """The port cannot be listened on."""


class EmulatorError(LocalShopError):
    """The AWS emulator did not start."""


class EmulatorSilentError(LocalShopError):
    """The AWS emulator of a running shop does not answer."""


class OutdatedDataError(LocalShopError):
    """The stored data has another shape than this version of the shop expects."""


class ChildError(LocalShopError):
    """A process of the shop did not start."""


class NotRunningError(LocalShopError):
    """No shop runs on the data folder."""
