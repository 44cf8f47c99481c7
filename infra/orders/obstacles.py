"""What holds up an order whatever its item says: queues, mappings, workers, lists, dead letters."""

from collections.abc import Iterable

from app.domain.order import OrderState
from infra.dead_letters.diagnosis import Diagnosis
from infra.orders.facts import Evidence, Explanation, OrderContext, QueueStatus
from infra.orders.filing import PLACED_AT
from infra.orders.queued_messages import QueuedMessage


def obstacles(passed: Iterable[QueueStatus], around: OrderContext) -> list[Explanation]:
    """Return why queues are not emptied: each that is gone, or paused, each worker that is down."""
    passed = list(passed)
    if around.unsaved:
        return [_unsaved(around.unsaved)]
    found = [_gone(status, around) for status in passed if status.queue_obstacle]
    found += (
        _paused(status, around)
        for status in passed
        if status.is_paused and not status.queue_obstacle
    )
    functions: dict[str, list[QueueStatus]] = {}
    for status in passed:
        if status.obstacle:
            functions.setdefault(status.function, []).append(status)
    for function, statuses in functions.items():
        held = " and ".join(
            f"{status.queue} holds {_content(status, around)}" for status in statuses
        )
        found.append(
            Explanation(
                f"The worker {function} does not work: {statuses[0].obstacle}.",
                f"{around.repair}; {held} and delivers by itself then.",
            )
        )
    return found


def may_hold(status: QueueStatus, evidence: Evidence) -> bool:
    """Tell whether the message that moves the order next is, or can be, in a queue."""
    if evidence.messages is not None:
        return _holds_own(status, evidence.messages)
    # Only reports of deliveries are delayed, and an order is shipped before it is delivered.
    delayed = 0 if evidence.order.state is OrderState.PAID else status.delayed
    return bool(status.waiting or status.in_flight or delayed)


def _holds_own(status: QueueStatus, messages: Iterable[QueuedMessage]) -> bool:
    return any(message.queue == status.queue for message in messages)


def _content(status: QueueStatus, around: OrderContext) -> str:
    """Return what a queue holds, in words, and whether the order's own message is among it."""
    if around.messages is None:
        return status.content
    if _holds_own(status, around.messages):
        return f"{status.content}, its own among them"
    count = status.waiting + status.in_flight + status.delayed
    return f"{status.content}, none of them its own" if count else status.content


def _unsaved(unsaved: str) -> Explanation:
    """Return that nothing moves because nothing can be saved; a restart does not help."""
    why, _, remedy = unsaved.partition(": ")
    return Explanation(
        f"{_begin(why)}, so no queue takes or gives a message.", f"{_begin(remedy)}."
    )


def _begin(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def _gone(status: QueueStatus, around: OrderContext) -> Explanation:
    return Explanation(
        f"The queue {status.queue} {status.queue_obstacle}; if it was deleted, so were its "
        "messages.",
        f"{around.repair}; then the sweeper sends again what can be made from what is stored: "
        f"acme-shop sweep{around.options}",
    )


def _paused(status: QueueStatus, around: OrderContext) -> Explanation:
    what = status.mapping_state or "missing"
    why = (
        f"Nothing takes messages from {status.queue} to {status.function}: its event source "
        f"mapping is {what}, and the queue holds {_content(status, around)}."
    )
    if not status.mapping_id:
        return Explanation(why, around.repair)
    if around.is_local:
        return Explanation(why, f"acme-shop resume {status.queue}")
    return Explanation(
        why,
        "aws lambda update-event-source-mapping --enabled --uuid "
        f"{status.mapping_id}{around.aws_options}",
    )


def half_released(around: OrderContext) -> Explanation | None:
    """Return that functions of two releases take the calls, if they do."""
    trials = [release for release in around.releases if release.canary]
    rollback = f"acme-shop release rollback{around.options.partition(' --region')[0]}"
    if trials:
        shares = ", ".join(
            f"{release.function} {release.canary} for {release.percent} % of its calls beside "
            f"{release.stable}"
            for release in trials
        )
        return Explanation(
            f"A release is half out: {shares}.",
            f"If orders have stood still since it began, take it back: {rollback}",
        )
    if len({release.stable for release in around.releases}) > 1:
        each = ", ".join(f"{release.function} {release.stable}" for release in around.releases)
        return Explanation(
            f"A release is half out, its functions run different ones: {each}.",
            "Bring it out again from its commit: acme-shop release all"
            f"{around.options.partition(' --region')[0]}",
        )
    return None


def misfiled(order_id: str, around: OrderContext) -> Explanation | None:
    """Return what is wrong with the lists that an order should be in, and what mends it."""
    if not around.filing:
        return None
    faults = "; ".join(f"{fault.attribute} {fault.problem}" for fault in around.filing)
    if any(fault.attribute == PLACED_AT for fault in around.filing):
        return Explanation(
            f"Its item is damaged: {faults}.",
            'Correct it by hand (infra/RUNBOOK.md, "An order cannot be read"); then ask again.',
        )
    return Explanation(
        f"Its item is damaged, so lists or the sweeper do not find it: {faults}.",
        f"acme-shop refile {order_id}{around.options}",
    )


def held_back(dead_letter: Diagnosis, *, until: str) -> Explanation:
    """Return that a dead letter must stay where it is until something else is settled."""
    return Explanation(
        f"A message of it is in {dead_letter.queue}, message {dead_letter.message_id}: "
        f"{dead_letter.reason}.",
        f"Leave it there until {until}.",
    )
