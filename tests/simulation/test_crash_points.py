"""Every call to AWS that a handler can make fails in every way, once and for a while."""

import pytest

from tests.simulation.crash_points.call_sites import Site, client_calls, the_code
from tests.simulation.crash_points.key_rotation import FakeSecrets, rotate
from tests.simulation.crash_points.requests import REQUESTS, Run, calm_run, complaints
from tests.simulation.crash_points.scenarios import ATTEMPTS, SCENARIOS, FaultScript, ScenarioRun
from tests.simulation.simulator.fake_clients import FakeClient
from tests.simulation.simulator.faults import Fault
from tests.simulation.simulator.rules import ViolationError
from tests.support.sizes import SIZES, matrix

FAULTS = tuple(Fault)[1:]

#: How often a fault comes: for a while, and (in `make proof`) once.
REPEATS = matrix(ATTEMPTS, 1)


def disturbed(sites: dict[int, Site]) -> dict[int, Site]:
    """Return the calls that get a fault: in small the first from each call site."""
    if SIZES.is_full:
        return sites
    first = {site: place for place, site in reversed(sites.items())}
    return {place: site for site, place in first.items()}


#: What the scenarios have tried so far: which fault at which call site.
_tried: set[tuple[Site, Fault]] = set()


def broken_promises(name: str) -> list[str]:
    """Play a scenario with each fault at each of its calls; return what went wrong."""
    scenario = SCENARIOS[name]
    undisturbed = ScenarioRun(scenario, FaultScript())
    undisturbed.play()
    broken = []
    for place, site in disturbed(undisturbed.sites).items():
        for fault in FAULTS:
            for repeats in REPEATS:
                run = ScenarioRun(scenario, FaultScript(fault, at=place, repeats=repeats))
                try:
                    run.play()
                except ViolationError as violation:
                    broken.append(f"{name}, call {place} {site} {fault} x{repeats}: {violation}")
                _tried.add((run.sites[place], fault))
    return broken


def complaints_about(name: str) -> list[str]:
    """Make a request with each fault at each of its calls; return what went wrong."""
    case = REQUESTS[name]
    calm, alone = calm_run(case), Run(case, FaultScript()).go()
    found = []
    for place, site in disturbed(alone.sites).items():
        for fault in FAULTS:
            for repeats in REPEATS:
                what = complaints(case, fault, at=place, repeats=repeats, calm=calm)
                found += [f"{name}, call {place} {site} {fault} x{repeats}: {one}" for one in what]
                _tried.add((site, fault))
    return found


def rotations_gone_wrong() -> list[str]:
    """Rotate the signing keys with each fault at each call; return what went wrong."""
    calm = FakeSecrets()
    assert rotate(calm) is None
    found = []
    for place, site in enumerate(calm.sites):
        for fault in FAULTS:
            for repeats in REPEATS:
                what = rotate(FakeSecrets(fault, at=place, repeats=repeats))
                found += [f"call {place} {site} {fault} x{repeats}: {what}"] if what else []
                _tried.add((site, fault))
    return found


@pytest.mark.proof
@pytest.mark.parametrize("name", SCENARIOS)
def test_a_crash_at_any_call_changes_no_end(name: str) -> None:
    assert broken_promises(name) == []


@pytest.mark.proof
@pytest.mark.parametrize("name", REQUESTS)
def test_a_fault_at_any_call_of_a_request_leaves_it_done_or_not_done(name: str) -> None:
    assert complaints_about(name) == []


@pytest.mark.proof
def test_a_rotation_with_a_fault_at_any_call_ends_one_key_further() -> None:
    assert rotations_gone_wrong() == []


def test_every_call_site_of_every_handler_is_tried_with_every_fault() -> None:
    if not _tried:
        for name in SCENARIOS:
            broken_promises(name)
        for name in REQUESTS:
            complaints_about(name)
        rotations_gone_wrong()
    sites = the_code().reachable_sites

    assert {site for site, _ in _tried} - sites == set()
    assert {(site, fault) for site in sites for fault in FAULTS} - _tried == set()


def test_the_call_sites_are_read_from_the_code() -> None:
    sites = the_code().reachable_sites

    assert len(sites) >= 14
    assert ("app/store/payments.py", "decide_once", "put", 0) in sites
    assert ("app/store/orders.py", "advance_order", "update", 0) in sites
    assert ("app/services/shipments.py", "ship_order", "send", 1) in sites


def test_the_stand_in_knows_every_call_of_the_client() -> None:
    assert {call for call in client_calls() if not hasattr(FakeClient, call)} == set()
