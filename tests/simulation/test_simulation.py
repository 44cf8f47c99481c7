"""Whatever crashes, repeats, reorders, races or stalls: one end, one charge, one shipment."""

import asyncio
import os
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from itertools import chain, combinations, compress
from random import Random

import pytest

from tests.mutations.in_process import VARIABLE
from tests.simulation.__main__ import main
from tests.simulation.simulator.faults import DAY, MINUTE, Fault
from tests.simulation.simulator.loop import Process, SimLoop
from tests.simulation.simulator.rules import DECLINED, DELIVERED, ViolationError
from tests.simulation.simulator.runner import replay_line, run_many
from tests.simulation.simulator.shoppers import Shopper
from tests.simulation.simulator.world import World, hash_of, simulate, simulate_traced
from tests.support.sizes import SIZES

#: The same schedules in every run of the suite; ``make chaos`` and ``make proof`` run others.
SEED, SCHEDULES = 1_000_000 + SIZES.seed, SIZES.schedules


@pytest.mark.proof
def test_every_promise_is_kept_in_every_schedule(figure: Callable[[str], None]) -> None:
    jobs = os.cpu_count() or 1 if SIZES.is_full else 1

    for summary in run_many(SCHEDULES, SEED, jobs=jobs):
        figure(
            f"{summary.schedules:,} schedules, {len(summary.failures)} broken promises; "
            f"{summary.orders:,} orders, {summary.events:,} events"
        )

    broken = "\n".join(
        f"{failure.about}\n{replay_line(failure.seed)}" for failure in summary.failures
    )
    assert summary.schedules == SCHEDULES
    assert not broken, broken


def test_a_seed_decides_everything_in_every_process() -> None:
    """Hashes of texts differ from process to process, so an order of theirs would show."""
    program = (
        "from tests.simulation.simulator.world import hash_of, simulate_traced\n"
        "print([hash_of(simulate_traced(seed)[1]) for seed in range(20)])"
    )
    other_seed = "2" if os.environ.get("PYTHONHASHSEED") == "1" else "1"
    there = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONHASHSEED": other_seed},
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    here = [hash_of(simulate_traced(seed)[1]) for seed in range(20)]

    assert there == f"{here}\n"
    assert len(set(here)) == 20


_RARITIES = (
    "the sweeper and a payment decided at the same moment",
    "no operator redrives dead letters",
    "dead letters were sent back more than a day later",
    "more open orders than one page of the sweeper",
    "the schedule called every five minutes",
    "one key, two users",
    "one key, two cards",
)
#: Schedules that met the first and the fourth when this was written: the rarest are looked for
#: there first.
_RARE_SEEDS = (286, 172)


def _rare(world: World) -> Iterator[str]:
    """Yield what of the rare things there was in a schedule."""
    entries = world.trace.entries
    sweeps = [at for at, _, event, _ in entries if event == "sweeps" and at < world.faults_end_at]
    redrives = [at for at, _, event, _ in entries if event == "redrives"]
    drafts = defaultdict(set)
    for purchase in world.purchases:
        drafts[purchase.key].add((purchase.draft.user_id, purchase.draft.card))
    keyed = [pairs for key, pairs in drafts.items() if key]
    is_rare = (
        world.history.races,
        not world.faults.has_operator,
        any(DAY < at < world.faults_end_at for at in redrives),
        len(world.history.orders()) > 100,
        any(round(later - at, 3) == 5 * MINUTE for at, later in combinations(sweeps[-40:], 2)),
        any(len({user for user, _ in pairs}) > 1 for pairs in keyed),
        any(one[0] == two[0] for pairs in keyed for one, two in combinations(pairs, 2)),
    )
    yield from compress(_RARITIES, is_rare)


def test_the_schedules_meet_every_fault_and_every_end() -> None:
    events: Counter[str] = Counter()
    ends: Counter[tuple[int, str]] = Counter()
    seen: Counter[str] = Counter()
    for count, seed in enumerate(chain(_RARE_SEEDS, range(400))):
        world = World(seed)
        world.run()
        events.update(event for _, _, event, _ in world.trace.entries)
        seen.update(_rare(world))
        for order in world.history.orders():
            decision = world.history.decision(order["order_id"]) or {}
            ends[order["state"], decision["message"]] += 1
        # The other things are met a hundred times by then.
        if count > 100 and all(seen[rarity] for rarity in _RARITIES):
            break

    for fault in tuple(Fault)[1:]:
        assert any(event.endswith(fault) for event in events), fault
    for event in ("died", "gives up", "redrives", "gave up", "forgot", "purges", "sweeps"):
        assert events[event], event
    for rarity in _RARITIES:
        assert seen[rarity], rarity
    for status in (200, 202, 422, 503, "nothing"):
        assert events[f"is told {status}"], status
    assert set(ends) == {
        (DELIVERED, "transaction successful"),
        (DECLINED, "creditcard validation has failed, unable to process payment"),
        (DECLINED, "payment timed out"),
    }


def test_a_dead_process_is_never_resumed() -> None:
    loop, seen = SimLoop(Random(1)), []
    process = Process("p")

    async def work() -> None:
        try:
            seen.append("begins")
            await asyncio.sleep(5)
        finally:
            seen.append("ends")

    loop.start(process, work())
    loop.at(loop.world, 1, setattr, process, "is_alive", False)
    loop.run()

    assert seen == ["begins"]
    assert loop.now == 1
    loop.cancel_everything()


def test_time_outs_and_sleep_run_on_simulated_time() -> None:
    loop = SimLoop(Random(1))

    async def work() -> float:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(86_400):
                await asyncio.sleep(10**9)
        return asyncio.get_running_loop().time()

    task = loop.start(Process("p"), work())
    loop.run()

    assert task.result() == 86_400


def test_a_failure_prints_the_line_that_replays_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, "")
    options = ["--seed", "0", "--mutant", "a decision is overwritten", "--n", "40"]

    assert main(options) == 1
    told = capsys.readouterr().out

    assert "make chaos N=1 SEED=" in told
    assert "BROKEN  a payment is decided once" in told
    assert "\x1b" not in told


def test_a_run_without_failure_says_so_in_json(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, "")

    assert main(["--n", "3", "--json"]) == 0

    assert '"failures": []' in capsys.readouterr().out


def test_a_client_that_is_told_a_lie_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    def lie(self: Shopper, *arguments: object) -> None:
        raise ViolationError("a client is told the truth", "a lie")

    monkeypatch.setattr(Shopper, "_told", lie)

    assert simulate(0).rule == "a client is told the truth"


def test_a_violation_names_its_rule_first() -> None:
    assert str(ViolationError("a rule", "broken")) == "a rule: broken"
