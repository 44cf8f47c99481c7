"""One bug for each row of ``tests/FAILURES.md``: the test that the row names fails with it."""

from tests.mutations.local_shop import LOCAL_SHOP
from tests.mutations.mutation import Mutation

_CHECKOUT = "e2e/test_idempotent_checkout.py"
_CRASHES = "simulation/test_crash_points.py"
_SCHEDULES = "simulation/test_simulation.py"
_CONVERGENCE = (
    "simulation/test_convergence.py::test_every_order_and_number_of_the_events_ends_the_same"
)
_PROMISES = f"{_SCHEDULES}::test_every_promise_is_kept_in_every_schedule"
_ENDS = f"{_SCHEDULES}::test_the_schedules_meet_every_fault_and_every_end"
_CRASH = f"{_CRASHES}::test_a_crash_at_any_call_changes_no_end"
_SWEEPER = "app/services/test_sweeper.py"
_ORDERS = "app/services/test_orders.py"
_STORED_CARTS = "app/store/test_carts.py"
_DEADLINES = "app/test_deadlines.py"

ROWS = {
    "key ignored": Mutation(
        "app/services/orders.py",
        "order_id_for(draft.user_id, idempotency_key) if idempotency_key else str(uuid4())",
        "str(uuid4())",
        f"{_CHECKOUT}::test_64_calls_at_once_are_one_order_one_charge_and_one_answer",
    ),
    "fingerprint in another form": Mutation(
        "app/services/fingerprints.py",
        'separators=(",", ":")',
        'separators=(", ", ": ")',
        "app/services/test_fingerprints.py::test_a_fingerprint_stays_as_long_as_orders_live",
    ),
    "silent table told to the client": Mutation(
        "app/services/orders.py",
        "    except (StoreUnavailableError, UnreadableItemError):\n        return None\n",
        "    except (StoreUnavailableError, UnreadableItemError):\n        raise\n",
        f"{_ORDERS}::test_an_order_that_was_taken_is_never_a_503",
    ),
    "another body taken for a repeat": Mutation(
        "app/services/orders.py",
        "    if not is_repeat(draft, key, stored=earlier.fingerprint):\n",
        "    if False:\n",
        f"{_CHECKOUT}::test_another_body_under_the_key_is_refused_and_nothing_is_sent",
    ),
    "unstored entry taken for sent": Mutation(
        "app/queues.py",
        'None if entry["Id"] in stored else QueueUnavailableError()',
        "None",
        "app/test_queues.py::test_the_records_of_a_batch_share_a_request_but_not_its_failures",
    ),
    "unfinished payment forgotten": Mutation(
        "app/static/shop/payment-attempt.js",
        'return typeof attempt?.key === "string" ? { ...attempt, key: attempt.key } : null;',
        "return attempt && null;",
        "browser/test_shop_tabs.py::test_a_tab_that_was_closed_before_its_answer_does_not_pay_twice",
    ),
    "release in the middle of a sale": Mutation(
        "app/static/pos/updates.js",
        "if (isBetweenSales(this.#store) && idleMs >= IDLE_MS)",
        "if (true)",
        "browser/test_till_offline.py::test_a_new_release_takes_over_between_sales_and_whole",
    ),
    "repeat without a request for payment": Mutation(
        "app/services/orders.py",
        "    if order.state is OrderState.PENDING:\n",
        "    if earlier is None:\n",
        _CRASH,
    ),
    "decision announced once": Mutation(
        "app/services/payments.py",
        "    await announce(queues, decision)\n",
        "    if decision.decided_at == now:\n        await announce(queues, decision)\n",
        _CRASH,
    ),
    "call in a branch that no test takes": Mutation(
        "app/services/shipments.py",
        "    return shipment\n",
        '    if message.delivery == "drone":\n'
        "        await queues.send(ShipmentSent.from_shipment(shipment))\n"
        "    return shipment\n",
        f"{_CRASHES}::test_every_call_site_of_every_handler_is_tried_with_every_fault",
    ),
    "registration in two writes": Mutation(
        "app/store/users.py",
        "        await table.add_together(user_to_item(user), credentials_to_item(credentials), "
        "*reserved)\n",
        "        await table.put(user_to_item(user))\n"
        "        await table.put(credentials_to_item(credentials))\n",
        f"{_CRASHES}::test_a_fault_at_any_call_of_a_request_leaves_it_done_or_not_done",
    ),
    "order moved by every event": Mutation(
        "app/store/orders.py",
        """condition = f"#state IN ({', '.join(origins)})"\n""",
        'condition = "attribute_exists(PK)"\n',
        _CONVERGENCE,
    ),
    "order advanced without a condition": Mutation(
        "app/store/orders.py",
        """condition = f"#state IN ({', '.join(origins)})"\n""",
        'condition = "attribute_exists(PK)"\n',
        _PROMISES,
    ),
    "decision written over": Mutation(
        "app/store/payments.py",
        "await table.put(decision_to_item(decision), condition=NOT_THERE)",
        "await table.put(decision_to_item(decision))",
        _CONVERGENCE,
    ),
    "order in the far future left alone": Mutation(
        "app/services/sweeper.py",
        "report += await _sweep_list(list_misfiled_orders, table",
        "report += await _sweep_list(list_due_orders, table",
        f"{_SWEEPER}::test_an_order_that_is_filed_far_in_the_future_is_swept_and_filed_anew",
    ),
    "time-out without a decision": Mutation(
        "app/services/sweeper.py",
        "await decide_once(\n"
        "            table, time_out_payment("
        "order.order_id, amount_cents=order.total_cents, now=now)\n"
        "        )",
        "time_out_payment(order.order_id, amount_cents=order.total_cents, now=now)",
        _PROMISES,
    ),
    "unreadable order stops a list": Mutation(
        "app/store/unreadable_items.py",
        "        report_unreadable(kind, item, failure)\n        return None\n",
        "        raise\n",
        f"{_SWEEPER}::test_an_unreadable_order_stops_no_other",
    ),
    "order settled whatever was paid": Mutation(
        "app/store/orders.py",
        """        condition += " AND total_cents = :paid"\n        values[":paid"]""",
        """        values[":unused"]""",
        "simulation/test_in_memory.py"
        "::test_an_order_of_another_amount_than_was_paid_is_not_settled",
    ),
    "order shipped whatever was paid": Mutation(
        "app/services/sweeper.py",
        "    if not state.trusts_events:\n",
        "    if False:\n",
        "simulation/test_in_memory.py"
        "::test_an_order_of_another_amount_than_was_paid_is_never_shipped",
    ),
    "shipments without a limit": Mutation(
        "app/services/sweeper.py",
        "    if not state.shipments_left:\n",
        "    if False:\n",
        f"{_SWEEPER}::test_payments_do_not_wait_behind_shipments_that_stand_still",
    ),
    "paid orders left alone": Mutation(
        "app/services/sweeper.py",
        "if state.now < stuck_at(",
        "if order.state is OrderState.PAID or state.now < stuck_at(",
        f"{_SWEEPER}::test_a_paid_order_that_stands_still_asks_for_its_shipment_again",
    ),
    "clocks of two processes compared": Mutation(
        "app/services/payments.py",
        "    await announce(queues, decision)\n",
        "    if decision.decided_at <= now:\n        await announce(queues, decision)\n",
        _PROMISES,
    ),
    "time-out passed on as it is": Mutation(
        "app/deadlines.py",
        "    except TimeoutError as failure:\n",
        "    except ZeroDivisionError as failure:\n",
        f"{_DEADLINES}::test_whatever_is_asked_of_a_hanging_shop_is_a_503_in_time",
    ),
    "collector asked again at once": Mutation(
        "app/otlp.py",
        "        self._paused_until = time.monotonic() + PAUSE_SECONDS\n",
        "        self._paused_until = time.monotonic()\n",
        "app/test_otlp.py::test_a_hanging_collector_holds_up_one_call_only",
    ),
    "report sent again at once": Mutation(
        "app/error_reports.py",
        "        _quiet_until = time.monotonic() + PAUSE_SECONDS\n",
        "        _quiet_until = time.monotonic()\n",
        "app/test_error_reports.py::test_a_service_that_hangs_holds_one_call",
    ),
    "decided order read as pending": Mutation(
        "app/services/order_reading.py",
        "                return _settled(order, decision)\n",
        "                return order\n",
        "app/services/test_order_reading.py::test_a_decided_order_is_read_as_it_will_be_stored",
    ),
    "addition without its key": Mutation(
        "app/store/carts.py",
        '            condition="attribute_not_exists(#key)",\n',
        "",
        f"{_STORED_CARTS}::test_an_add_whose_answer_is_lost_counts_once",
    ),
    "key of an addition that is kept for a minute": Mutation(
        "app/store/addition_keys.py",
        "(KEPT if key is not None else _KEPT_FOR_THE_SHOP)",
        "_KEPT_FOR_THE_SHOP",
        f"{_STORED_CARTS}::test_keys_are_kept_for_an_hour_and_not_for_ever",
    ),
    "change of a cart repeated": Mutation(
        "app/store/carts.py",
        "await table.put(cart_to_item(cart, now=now), is_repeatable=False)",
        "await table.put(cart_to_item(cart, now=now))",
        f"{_STORED_CARTS}::test_a_change_of_a_cart_whose_answer_is_lost_is_not_made_twice",
    ),
    "no budget for a request": Mutation(
        "app/deadlines.py",
        "    return min(CALL_SECONDS, seconds_left())\n",
        "    return CALL_SECONDS\n",
        f"{_DEADLINES}::test_a_request_has_one_budget_for_all_it_does",
    ),
    "addition that reads first": Mutation(
        "app/store/carts.py",
        '            "ADD #quantity :quantity",\n',
        '            ", #quantity = :quantity",\n',
        "e2e/test_cart_histories.py::test_no_add_is_lost_and_none_is_invented",
    ),
    "pages without an end": Mutation(
        "app/store/pagination.py",
        "if len(found) == count or (found and size > MAX_PAGE_BYTES):",
        "if len(found) == count:",
        "app/store/test_pagination.py::test_a_page_of_large_items_ends_early_and_misses_nothing",
    ),
    "failed record taken for done": Mutation(
        "workers/batch.py",
        "        elif task.cancelled() or not task.result():\n",
        "        elif False:\n",
        "e2e/test_poison.py::test_good_messages_are_done_and_bad_ones_die_after_five_receives",
    ),
    "batch without an end": Mutation(
        "workers/batch.py",
        "await asyncio.wait(tasks, timeout=seconds)",
        "await asyncio.wait(tasks, timeout=40)",
        "workers/test_batch_reports.py::test_a_worker_stops_in_time_and_reports_the_rest",
    ),
    "report in another form": Mutation(
        "workers/batch.py",
        '"itemIdentifier": message_id',
        '"itemId": message_id',
        "workers/test_batch_reports.py::test_the_real_handlers_report_poison_in_the_right_form",
    ),
    "lost answer of a worker": Mutation(
        "workers/payment.py",
        "    decision = await decide(\n",
        "    if int(record['messageId'][:2], 16) < 80:\n        return None\n"
        "    decision = await decide(\n",
        "chaos/test_kills.py::test_a_shop_whose_processes_are_killed_loses_nothing",
    ),
    "interim answer taken for the whole answer": Mutation(
        "app/aws/answers.py",
        "if self._parser.get_status_code() < _FIRST_FINAL_STATUS:",
        "if False:",
        "app/aws/test_connections.py::test_each_call_gets_its_own_answer_whatever_comes_beside_it",
    ),
    "failed call taken for done": Mutation(
        "app/store/table.py",
        "                    if not (is_safe and is_transient(failure)):\n"
        "                        raise\n",
        "                    if not is_transient(failure):\n"
        "                        raise\n"
        "                    return None  # type: ignore[return-value]\n",
        "chaos/test_soak.py::test_a_shop_behind_a_faulty_proxy_keeps_its_word_and_a_crowd_is_served",
    ),
    "every request let in": Mutation(
        "routers/overload.py",
        "return self._free <= 0 and",
        "return False and",
        "routers/test_overload.py::"
        "test_what_is_too_much_is_told_to_come_again_and_the_rest_is_answered",
    ),
    "refused call that crashes": Mutation(
        "app/store/table_errors.py",
        "    if failure.is_permanent:\n",
        "    if failure.is_permanent:\n        return None\n",
        "app/aws/test_refusals.py::test_an_order_that_aws_refuses_is_a_503_that_names_nothing",
    ),
    "unknown word of the table that crashes": Mutation(
        "app/store/table_errors.py",
        "    text, code = StoreUnavailableError.text, failure.code\n",
        "    if not failure.is_permanent:\n        return None\n"
        "    text, code = StoreUnavailableError.text, failure.code\n",
        "app/aws/test_refusals.py::test_what_the_table_says_in_other_words_is_told_as_a_refusal",
    ),
    "item left out of a refusal": Mutation(
        "app/store/table.py",
        "                failure.item = await self.get(key, consistent=True)\n",
        "                pass\n",
        "app/store/test_table.py::test_an_item_that_an_answer_leaves_out_is_read",
    ),
    "half a request takes a place": Mutation(
        "routers/overload.py",
        "        received = await receive_body(scope, receive, send)\n"
        "        if received is None:\n"
        "            return\n",
        "        self._free -= 1\n"
        "        received = await receive_body(scope, receive, send)\n"
        "        self._free += 1\n"
        "        if received is None:\n"
        "            return\n",
        "routers/test_received_bodies.py::"
        "test_more_half_sent_requests_than_there_are_places_leave_others_served",
    ),
    "rotation that never ends": Mutation(
        "app/security/key_rotation.py",
        "    if current != version:\n",
        "    if False:\n",
        "app/security/test_key_rotation.py::"
        "test_a_rotation_that_breaks_off_at_any_call_is_finished_later",
    ),
    "dead letter deleted before it is sent": Mutation(
        "infra/dead_letters/redrive.py",
        "                    client.send(step.to, body, traceparent=dead_letter.traceparent)\n"
        "                    scan.delete(dead_letter)\n",
        "                    scan.delete(dead_letter)\n"
        "                    client.send(step.to, body, traceparent=dead_letter.traceparent)\n",
        "infra/dead_letters/test_redrive.py::test_a_kill_between_two_steps_loses_nothing",
    ),
    "dead letters shown to everybody": Mutation(
        "infra/cli/dead_letter_queues.py",
        "VisibilityTimeout=visibility_seconds,",
        "VisibilityTimeout=0,",
        "chaos/test_redrives.py::test_two_redrives_at_once_lose_nothing_and_do_nothing_twice",
    ),
    "decided payment asked for again": Mutation(
        "infra/dead_letters/redrive.py",
        "    return CreditCardValidated.from_decision(status.decision).to_body()\n",
        "    return None\n",
        "infra/dead_letters/test_payments.py::"
        "test_a_decided_payment_is_announced_and_its_card_goes_nowhere",
    ),
    "interrupt between sending and deleting": Mutation(
        "infra/dead_letters/redrive.py",
        "                    scan.delete(dead_letter)\n",
        "                    await asyncio.sleep(0.2)\n"
        "                    scan.delete(dead_letter)\n",
        "infra/cli/test_redrive.py::"
        "test_ctrl_c_ends_it_between_two_letters_and_what_was_done_is_said",
    ),
    "silent table ends a redrive": Mutation(
        "infra/dead_letters/redrive.py",
        "        raise InvalidInputError(STORE_UNAVAILABLE) from failure\n",
        "        raise\n",
        "infra/dead_letters/test_payments.py::"
        "test_without_the_store_payment_requests_stay_and_the_rest_goes_on",
    ),
    "result believed without a decision": Mutation(
        "workers/order.py",
        "        is_believed = dependencies.settings.trusts_events\n",
        "        is_believed = True\n",
        "app/services/test_event_checks.py::test_a_result_without_a_decision_is_refused",
    ),
    "charge checked by one read that may be old": Mutation(
        "app/services/event_checks.py",
        "        return await get_order(table, order_id)\n",
        "        raise\n",
        "app/services/test_event_checks.py::test_what_a_read_does_not_see_yet_is_read_again",
    ),
    "charge of an order that is not stored": Mutation(
        "workers/payment.py",
        "    if not dependencies.settings.trusts_events:\n",
        "    if False:\n",
        "infra/test_restore_drill.py::test_a_restored_table_charges_no_order_that_it_does_not_hold",
    ),
    "undecided orders left alone": Mutation(
        "app/services/sweeper.py",
        "    if now - order.placed_at >= PAYMENT_TIMEOUT:\n",
        "    if False:\n",
        _ENDS,
    ),
    "second charge overlooked": Mutation(
        "tests/chaos/helpers/side_effects.py",
        "            if len(charges) != 1:\n",
        "            if False:\n",
        "chaos/test_side_effects.py::test_every_other_is_named",
    ),
    "client of AWS in a service": Mutation(
        "app/services/shipments.py",
        "from app.queues import Queues\n",
        "from app.queues import Queues, get_client\n",
        "simulation/test_call_sites.py",
    ),
    "headers passed on as they come": Mutation(
        "routers/lambda_event.py",
        "headers=_drop_malformed(given.headers or {}),",
        "headers=given.headers or {},",
        "fuzz/test_lambda_events.py",
    ),
    "attribute of orders with another name": Mutation(
        "app/store/order_items.py",
        '        "delivery": order.delivery,\n',
        '        "shipping": order.delivery,\n',
        "simulation/test_releases.py::test_the_release_before_works_beside_this_one",
    ),
    "layout changed under an older release": Mutation(
        "infra/components/table_layout.py",
        "    if LAYOUT_OUTPUT not in outputs or former:\n",
        "    if False:\n",
        "infra/components/test_infra_table_layout.py"
        "::test_the_former_layout_stays_while_a_release_that_needs_it_is_live",
    ),
    "other ids for orders": Mutation(
        "app/domain/ids.py",
        'uuid5(_SHOP, "order")',
        'uuid5(_SHOP, "orders")',
        "golden/test_golden.py::test_ids_fingerprints_and_tokens_are_made_again_byte_by_byte",
    ),
    "a message that comes twice counts two declined cards": Mutation(
        "app/services/payments.py",
        "    if count_declined(decision, now=now):\n",
        "    count_declined(decision, now=now)\n    if not decision.success:\n",
        "app/services/test_declines.py::test_a_message_that_comes_twice_counts_once",
    ),
    "repeat at the new price": Mutation(
        "app/services/orders.py",
        "            total_cents=order.total_cents,\n            decline_counters",
        "            total_cents=locals().get('bill', order).total_cents,\n"
        "            decline_counters",
        _PROMISES,
    ),
    "order read as it was": Mutation(
        "app/store/orders.py",
        "table.get(order_key(order_id), consistent=consistent)",
        "table.get(order_key(order_id))",
        "simulation/test_consistent_reads.py::test_an_order_is_found_under_its_key_at_once",
    ),
    "decision written over by the second": Mutation(
        "app/store/payments.py",
        "await table.put(decision_to_item(decision), condition=NOT_THERE)",
        "await table.put(decision_to_item(decision))",
        "simulation/test_interleavings.py::test_no_interleaving_breaks_a_rule",
    ),
    "new password that leaves sessions": Mutation(
        "app/store/users.py",
        "SET password_hash = :new, {_GENERATION} = :drawn",
        "SET password_hash = :new, drawn = :drawn",
        "app/services/test_accounts.py::test_hash_and_end_of_the_sessions_are_one_write",
    ),
    "credentials deleted first": Mutation(
        "app/services/accounts.py",
        "    await delete_cart(table, user_id)\n",
        "    await store.delete_credentials(table, username)\n"
        "    await delete_cart(table, user_id)\n",
        "app/services/test_accounts.py::test_a_closing_that_broke_off_can_be_repeated",
    ),
    "renewal without grace": Mutation(
        "app/domain/session.py",
        "GRACE = timedelta(seconds=15)",
        "GRACE = timedelta(seconds=-1)",
        "app/services/test_sessions.py::test_a_refresh_token_gets_one_answer_for_a_moment",
    ),
    "old refresh token taken": Mutation(
        "app/domain/session.py",
        "else Renewal.REUSED",
        "else Renewal.GRANTED",
        "app/services/test_sessions.py::test_a_token_that_is_used_twice_ends_the_session",
    ),
    "checks that find nothing": Mutation(
        "tests/simulation/simulator/rules.py",
        "    if not holds:\n",
        "    if False:\n",
        "simulation/test_mutations.py::test_a_planted_bug_is_found",
    ),
    "table in memory without conditions": Mutation(
        "tests/simulation/simulator/memory_table.py",
        "        if self._is_strict:\n            _check_item(item)\n",
        "",
        "simulation/test_conformance.py::"
        "test_random_calls_get_the_same_answers_from_memory_and_from_the_emulator",
    ),
    **LOCAL_SHOP,
}
