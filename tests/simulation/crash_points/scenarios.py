"""One fault at one call: scenarios of an order, and a script of the fault."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from random import Random

from app.domain.errors import ShopError
from app.messages import ShipmentDelivered
from app.services.order_reading import read_order
from app.store.keys import OPEN, shards
from app.store.orders import list_orders, list_user_orders
from app.store.pagination import PageRequest
from app.store.schema import GSI3
from tests.simulation.crash_points.call_sites import Site, running_site
from tests.simulation.simulator.faults import DrawnFaults, Fault
from tests.simulation.simulator.loop import Process
from tests.simulation.simulator.purchases import EXPIRED, GOOD, Purchase, simple_purchase
from tests.simulation.simulator.rules import DECLINED, DELIVERED, check
from tests.simulation.simulator.sqs import order_in
from tests.simulation.simulator.world import World

#: How often the table handle asks before it gives up.
ATTEMPTS = 3

#: How long whoever files an order by hand waits between two looks.
_HAND_SECONDS = 60.0

#: The number of a call when there is no fault for one of them.
_ANY = -1


class FaultScript(DrawnFaults):
    """No faults, but for one call and perhaps its repeats."""

    def __init__(self, fault: Fault = Fault.NONE, *, at: int = _ANY, repeats: int = 1) -> None:
        """Let ``fault`` happen to the call number ``at`` and its like, ``repeats`` times."""
        super().__init__(Random(0), ends=0)
        self.is_over = True
        self._fault = fault
        self._at = at
        self._left = repeats
        self._hit: tuple[str, str] | None = None
        self._count = 0

    def fault_of_call(self, service: str, operation: str, now: float) -> Fault:
        """Return the fault when its turn has come."""
        number, self._count = self._count, self._count + 1
        call = (service, operation)
        if self._left and (number == self._at or call == self._hit):
            self._hit = call
            self._left -= 1
            return self._fault
        return Fault.NONE

    def note_sites(self, sites: dict[int, Site]) -> Callable[[str, str], None]:
        """Return what notes the place of the next call by its number, if that is of interest.

        To look a place up on the stack takes as long as to play the call.
        """

        def note(service: str, operation: str) -> None:
            if self._at in {self._count, _ANY}:
                sites[self._count] = running_site()

        return note

    def stop(self) -> None:
        """Let nothing fail any more."""
        self._left = 0

    def latency(self) -> float:
        """Return the same every time."""
        return 0.01


@dataclass(frozen=True)
class Scenario:
    """What clients want, which message gets lost, and what else happens."""

    purchases: tuple[Purchase, ...]
    ends_in: frozenset[int]
    loses: str = ""
    is_reported_blindly: bool = False
    catalog_is_cleared_at: float | None = None
    is_read: bool = False
    is_filed_by_hand: bool = False


_ARRIVES, _IS_REFUSED = frozenset({DELIVERED}), frozenset({DECLINED})
_UPS = simple_purchase(GOOD, "UPS")
SCENARIOS = {
    "shipped": Scenario((_UPS,), _ARRIVES),
    "over the counter": Scenario((simple_purchase(GOOD, "instore"),), _ARRIVES),
    "declined": Scenario((simple_purchase(EXPIRED, "UPS"),), _IS_REFUSED),
    "asked twice": Scenario((_UPS, _UPS), _ARRIVES),
    "asked again without a catalog": Scenario(
        (_UPS, simple_purchase(GOOD, "UPS", begins=9)), _ARRIVES, catalog_is_cleared_at=8
    ),
    # A client that asks again is heard.
    "request lost": Scenario((_UPS,), _ARRIVES | _IS_REFUSED, loses="payment-request"),
    "decision lost": Scenario((_UPS,), _ARRIVES, loses="payment-response"),
    "refusal lost": Scenario(
        (simple_purchase(EXPIRED, "UPS"),), _IS_REFUSED, loses="payment-response"
    ),
    "shipment lost": Scenario((_UPS,), _ARRIVES, loses="shipment-request"),
    "report lost": Scenario((_UPS,), _ARRIVES, loses="shipment-response"),
    "delivered without a number": Scenario((_UPS,), _ARRIVES, is_reported_blindly=True),
    "watched": Scenario((_UPS,), _ARRIVES, is_read=True),
    # The sweeper takes a final order off its list again.
    "filed by hand": Scenario((_UPS,), _ARRIVES, is_filed_by_hand=True),
}


class ScenarioRun(World):
    """A world in which one scenario is played."""

    def __init__(self, scenario: Scenario, script: FaultScript) -> None:
        """Get ready for a scenario."""
        super().__init__(1, faults=script, purchases=list(scenario.purchases))
        self.faults_end_at = 60.0
        self.is_checking_sweeps = False
        #: Where each call was made; of a run with a fault, only where the fault happened.
        self.sites: dict[int, Site] = {}
        self._scenario = scenario
        self._lost = False
        self.network.on_call = script.note_sites(self.sites)
        self._deliver: Callable[..., None] = self.sqs.send
        self.sqs.send = self._send  # type: ignore[method-assign]

    def _send(self, queue: str, body: str, delay_seconds: float = 0) -> None:
        if queue == self._scenario.loses and not self._lost:
            self._lost = True
            self.sqs.lost.add(order_in(body))
            return
        self._deliver(queue, body, delay_seconds)
        if queue == "shipment-request" and self._scenario.is_reported_blindly and not self._lost:
            self._lost = True
            order_id = self.history.orders()[0]["order_id"]
            blind = ShipmentDelivered(order_id=order_id, tracking_number="").to_body()
            self._deliver("shipment-response", blind)

    def _schedule_disturbances(self) -> None:
        """Do what the scenario says beside the purchases."""
        loop, scenario = self.loop, self._scenario
        if scenario.catalog_is_cleared_at is not None:
            loop.at(loop.world, scenario.catalog_is_cleared_at, self.catalog.set_price, None)
        if scenario.is_read:
            loop.at(loop.world, 5.0, loop.start, Process("reader"), self._read())
        if scenario.is_filed_by_hand:
            loop.at(loop.world, _HAND_SECONDS, self._file_by_hand)

    def _file_by_hand(self) -> None:
        """Put the order back in the sweeper's list once it is delivered, and sweep twice."""
        for order in self.history.orders():
            if order["state"] == DELIVERED:
                filed = {GSI3.hash_key: shards(OPEN)[0], GSI3.range_key: "0"}
                self.memory.items[order["PK"], order["SK"]] = {**order, **filed}
                for pause in (0.0, _HAND_SECONDS):
                    self.loop.at(self.loop.world, self.loop.now + pause, self.lambdas.sweep)
                return
        self.loop.at(self.loop.world, self.loop.now + _HAND_SECONDS, self._file_by_hand)

    async def _read(self) -> None:
        """Read as the routes do; a reader who gets no answer goes away."""
        table, page = self.lambdas.dependencies.table, PageRequest()
        with suppress(ShopError):
            mine = await list_user_orders(table, "u1", page)
            for order in mine.entries:
                await read_order(table, order.order_id)
            await list_orders(table, page)

    def play(self) -> None:
        """Play the scenario to its end.

        Raises:
            ViolationError: a promise was broken, or it ended as it must not.
        """
        self.run()
        promised = {promise.order_id for promise in self.history.promises}
        for order in self.history.orders():
            message = (self.history.decision(order["order_id"]) or {})["message"]
            is_late = order["order_id"] not in promised and message == "payment timed out"
            is_right = order["state"] in self._scenario.ends_in or is_late
            check(is_right, "the scenario ends as it should", order)
