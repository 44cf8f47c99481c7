"""Bugs that drawn schedules find: ``simulation/test_mutations.py`` runs them."""

from tests.mutations.mutation import Mutation

_OUT_OF_TIME = '                log.error("record.out_of_time %s", _about(record))\n'
_TIME_OUT = "time_out_payment(order.order_id, amount_cents=order.total_cents, now=now)"

MUTATIONS = {
    "shipment is asked for once": Mutation(
        "app/services/order_events.py",
        "    if order.state is OrderState.PAID:\n",
        "    if order.state is OrderState.PAID and order.updated_at == now:\n",
        seen_in=9,
    ),
    "a repeated order does not ask for payment": Mutation(
        "app/services/orders.py",
        "    if order.state is OrderState.PENDING:\n",
        "    if earlier is None:\n",
        seen_in=26,
    ),
    "key is ignored": Mutation(
        "app/services/orders.py",
        "order_id_for(draft.user_id, idempotency_key) if idempotency_key else str(uuid4())",
        "str(uuid4())",
        seen_in=1,
    ),
    "another body under the same key is taken for a repeat": Mutation(
        "app/services/orders.py",
        "    if not is_repeat(draft, key, stored=earlier.fingerprint):\n",
        "    if False:\n",
        seen_in=3,
    ),
    "orders are answered before payment is asked for": Mutation(
        "app/services/orders.py",
        "        await queues.send(request)\n",
        "        from asyncio import ensure_future\n        ensure_future(queues.send(request))\n",
        seen_in=22,
    ),
    "a throttled call counts as done": Mutation(
        "app/store/table.py",
        "                    is_safe = is_repeatable or failure.is_throttled\n",
        "                    is_safe = is_repeatable\n"
        "                    if failure.is_throttled:\n"
        "                        return None\n",
        seen_in=12,
    ),
    "an order is put over the one that is there": Mutation(
        "app/store/orders.py",
        "await table.put(order_to_item(order, layout=table.layout), condition=NOT_THERE)",
        "await table.put(order_to_item(order, layout=table.layout))",
        seen_in=1,
    ),
    "orders advance without the condition": Mutation(
        "app/store/orders.py",
        """condition = f"#state IN ({', '.join(origins)})"\n""",
        'condition = "attribute_exists(PK)"\n',
        seen_in=6,
    ),
    "delivered orders go back": Mutation(
        "app/domain/order.py",
        "    OrderState.SHIPPED: frozenset({OrderState.PAID}),\n",
        "    OrderState.SHIPPED: frozenset({OrderState.PAID, OrderState.DELIVERED}),\n",
        is_constant=True,
        seen_in=10,
    ),
    "final orders stay in the index": Mutation(
        "app/store/orders.py", "    if target.is_final:\n", "    if False:\n"
    ),
    "a decision is overwritten": Mutation(
        "app/store/payments.py",
        "await table.put(decision_to_item(decision), condition=NOT_THERE)",
        "await table.put(decision_to_item(decision))",
    ),
    "what is announced is not what was stored": Mutation(
        "app/services/payments.py",
        "    decision = await decide_once(table, decision)\n",
        "    await decide_once(table, decision)\n",
        seen_in=317,
    ),
    "a decision is announced once": Mutation(
        "app/services/payments.py",
        "    await announce(queues, decision)\n",
        "    if decision.decided_at == now:\n        await announce(queues, decision)\n",
    ),
    "a decision is announced before it is stored": Mutation(
        "app/services/payments.py",
        "    decision = await decide_once(table, decision)\n"
        "    if count_declined(decision, now=now):\n"
        "        await count_decline(table, message.decline_counters, now=now)\n"
        "    await announce(queues, decision)\n",
        "    await announce(queues, decision)\n    decision = await decide_once(table, decision)\n",
    ),
    "a transaction id of the moment": Mutation(
        "app/domain/payment.py",
        "transaction_id=transaction_id_for(order_id),",
        'transaction_id=f"{order_id}-{now.timestamp()}",',
        seen_in=8,
    ),
    "a tracking number of the moment": Mutation(
        "app/domain/shipment.py",
        "tracking_number=tracking_number_for(order_id),",
        'tracking_number=str(__import__("time").perf_counter()),',
        seen_in=1,
    ),
    "nothing tells of the delivery": Mutation(
        "app/services/shipments.py",
        "        ShipmentDelivered.from_shipment(shipment)",
        "        ShipmentSent.from_shipment(shipment)",
        seen_in=1,
    ),
    "failed records count as done": Mutation(
        "workers/batch.py",
        "        elif task.cancelled() or not task.result():\n",
        "        elif False:\n",
    ),
    "late records count as done": Mutation(
        "workers/batch.py",
        f"{_OUT_OF_TIME}            failed.append(record)\n",
        _OUT_OF_TIME,
        seen_in=1,
    ),
    "the sweeper declines without a decision": Mutation(
        "app/services/sweeper.py",
        f"await decide_once(\n            table, {_TIME_OUT}\n        )",
        _TIME_OUT,
        seen_in=22,
    ),
    "the sweeper times payments out after an hour": Mutation(
        "app/domain/payment.py",
        "timedelta(hours=48)",
        "timedelta(hours=1)",
        is_constant=True,
        seen_in=15,
    ),
    "the sweeper forgets paid orders": Mutation(
        "app/services/sweeper.py",
        "if state.now < stuck_at(",
        "if order.state is OrderState.PAID or state.now < stuck_at(",
        seen_in=85,
    ),
    "the sweeper forgets decided orders": Mutation(
        "app/services/sweeper.py",
        "    if decision is not None:\n",
        "    if False:\n",
        seen_in=172,
    ),
    "the sweeper forgets orders without a decision": Mutation(
        "app/services/sweeper.py",
        "    if now - order.placed_at >= PAYMENT_TIMEOUT:\n",
        "    if False:\n",
        seen_in=22,
    ),
}

