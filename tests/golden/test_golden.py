"""What earlier releases stored, sent and handed out is read, and made again where it must stay."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.message_parser import parse_event
from app.messages import EVENTS, EventType
from app.security.tokens import Caller, read_access_token, read_refresh_token
from app.services.fingerprints import is_repeat
from app.store.carts import item_to_cart
from app.store.keys import CARTS, CATALOG, OPEN, ORDERS, USERS, shards
from app.store.order_items import item_to_order
from app.store.pagination import read_token
from app.store.payments import item_to_decision
from app.store.products import item_to_product
from app.store.users import item_to_user
from tests.golden import __main__ as writer
from tests.golden import examples
from tests.golden.releases import FILES, RELEASES, golden

_NAMES = [release.name for release in RELEASES]


def keys_of(item: dict[str, Any]) -> set[str]:
    return {name for name in item if name.endswith(("PK", "SK"))}


@pytest.mark.parametrize("release", _NAMES)
def test_every_release_has_its_files(release: str) -> None:
    assert {path.name for path in (FILES / release).iterdir()} == set(examples.documents())


@pytest.mark.parametrize("name", ["ids.json", "fingerprints.json", "tokens.json"])
@pytest.mark.parametrize("release", _NAMES)
def test_ids_fingerprints_and_tokens_are_made_again_byte_by_byte(release: str, name: str) -> None:
    """Repeats, charges, shipments, sessions and lists would break otherwise."""
    made, found = json.loads(examples.documents()[name]), golden(release, name)

    missing = [key for key in found if key not in made]
    assert missing == []
    if isinstance(found, dict):
        kept = {key: value for key, value in found.items() if key not in _ISSUED_ANEW}
        assert {key: made[key] for key in kept} == kept


#: Tokens of sessions; those of earlier releases say less, and are read below.
_ISSUED_ANEW = frozenset({"access", "refresh"})


#: Attributes whose values may change from release to release, with the reason. The sweeper's
#: index files an order under its next look: ff5ee60 took the time it was placed, the sweeper of
#: either release reads both. Fingerprints have a version: ff5ee60 puts the CVV into them, which may
#: not be kept, so it takes a repeat of an order of this release for another order.
_FILED_ANEW = frozenset({"GSI3SK", "fingerprint"})


@pytest.mark.parametrize("release", _NAMES)
def test_the_attributes_of_items_are_made_again(release: str) -> None:
    """The release before reads what this one stores: attributes may be added, never renamed."""
    made, found = examples.items(), golden(release, "items.json")

    for name, item in found.items():
        kept = {attribute: item[attribute] for attribute in item if attribute not in _FILED_ANEW}
        assert {attribute: made[name].get(attribute) for attribute in kept} == kept, name
        # An item with a key more would be in a list more.
        assert keys_of(made[name]) == keys_of(item), name


@pytest.mark.parametrize("release", _NAMES)
def test_a_cart_has_no_other_attributes(release: str) -> None:
    """Each attribute of a cart but a few is a line, so one more would be an article."""
    found = golden(release, "items.json")["cart"]

    assert examples.items()["cart"] == found


@pytest.mark.parametrize("release", _NAMES)
def test_items_are_read(release: str) -> None:
    items = golden(release, "items.json")

    assert item_to_product(items["product"]) == examples.PRODUCT
    assert item_to_user(items["user"]) == examples.USER
    assert item_to_cart(items["cart"]) == examples.CART
    for name, order in examples.orders().items():
        forms = {f"order {name}": order, f"order {name}, current": examples.with_history(order)}
        for form in items.keys() & forms.keys():
            read = item_to_order(items[form])
            assert read == replace(forms[form], fingerprint=read.fingerprint)
            assert is_repeat(examples.DRAFT, examples.KEYS.fingerprint, stored=read.fingerprint)
    for name, decision in examples.decisions().items():
        assert item_to_decision(items[f"decision {name}"]) == decision


@pytest.mark.parametrize("release", _NAMES)
def test_lists_look_where_items_lie(release: str) -> None:
    """A partition that is no longer read would hide a part of every list."""
    looked_at = {
        *(shard for kind in (ORDERS, OPEN, CARTS, USERS, CATALOG) for shard in shards(kind))
    }
    items: dict[str, dict[str, Any]] = golden(release, "items.json")
    partitions = {
        value
        for item in items.values()
        for name, value in item.items()
        if name.endswith("PK") and name != "PK" and not value.startswith("BUYER#")
    }

    assert partitions <= looked_at
    assert any(partition.endswith("#3") for partition in partitions | looked_at)


@pytest.mark.parametrize("release", _NAMES)
def test_messages_are_read_and_made_again(release: str) -> None:
    """The release before reads what this one sends: fields may be added, never renamed."""
    made, found = examples.messages(), golden(release, "messages.json")

    for name, body in found.items():
        old, new = json.loads(body), json.loads(made[name])
        assert {field: new["data"].get(field) for field in old["data"]} == old["data"], name
        assert new["metadata"] == old["metadata"]
        event = EVENTS[EventType(name.split(" ")[0])]
        assert isinstance(parse_event(body, event), event)


@pytest.mark.parametrize("release", _NAMES)
def test_tokens_are_read(release: str) -> None:
    tokens = golden(release, "tokens.json")
    eric = Caller("u-1", "Eric", examples.USER.role)

    assert read_access_token(tokens["access"], examples.KEYS, now=examples.NOW) == eric
    renewed = read_refresh_token(tokens["refresh"], examples.KEYS, now=examples.NOW)
    assert renewed.caller == eric
    for name in ("orders", "products"):
        assert (read_token(name, tokens[name]) or "").startswith("2026-11-29T12:30")


def test_files_are_written_once_and_only_for_a_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(writer, "FILES", tmp_path)

    for arguments, code in ((["--help"], 0), ([], 2), (["../out"], 2), (["--other"], 2)):
        with pytest.raises(SystemExit) as ended:
            writer.main(arguments)
        assert ended.value.code == code
    assert list(tmp_path.iterdir()) == []
    assert writer.main(["1a2b3c4"]) == 0
    assert {path.name for path in (tmp_path / "1a2b3c4").iterdir()} == set(examples.documents())
    with pytest.raises(SystemExit, match="2"):
        writer.main(["1a2b3c4"])
    assert "written once" in capsys.readouterr().err
