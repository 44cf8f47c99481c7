"""Bugs that once survived the whole suite; each is caught by a test that is named here."""

from tests.mutations.mutation import Mutation

_GOLDEN = "golden/test_golden.py"
_READS = "simulation/test_consistent_reads.py"
_MEMORY = "simulation/test_in_memory.py"
_IDS = f"{_GOLDEN}::test_ids_fingerprints_and_tokens_are_made_again_byte_by_byte"

_SAVER = "infra/local/test_emulator_saver.py"
_QUEUES = "infra/local/test_emulator_queues.py"
_FULL_DISK = f"{_SAVER}::test_a_shop_that_is_killed_on_a_full_disk_has_all_that_it_acknowledged"
_DELETED = f"{_QUEUES}::test_a_message_that_is_deleted_is_out_of_the_log_too"

SURVIVORS = {
    "the namespace of ids is another": Mutation(
        "app/domain/ids.py", "5d2f0f5a-6a53", "5d2f0f5a-6a54", _IDS
    ),
    "an attribute of carts has another name": Mutation(
        "app/store/carts.py",
        '_QUANTITY = "q#"',
        '_QUANTITY = "n#"',
        f"{_GOLDEN}::test_items_are_read",
    ),
    "an order is read as it was a moment ago": Mutation(
        "app/store/orders.py",
        "table.get(order_key(order_id), consistent=consistent)",
        "table.get(order_key(order_id))",
        f"{_READS}::test_an_order_is_found_under_its_key_at_once",
    ),
    "a cart is read as it was a moment ago": Mutation(
        "app/store/carts.py",
        "table.get(cart_key(user_id), consistent=True)",
        "table.get(cart_key(user_id))",
        f"{_READS}::test_a_cart_shows_what_was_added_at_once",
    ),
    "credentials are read as they were a moment ago": Mutation(
        "app/store/users.py",
        "table.get(username_key(fold_username(username)), consistent=True)",
        "table.get(username_key(fold_username(username)))",
        f"{_READS}::test_a_new_user_can_log_in_at_once",
    ),
    "a replay is announced with the message's amount": Mutation(
        "app/services/payments.py",
        "    decision = await decide_once(table, decision)\n",
        "    from dataclasses import replace\n"
        "    decision = replace(\n"
        "        await decide_once(table, decision), amount_cents=message.total_cents\n"
        "    )\n",
        f"{_MEMORY}::test_a_replayed_decision_is_announced_with_the_amount_that_was_decided",
    ),
    "a page skips the item that did not fit": Mutation(
        "app/store/pagination.py",
        "last = keys.entries[position - 1][index.range_key]",
        "last = keys.entries[position][index.range_key]",
        f"{_MEMORY}::test_pages_of_whole_items_that_end_early_miss_nothing",
    ),
    "a sweep ends at an order it cannot read": Mutation(
        "app/services/sweeper.py",
        "        if token is None:\n",
        "        if token is None or report.unreadable:\n",
        f"{_MEMORY}::test_a_sweep_goes_on_behind_a_page_with_an_order_that_nobody_can_read",
    ),
    "a worker keeps no time for its report": Mutation(
        "workers/batch.py",
        "RESERVE_SECONDS = 1.0",
        "RESERVE_SECONDS = 0.0",
        f"{_MEMORY}::test_a_worker_reports_before_its_time_is_up_whatever_hangs",
    ),
    "every cancelled transaction means that a name is taken": Mutation(
        "app/store/table_errors.py",
        '        if "ConditionalCheckFailed" in failure.reasons:\n',
        "        if True:\n",
        f"{_MEMORY}::test_only_a_taken_key_means_that_a_name_is_taken",
    ),
    "a number of an order is written over": Mutation(
        "app/store/orders.py",
        'f", {name} = if_not_exists({name}, :{name})" for name in known',
        'f", {name} = :{name}" for name in known',
        f"{_MEMORY}::test_a_number_that_an_order_has_is_not_written_over",
    ),
    "a key is folded by case": Mutation(
        "app/domain/ids.py", "{idempotency_key}", "{idempotency_key.casefold()}", _IDS
    ),
    "an order's id has no length in front": Mutation(
        "app/domain/ids.py", 'f"{len(user_id)}:{user_id}:', 'f"{user_id}:', _IDS
    ),
    "lists have half as many partitions": Mutation(
        "app/store/keys.py",
        "SHARDS = 4",
        "SHARDS = 2",
        f"{_GOLDEN}::test_the_attributes_of_items_are_made_again",
    ),
    "open orders come in the order of their ids": Mutation(
        "app/store/order_items.py",
        "order_sort_key(due_at, order.order_id, layout=layout)",
        "order.order_id",
        f"{_MEMORY}::test_open_orders_come_oldest_first",
    ),
    "a snapshot begins behind what it holds": Mutation(
        "infra/local/emulator_saver.py",
        "            generation = self._log.rotate()\n"
        "            is_written = await write_snapshot()\n",
        "            is_written = await write_snapshot()\n"
        "            generation = self._log.rotate()\n",
        f"{_SAVER}::test_what_is_acknowledged_while_a_snapshot_is_written_stays_in_the_log",
    ),
    "the first write on a full disk is acknowledged": Mutation(
        "infra/local/emulator_server.py",
        "if not saver.save_changes() and needs_saving:",
        "if not saver.save_changes() and False:",
        _FULL_DISK,
    ),
    "keys are removed from a cart that is gone": Mutation(
        "app/store/carts.py",
        "names=names, condition=THERE\n",
        "names=names\n",
        "app/store/test_carts.py::"
        "test_a_cart_that_is_emptied_while_its_keys_are_removed_stays_empty",
    ),
    "the decision of an order is read as it was a moment ago": Mutation(
        "app/services/order_reading.py",
        "find_decision(table, order_id, consistent=True)",
        "find_decision(table, order_id)",
        f"{_READS}::test_an_order_is_read_as_decided_at_once",
    ),
    "an announced decision is read as it was a moment ago": Mutation(
        "app/services/event_checks.py",
        "find_decision(table, message.order_id, consistent=True)",
        "find_decision(table, message.order_id)",
        f"{_READS}::test_a_decision_is_found_by_its_announcement_at_once",
    ),
    "another read that need not be consistent": Mutation(
        "infra/dead_letters/diagnosis.py",
        "find_decision(table, event.order_id, consistent=True)",
        "find_decision(table, event.order_id)",
        f"{_READS}::test_every_read_of_one_item_is_listed",
    ),
    "a key is not compared once the catalog has changed": Mutation(
        "app/services/orders.py",
        "            raise\n        order = _same_order(earlier, draft, fingerprint_key)\n",
        "            raise\n        order = earlier\n",
        "app/services/test_orders.py::test_a_key_is_compared_when_the_catalog_has_changed",
    ),
    "a sweep settles without the decision": Mutation(
        "app/services/sweeper.py",
        "            decision=decision,\n            is_believed",
        "            is_believed",
        f"{_MEMORY}::test_an_order_that_a_sweep_declines_says_why",
    ),
    "a sweep settles without the amount": Mutation(
        "app/services/sweeper.py",
        "            is_believed=state.trusts_events,\n",
        "            is_believed=True,\n",
        f"{_MEMORY}::test_a_sweep_pays_no_order_whose_total_changes_under_it",
    ),
    "a sweep times out without the decision": Mutation(
        "app/services/sweeper.py",
        "ended, now=now, by=state.by, decision=decision)",
        "ended, now=now, by=state.by)",
        f"{_MEMORY}::test_an_order_that_a_sweep_declines_says_why",
    ),
    "a crowd is not counted behind its bodies": Mutation(
        "routers/overload.py",
        "        if self._refuses(scope):\n            await _refuse(scope, received, send)\n",
        "        if False:\n            await _refuse(scope, received, send)\n",
        "routers/test_overload.py::test_a_crowd_that_sent_slowly_is_counted_when_its_bodies_are_in",
    ),
    "a dead letter stays in its first queue": Mutation(
        "infra/local/emulator_changes.py",
        '                    self._changes.append(["message", target, message])\n'
        "                self._record_removed(queue, before)\n",
        '                    self._changes.append(["message", target, message])\n',
        f"{_QUEUES}::test_a_dead_letter_is_in_the_log_once",
    ),
    "what a worker has handled stays in the log": Mutation(
        "infra/local/emulator_changes.py",
        "            delete(url, handles)\n            self._record_removed(queue, before)\n",
        "            delete(url, handles)\n",
        _DELETED,
    ),
    "what a batch deletes stays in the log": Mutation(
        "infra/local/emulator_changes.py",
        'for name in ("_act_delete_message", "_act_delete_message_batch"):',
        'for name in ("_act_delete_message",):',
        _DELETED,
    ),
    "a shop takes messages while it starts": Mutation(
        "infra/local/supervisor.py",
        'environment={**proxy_environment(self._worker_urls), HOLDING_VARIABLE: "1"},',
        "environment=proxy_environment(self._worker_urls),",
        "infra/local/test_running_shop.py::"
        "test_an_open_shop_is_loud_fires_its_schedule_and_takes_messages_once_it_is_ready",
    ),
    "an order of a future time is left alone until then": Mutation(
        "app/domain/sweeping.py",
        "        return min(due, now + LONGEST_PAUSE)\n",
        "        return due\n",
        "app/domain/test_sweeping.py::"
        "test_an_order_of_a_future_time_is_looked_at_within_the_longest_pause",
    ),
}
