"""Bugs that once survived the whole suite; each is caught by a test that is named here."""

from tests.mutations.mutation import Mutation

_GOLDEN = "golden/test_golden.py"
_READS = "simulation/test_consistent_reads.py"
_MEMORY = "simulation/test_in_memory.py"
_IDS = f"{_GOLDEN}::test_ids_fingerprints_and_tokens_are_made_again_byte_by_byte"

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
}
