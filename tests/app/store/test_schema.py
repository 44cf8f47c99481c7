"""The shape of the table, which deployments and tests are built from."""

from app.store.schema import GSI1, GSI2, GSI3, SHAPE


def test_every_key_attribute_is_named_once() -> None:
    names = SHAPE.key_attributes

    assert len(set(names)) == len(names)
    assert names[:2] == ("PK", "SK")
    assert set(names[2:]) == {
        f"{index.name}{end}" for index in SHAPE.indexes for end in ("PK", "SK")
    }


def test_only_the_index_that_answers_by_itself_holds_whole_items() -> None:
    """Every write of an item is paid for again in each index that holds it."""
    assert SHAPE.indexes == (GSI1, GSI2, GSI3)
    assert [index.projection for index in SHAPE.indexes] == ["ALL", "KEYS_ONLY", "KEYS_ONLY"]
