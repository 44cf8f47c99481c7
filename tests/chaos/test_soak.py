"""A short version of ``python -m tests.chaos.soak``."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.chaos.helpers import faulty_proxy
from tests.chaos.helpers.faulty_proxy import Fault, FaultyProxy
from tests.chaos.helpers.process_memory import MemoryGauge
from tests.chaos.soak import Plan, run
from tests.support.sizes import SIZES

# Too short to say anything about memory. A call that hangs takes a worker almost three seconds,
# and a crowd of orders on a busy machine takes longer: what comes again sooner is received too
# often and dies.
SHORT = Plan(
    SIZES.soak_seconds,
    seed=1,
    customers=4,
    pause_seconds=0.1,
    poison_per_queue=1,
    crowd=SIZES.crowd,
    visibility_seconds=12,
    reading_seconds=0.5,
    is_memory_judged=False,
)

#: A process that was just started grows; a part of the full length is too short to say more.
_JUDGED_SECONDS = 600


# An order whose card was lost twice waits for the sweeper, which comes every five minutes.
@pytest.mark.timeout(1200)
@pytest.mark.proof
def test_a_shop_behind_a_faulty_proxy_keeps_its_word_and_a_crowd_is_served(
    tmp_path: Path, figure: Callable[[str], None]
) -> None:
    long = Plan(
        SIZES.soak_seconds,
        seed=1 + SIZES.seed,
        crowd=SIZES.crowd,
        is_memory_judged=SIZES.soak_seconds >= _JUDGED_SECONDS,
    )
    plan = long if SIZES.is_full else SHORT

    report = run(tmp_path, plan)

    figure(
        f"{report.orders:,} orders in {plan.seconds:.0f} s on a faulty connection and in a crowd "
        f"of {plan.crowd}, {len(report.problems)} problems"
    )

    assert report.problems == [], report.text()
    assert report.orders > plan.crowd


def test_the_proxy_has_every_fault_and_passes_the_rest_on(monkeypatch: pytest.MonkeyPatch) -> None:
    # A client that hangs is cut off in the end, so no time-out has to tell a fault from slowness.
    monkeypatch.setattr(faulty_proxy, "_HANG_SECONDS", 0.1)
    monkeypatch.setattr(faulty_proxy, "_SLOW_SECONDS", 0.1)

    async def ask() -> tuple[list[int], FaultyProxy]:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while await reader.readline():
                while (await reader.readline()).strip():
                    pass
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
            writer.close()
            await writer.wait_closed()

        upstream = await asyncio.start_server(answer, "127.0.0.1", 0)
        port = upstream.sockets[0].getsockname()[1]
        proxy = FaultyProxy(lambda: f"http://127.0.0.1:{port}", rate=0.5, seed=1)
        url = await proxy.listen()
        statuses = []
        async with httpx.AsyncClient(timeout=30) as http:
            for _ in range(60):
                try:
                    statuses.append((await http.get(url)).status_code)
                except httpx.HTTPError:
                    statuses.append(0)
        await proxy.close()
        upstream.close()
        await upstream.wait_closed()
        return statuses, proxy

    statuses, proxy = asyncio.run(ask())

    assert set(statuses) == {0, 200, 400, 500}
    assert set(proxy.faults) == set(Fault)
    assert statuses.count(200) >= proxy.calls - proxy.faults.total()


def test_a_process_that_grows_is_noticed() -> None:
    gauge = MemoryGauge()
    gauge._readings = {"steady": [50, 100, *[100] * 38], "leaky": list(range(100, 140))}

    assert gauge.growth()["steady"] == 0.0
    assert gauge.growth()["leaky"] > 0.2


def test_a_process_that_was_started_again_is_noticed() -> None:
    gauge = MemoryGauge()

    gauge.read({"api": 1})
    gauge.read({"api": 2})

    assert gauge.restarted == {"api"}
