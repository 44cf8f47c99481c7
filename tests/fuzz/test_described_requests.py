"""What the API document promises is what schemathesis finds, with every check it has."""

import pytest
from schemathesis.checks import CHECKS, load_all_checks

from tests.fuzz.helpers.openapi_requests import send_covering, send_drawn, walk_links
from tests.fuzz.helpers.sending import SendAll
from tests.fuzz.helpers.world import ENFORCED, OPEN
from tests.support.sizes import SIZES

both_modes = pytest.mark.parametrize("mode", [ENFORCED, OPEN])


@both_modes
def test_requests_right_and_wrong_are_answered_as_documented(send_all: SendAll, mode: str) -> None:
    tally = send_all(send_drawn, mode=mode)

    assert tally.requests >= SIZES.hostile_requests
    assert {200, 400} <= set(tally.statuses)


@both_modes
def test_every_bound_method_and_missing_part_is_answered_as_documented(
    send_all: SendAll, mode: str
) -> None:
    tally = send_all(send_covering, mode=mode)

    assert tally.requests >= min(SIZES.hostile_requests, 100)
    assert {200, 400, 405} <= set(tally.statuses)


@both_modes
def test_a_walk_along_the_links_finds_what_it_made(send_all: SendAll, mode: str) -> None:
    tally = send_all(walk_links, mode=mode)

    # That what was made is found is a check of every answer (ensure_resource_availability).
    # A few steps may make nothing: what is drawn depends on the modules that are loaded.
    assert ({200, 201} if tally.requests >= 200 else {200}) <= set(tally.statuses)


def test_no_check_is_left_out() -> None:
    load_all_checks()

    assert {check.__name__ for check in CHECKS.get_all()} >= {
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_headers_conformance",
        "response_schema_conformance",
        "negative_data_rejection",
        "positive_data_acceptance",
        "missing_required_header",
        "unsupported_method",
        "allow_header_conformance",
        "use_after_free",
        "ensure_resource_availability",
        "ignored_auth",
    }
