"""Where a request comes from, as keyed hashes: the address, and the device if it is known.

A device is known for a name once that name has logged in on it. Its cookie holds, for each of the
last few names, a random number and its signature; it is no token and proves nothing but that. So
strangers who guess passwords cannot lock a device out
(https://owasp.org/www-community/Slow_Down_Online_Guessing_Attacks_with_Device_Cookies).
"""

import hmac
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from ipaddress import IPv6Address, ip_address

from app.security.signing_keys import SigningKeys
from app.usernames import name_to_count

DEVICE_LIFETIME = timedelta(days=180)

#: Names that one device remembers; a cookie of them all stays below 600 bytes.
_MOST_NAMES = 8

#: 96 bits: enough against collisions and against guessing a signature.
_HASH_CHARACTERS = 16


@dataclass(frozen=True)
class Origin:
    """The address that a request comes from, and what it sent as its device cookie."""

    address: str = ""
    device_cookie: str = ""


def keyed_hash(keys: SigningKeys, kind: str, *parts: str) -> str:
    """Return a short HMAC of ``parts``; ``kind`` makes the hashes of each use different."""
    text = "\0".join([kind, *(f"{len(part)}:{part}" for part in parts)])
    digest = hmac.new(keys.fingerprint, text.encode(errors="replace"), sha256).digest()
    return urlsafe_b64encode(digest).decode()[:_HASH_CHARACTERS]


def network_of(address: str) -> str:
    """Return what counts as one address: an IPv4 address, or the /64 network of an IPv6 one.

    One customer of a provider has a whole /64, and could change the address with each attempt.
    """
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(IPv6Address(int(parsed) >> 64 << 64))


def address_hash(keys: SigningKeys, origin: Origin) -> str:
    """Return the hash that stands for an address wherever it is counted, stored or logged."""
    return keyed_hash(keys, "address", network_of(origin.address))


def known_device(keys: SigningKeys, origin: Origin, username: str) -> str | None:
    """Return the number of the device if this name has logged in on it, else None."""
    tag = _tag(keys, username)
    return next((number for known, number in _entries(keys, origin) if known == tag), None)


def remember_device(keys: SigningKeys, origin: Origin, username: str) -> str:
    """Return the device cookie after a login: this name first, then those it had."""
    tag = _tag(keys, username)
    number = known_device(keys, origin, username) or secrets.token_urlsafe(9)
    others = [entry for entry in _entries(keys, origin) if entry[0] != tag]
    entries = [(tag, number), *others][:_MOST_NAMES]
    return "~".join(f"{tag}.{number}.{_signature(keys, tag, number)}" for tag, number in entries)


def _entries(keys: SigningKeys, origin: Origin) -> Iterator[tuple[str, str]]:
    """Yield the tag and the number of each name whose signature is right."""
    for entry in origin.device_cookie.split("~")[:_MOST_NAMES]:
        tag, _, rest = entry.partition(".")
        number, _, signature = rest.partition(".")
        expected = _signature(keys, tag, number)
        if hmac.compare_digest(signature.encode(errors="replace"), expected.encode()):
            yield tag, number


def _tag(keys: SigningKeys, username: str) -> str:
    return keyed_hash(keys, "device-name", name_to_count(username))


def _signature(keys: SigningKeys, tag: str, number: str) -> str:
    return keyed_hash(keys, "device", tag, number)
