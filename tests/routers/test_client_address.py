"""Which address counts as the client's."""

import pytest
from starlette.requests import Request

from routers.client_address import find_client_address

PEER = "198.51.100.9"


def address(*forwarded: str, proxies: int, peer: str | None = PEER) -> str:
    headers = [(b"x-forwarded-for", entry.encode()) for entry in forwarded]
    client = (peer, 1) if peer is not None else None
    request = Request({"type": "http", "headers": headers, "client": client})
    return find_client_address(request, trusted_proxies=proxies)


def test_without_a_trusted_proxy_the_header_is_not_read() -> None:
    assert address("192.0.2.1", proxies=0) == PEER
    assert address(proxies=0, peer=None) == ""


@pytest.mark.parametrize("end", [[], [PEER]], ids=["a server", "API Gateway, which appends"])
def test_behind_a_proxy_its_entry_counts_and_no_earlier_one(end: list[str]) -> None:
    assert address(", ".join(["192.0.2.1", *end]), proxies=1) == "192.0.2.1"
    assert address(", ".join(["6.6.6.6", "192.0.2.1", *end]), proxies=1) == "192.0.2.1"
    assert address("6.6.6.6", ",".join(["192.0.2.1", *end]), proxies=1) == "192.0.2.1"


def test_two_proxies_are_two_entries() -> None:
    assert address("6.6.6.6, 192.0.2.1, 203.0.113.5", proxies=2) == "192.0.2.1"


@pytest.mark.parametrize("header", [[], [PEER]])
def test_with_fewer_entries_than_proxies_the_connection_counts(header: list[str]) -> None:
    assert address(*header, proxies=1) == PEER
