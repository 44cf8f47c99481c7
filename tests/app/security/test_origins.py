"""Addresses and devices, and the hashes that stand for them."""

import pytest

from app.security.origins import (
    Origin,
    address_hash,
    keyed_hash,
    known_device,
    network_of,
    remember_device,
)
from app.security.signing_keys import SigningKeys

KEYS = SigningKeys(access=(b"a" * 32,), refresh=(b"r" * 32,), fingerprint=b"f" * 32)
OTHER_KEYS = SigningKeys(access=(b"a" * 32,), refresh=(b"r" * 32,), fingerprint=b"g" * 32)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2:ffff::", "2001:db8:1:2::"),
        ("fe80::1%eth0", "fe80::"),
        ("", ""),
        ("testclient", "testclient"),
    ],
)
def test_one_customer_of_a_provider_is_one_address(address: str, network: str) -> None:
    assert network_of(address) == network


def test_a_hash_needs_the_keys_and_belongs_to_one_use() -> None:
    made = keyed_hash(KEYS, "login", "eric", "x")

    assert made == keyed_hash(KEYS, "login", "eric", "x")
    assert len(made) == 16
    assert made not in {
        keyed_hash(OTHER_KEYS, "login", "eric", "x"),
        keyed_hash(KEYS, "device", "eric", "x"),
        keyed_hash(KEYS, "login", "ericx", ""),
        keyed_hash(KEYS, "login", "eric\0001:x"),
    }
    assert "192.0.2.1" not in address_hash(KEYS, Origin("192.0.2.1"))


def test_a_device_is_known_for_the_names_that_logged_in_on_it() -> None:
    first = Origin(device_cookie=remember_device(KEYS, Origin(), "Eric"))
    both = Origin(device_cookie=remember_device(KEYS, first, "staff"))
    again = Origin(device_cookie=remember_device(KEYS, both, "eric"))

    assert known_device(KEYS, first, "eric") == known_device(KEYS, both, "ERIC ")
    assert known_device(KEYS, again, "eric") == known_device(KEYS, first, "eric") is not None
    assert known_device(KEYS, both, "staff") not in {None, known_device(KEYS, both, "eric")}
    assert known_device(KEYS, both, "han") is None
    assert known_device(OTHER_KEYS, both, "eric") is None


def test_a_device_remembers_the_last_names_and_its_cookie_stays_small() -> None:
    origin = Origin()
    for number in range(20):
        cookie = remember_device(KEYS, origin, f"user{number}")
        origin = Origin(device_cookie=cookie)

    known = [number for number in range(20) if known_device(KEYS, origin, f"user{number}")]

    assert known == list(range(12, 20))
    assert len(cookie) < 600


@pytest.mark.parametrize(
    "forge",
    [
        lambda cookie: "",
        lambda cookie: "~~..~",
        lambda cookie: cookie[:-1],
        lambda cookie: cookie.replace(".", ".x", 1),
        lambda cookie: "x" + cookie,
        lambda cookie: cookie[:-1] + "\u00e9",
        lambda cookie: "\udcff" * 9,
    ],
)
def test_a_cookie_that_was_made_up_is_no_device(forge: object) -> None:
    cookie = remember_device(KEYS, Origin(), "eric")

    assert callable(forge)
    assert known_device(KEYS, Origin(device_cookie=forge(cookie)), "eric") is None
