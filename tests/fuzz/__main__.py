"""``python -m tests.fuzz``: many hostile requests; a failure prints how to see it again."""

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress

from hypothesis import reporting

from infra.local.deploy import deploy
from infra.local.emulator import Emulator
from tests.conftest import CREDENTIALS, forget_clients
from tests.fuzz.helpers.openapi_requests import send_covering, send_drawn, walk_links
from tests.fuzz.helpers.refusals import refuse_events
from tests.fuzz.helpers.sending import Tally, send_events
from tests.fuzz.helpers.worker_messages import send_messages
from tests.fuzz.helpers.world import ENFORCED, OPEN, World, new_world

_MODES = (ENFORCED, OPEN)
#: How many requests share a seed: a failure is found again in that many.
_BATCH = 500

Send = Callable[..., Tally]
KINDS: dict[str, Send] = {
    "events": send_events,
    "drawn": send_drawn,
    "links": walk_links,
    "covering": send_covering,
    "messages": send_messages,
    "refusals": refuse_events,
}
#: Who sends the next batch, in turn: the cheapest most often.
_TURNS = ("covering", *("events",) * 5, "drawn", *("events",) * 5, "links", "messages")


def say(text: str) -> None:
    """Print one line at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


@contextmanager
def fresh_shop() -> Iterator[World]:
    """Stand up an emulator with a shop on it, and make it this process's shop."""
    os.environ.update(CREDENTIALS)
    with ExitStack() as stack:
        emulator = stack.enter_context(Emulator())
        places = deploy(emulator.endpoint_url)
        os.environ.update(
            places,
            AWS_ENDPOINT_URL=emulator.endpoint_url,
            AWS_REGION=places["REGION"],
            SHOP_PAYMENT_WAIT_SECONDS="0",
        )
        forget_clients()
        yield stack.enter_context(new_world())


class Campaign:
    """What was sent so far, and what broke."""

    def __init__(self, options: argparse.Namespace) -> None:
        """Begin with nothing."""
        self.options = options
        self.began = time.monotonic()
        self.tallies = {kind: Tally() for kind in KINDS}
        self.failures: dict[str, str] = {}
        #: Requests of batches that broke; how many of them were sent is not known.
        self.lost = 0

    @property
    def requests(self) -> int:
        """Return how many requests were sent."""
        return sum(tally.requests for tally in self.tallies.values())

    def run(self, world: World) -> None:
        """Send batch after batch, the kinds and the modes in turn."""
        turn = 0
        while (done := self.requests + self.lost) < self.options.n:
            turns = (self.options.kind,) if self.options.kind else _TURNS
            kind = turns[turn % len(turns)]
            mode = self.options.mode or _MODES[turn // len(turns) % len(_MODES)]
            if self.options.minutes and time.monotonic() - self.began > 60 * self.options.minutes:
                say("time is up")
                return
            count = min(_BATCH, self.options.n - done)
            self._send(world, kind, mode, self.options.seed + turn, count)
            turn += 1
            say(
                f"{self.requests:,} requests, {self.rate:.0f} a second, {len(self.failures)} broken"
            )

    @property
    def rate(self) -> float:
        """Return the requests per second."""
        return self.requests / max(time.monotonic() - self.began, 0.001)

    def _send(self, world: World, kind: str, mode: str, number: int, count: int) -> None:
        world.reset()
        try:
            self.tallies[kind].add(KINDS[kind](world, mode=mode, number=number, count=count))
        except Exception as failure:  # noqa: BLE001  # Whatever it is, it is what we look for.
            self.lost += count
            text = f"{type(failure).__name__}: {failure}"
            about = text.partition("\n")[0][:200]
            if about not in self.failures:
                again = f"--kind {kind} --mode {mode} --seed {number} --n {count}"
                self.failures[about] = f"python -m tests.fuzz {again}"
                say(f"BROKEN  {text[:4000]}\n        {self.failures[about]}")

    def tell(self) -> None:
        """Print the figures."""
        for kind, tally in self.tallies.items():
            if not tally.requests:
                continue
            statuses = ", ".join(
                f"{key}: {n:,}" for key, n in sorted(tally.statuses.items(), key=str)
            )
            say(f"{kind}: {tally.requests:,} requests; {statuses}")
        for about, again in self.failures.items():
            say(f"BROKEN  {about}\n        {again}")
        seconds = time.monotonic() - self.began
        say(
            f"{self.requests:,} requests from seed {self.options.seed}, {seconds:.0f} s, "
            f"{self.rate:.0f} a second, {len(self.failures)} distinct failures"
        )


def main() -> int:
    """Run the command; return 1 if something broke."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.fuzz",
        description="Send the shop requests that no client should send.",
    )
    parser.add_argument("--n", type=int, default=1000, help="how many requests")
    parser.add_argument(
        "--seed", type=int, default=0, help="seed of the first batch; the next is +1"
    )
    parser.add_argument("--minutes", type=float, help="stop after so long, done or not")
    parser.add_argument("--kind", choices=KINDS, help="only this kind of request")
    parser.add_argument("--mode", choices=_MODES, help="only this AUTH_MODE")
    options = parser.parse_args()
    campaign = Campaign(options)
    with reporting.with_reporter(lambda _: None), fresh_shop() as world:
        campaign.began = time.monotonic()
        with suppress(KeyboardInterrupt):
            campaign.run(world)
    campaign.tell()
    return 1 if campaign.failures else 0


if __name__ == "__main__":
    sys.exit(main())