MUTATIONS |= {
    "twice the amount is charged": Mutation(
        "app/services/payments.py",
        "amount_cents=message.total_cents,",
        "amount_cents=message.total_cents * 2,",
    ),
    "the key ignores the user": Mutation(
        "app/domain/ids.py",
        'f"{len(user_id)}:{user_id}:{idempotency_key}"',
        "idempotency_key",
        seen_in=1,
    ),
    "one transaction id for all orders": Mutation(
        "app/domain/ids.py",
        "uuid5(_TRANSACTIONS, order_id)",
        'uuid5(_TRANSACTIONS, "")',
        seen_in=12,
    ),
    "the sweeper sees the first page only": Mutation(
        "app/services/sweeper.py",
        "        token = page.next_token\n",
        "        token = None\n",
        seen_in=266,
    ),
    "a refused client is told pending": Mutation(
        "app/store/payments.py",
        "return None if item is None else read_or_report(_DECISION, item, item_to_decision)",
        'return item_to_decision(item) if item and item["success"] else None',
    ),
    "the shipment is asked with another delivery": Mutation(
        "app/services/order_events.py",
        "delivery=order.delivery)",
        'delivery="UPS")',
        seen_in=1,
    ),
    "the fingerprint leaves the card out": Mutation(
        "app/services/fingerprints.py",
        "card.digits, card.expiry_month, card.full_year, ",
        "",
        seen_in=10,
    ),
    "a hung call is waited for": Mutation(
        "app/deadlines.py",
        "asyncio.timeout(call_seconds())",
        "asyncio.timeout(None)",
        seen_in=14,
    ),
    "goods arrive at once": Mutation(
        "app/services/shipments.py",
        "delay_seconds=shipment.delivery_seconds",
        "delay_seconds=0",
        seen_in=1,
    ),
}

#: Bugs that schedules did not find while prices, keys and messages were all alike.
MUTATIONS |= {
    "a repeat asks for the new total": Mutation(
        "app/services/orders.py",
        "            total_cents=order.total_cents,\n            decline_counters",
        "            total_cents=locals().get('bill', order).total_cents,\n"
        "            decline_counters",
        seen_in=225,
    ),
    "a repeat is refused because the article is gone": Mutation(
        "app/services/orders.py",
        "earlier = await _find_order(table, order_id) if idempotency_key else None",
        "earlier = None",
        seen_in=76,
    ),
    "a repeat of a decided order sends the card again": Mutation(
        "app/services/orders.py",
        "    if order.state is OrderState.PENDING:\n",
        "    if True:\n",
        seen_in=2,
    ),
    "keys are folded by case": Mutation(
        "app/domain/ids.py",
        "{idempotency_key}",
        "{idempotency_key.casefold()}",
        seen_in=12,
    ),
    "user and key run together": Mutation(
        "app/domain/ids.py",
        'f"{len(user_id)}:{user_id}:',
        'f"{user_id}:',
        seen_in=16,
    ),
    "late events write over an order's numbers": Mutation(
        "app/store/orders.py",
        'f", {name} = if_not_exists({name}, :{name})" for name in known',
        'f", {name} = :{name}" for name in known',
        seen_in=5,
    ),
    "a redrive sends the card of a decided payment": Mutation(
        "infra/dead_letters/payments.py",
        "    if decision is not None:\n",
        "    if False:\n",
        seen_in=1,
    ),
}

# Of carts.
MUTATIONS |= {
    "an addition counts as often as it arrives": Mutation(
        "app/store/carts.py",
        '            condition="attribute_not_exists(#key)",\n',
        "",
        seen_in=18,
    ),
    "a cart is read eventually": Mutation(
        "app/store/carts.py",
        "item = await table.get(cart_key(user_id), consistent=True)",
        "item = await table.get(cart_key(user_id))",
        seen_in=61,
    ),
}

#: Bugs that the shop's own messages never meet: reports of a shipment follow its payment, and
#: all carry a number. Those of another shipper need not, which other tests than schedules try.
FOR_OTHER_SHIPPERS = {
    "an early shipment report counts as done": Mutation(
        "app/store/orders.py", "        check_late_event(found, target)\n", ""
    ),
    "late facts are not filled in": Mutation(
        "app/store/orders.py", "if not missing or order.state is OrderState.DECLINED:", "if True:"
    ),
}
