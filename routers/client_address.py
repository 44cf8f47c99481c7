"""The address a request comes from, behind proxies that the operator has named."""

from starlette.requests import Request
from starlette.types import Scope

from app.domain.errors import SettingsError
from app.security.origins import Origin, address_hash
from app.security.signing_keys import known_signing_keys
from app.settings import get_settings


def hash_client_address(scope: Scope) -> str | None:
    """Return the keyed hash of a request's address, or None before the keys are read."""
    keys = known_signing_keys()
    try:
        trusted_proxies = get_settings().trusted_proxies
    except SettingsError:
        return None
    if keys is None:
        return None
    address = find_client_address(Request(scope), trusted_proxies=trusted_proxies)
    return address_hash(keys, Origin(address))


def find_client_address(request: Request, *, trusted_proxies: int) -> str:
    """Return the address of the client; ``trusted_proxies`` stand between it and the shop.

    Each proxy appends the address of its own caller to ``X-Forwarded-For``. What stands before
    those entries was written by the client, so it counts for nothing. With 0 the header is not
    read; with more proxies than entries the address of the connection counts.
    """
    peer = request.client.host if request.client else ""
    if not trusted_proxies:
        return peer
    chain = [
        entry.strip()
        for header in request.headers.getlist("x-forwarded-for")
        for entry in header.split(",")
    ]
    if not chain or chain[-1] != peer:
        # API Gateway appends its caller itself; other servers leave that to us.
        chain.append(peer)
    return chain[-1 - trusted_proxies] if len(chain) > trusted_proxies else peer
