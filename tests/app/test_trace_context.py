"""Reading and carrying on a W3C trace context."""

import re

import pytest

from app.trace_context import (
    TraceContext,
    current_trace_id,
    following,
    following_order,
    make_traceparent,
    new_trace,
    read_traceparent,
)

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
OTHER = "0af7651916cd43dd8448eb211c80319c"


@pytest.mark.parametrize(
    ("text", "flags"),
    [
        (f"00-{TRACE}-{PARENT}-01", "01"),
        (f"00-{TRACE}-{PARENT}-00", "00"),
        # Only the first flag has a meaning for the shop.
        (f"00-{TRACE}-{PARENT}-ff", "01"),
        # A later version may have more.
        (f"cc-{TRACE}-{PARENT}-01", "01"),
        (f"01-{TRACE}-{PARENT}-02-what-comes-later", "00"),
    ],
)
def test_a_valid_traceparent_names_its_trace(text: str, flags: str) -> None:
    assert read_traceparent(text) == TraceContext(TRACE, flags, PARENT)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        TRACE,
        f"00-{TRACE}-{PARENT}",
        f"00-{TRACE}-{PARENT}-01-more",
        f"00-{TRACE}-{PARENT}-01-",
        f"01-{TRACE}-{PARENT}-01more",
        f"ff-{TRACE}-{PARENT}-01",
        f"00-{TRACE.upper()}-{PARENT}-01",
        f"00-{'0' * 32}-{PARENT}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE[:-1]}-{PARENT}-01",
        f"00-{TRACE}-{PARENT}-1",
        f" 00-{TRACE}-{PARENT}-01",
        f"00-{TRACE}-{PARENT}-01\n",
        f"00-{TRACE}-{PARENT}-01, 00-{TRACE}-{PARENT}-01",
        f"00-{'٤' * 32}-{PARENT}-01",
        f"00-{TRACE}-{PARENT}-01" * 10_000,
        "4111111111111111",
    ],
)
def test_anything_else_is_ignored(text: str) -> None:
    assert read_traceparent(text) is None


def test_a_new_trace_is_valid_and_another_each_time() -> None:
    first, second = new_trace(), new_trace()

    with following(first):
        text = make_traceparent()

    read = read_traceparent(str(text))
    assert read is not None
    assert (read.trace_id, read.flags) == (first.trace_id, first.flags)
    assert first != second


def test_what_is_carried_on_has_a_parent_of_its_own() -> None:
    with following(TraceContext(TRACE, "01")):
        texts = {make_traceparent() for _ in range(3)}

    assert len(texts) == 3
    assert all(re.fullmatch(f"00-{TRACE}-[0-9a-f]{{16}}-01", text or "") for text in texts)


def test_a_recorded_span_carries_on_what_was_not_sampled() -> None:
    with following(TraceContext(TRACE)):
        text = make_traceparent(PARENT)

    assert text == f"00-{TRACE}-{PARENT}-01"


def test_outside_of_a_trace_nothing_is_carried_on() -> None:
    assert current_trace_id() is None
    assert make_traceparent() is None


def test_an_order_is_followed_under_its_own_id() -> None:
    with following(TraceContext(TRACE, "01")):
        with following_order(OTHER):
            inside = current_trace_id()
        with following_order(TRACE):
            same = make_traceparent()
        with following_order(None):
            without = current_trace_id()
        after = current_trace_id()

    assert (inside, without, after) == (OTHER, TRACE, TRACE)
    assert str(same).endswith("-01")
