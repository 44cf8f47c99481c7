"""Instants as text: nothing is lost, and text sorts like time."""

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from app.domain.instants import instant_to_text, text_to_instant

instants = st.datetimes(min_value=datetime(1000, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(instants)
def test_an_instant_is_read_as_it_was_written(instant: datetime) -> None:
    assert text_to_instant(instant_to_text(instant)) == instant


@given(instants, instants)
def test_text_sorts_like_time(one: datetime, other: datetime) -> None:
    assert (instant_to_text(one) < instant_to_text(other)) is (one < other)


def test_another_time_zone_is_the_same_instant() -> None:
    there = datetime(2026, 11, 23, 10, tzinfo=timezone(timedelta(hours=1)))

    assert instant_to_text(there) == "2026-11-23T09:00:00.000000Z"
