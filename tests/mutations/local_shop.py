"""The rows of ``tests/FAILURES.md`` about the shop on one machine."""

from tests.mutations.mutation import Mutation

_KILLED = "e2e/test_killed_shop.py"
_DURABILITY = "infra/local/test_durability.py"

LOCAL_SHOP = {
    "answer before its line in the log": Mutation(
        "infra/local/emulator_saver.py",
        "        if self._unwritten and self.failure is None:\n",
        "        if len(self._unwritten) > 1000 and self.failure is None:\n",
        f"{_KILLED}::test_a_shop_that_is_killed_under_load_loses_no_acknowledged_order_and_no_edit",
    ),
    "torn log refused": Mutation(
        "infra/local/write_ahead_log.py",
        "            batches.pop()\n",
        "            break\n",
        f"{_DURABILITY}::test_a_log_that_ends_in_the_middle_of_a_line_is_read_up_to_it",
    ),
    "generations of the log in any order": Mutation(
        "infra/local/write_ahead_log.py",
        'return sorted(folder.glob("[0-9]*.log"))',
        'return sorted(folder.glob("[0-9]*.log"), reverse=True)',
        f"{_DURABILITY}::test_the_generations_of_a_log_are_read_in_the_order_they_were_written",
    ),
    "messages for workers while nothing can be saved": Mutation(
        "infra/local/emulator_changes.py",
        "return lambda url, most: [] if self.is_paused else receive(url, most)",
        "return receive",
        "infra/local/test_emulator_queues.py::"
        "test_workers_are_given_no_message_while_nothing_can_be_saved",
    ),
    "messages for workers that have not started": Mutation(
        "infra/local/emulator_delivery.py",
        "return lambda url, most: [] if self._is_held else receive(url, most)",
        "return receive",
        "infra/local/test_emulator_queues.py::"
        "test_workers_are_given_no_message_before_the_shop_is_ready",
    ),
    "writes accepted on a full disk": Mutation(
        "infra/local/emulator_requests.py",
        'needs_saving=not is_read or service == "sqs",',
        "needs_saving=False,",
        f"{_KILLED}::test_a_shop_on_a_full_disk_says_so_refuses_orders_and_heals",
    ),
    "log emptied on a full disk": Mutation(
        "infra/local/emulator_state.py",
        "        return _write_aside(states)\n",
        "        remove_all(log_dir)\n        return _write_aside(states)\n",
        f"{_DURABILITY}::"
        "test_on_a_disk_that_is_still_full_the_last_run_is_read_and_writes_wait_for_room",
    ),
    "log without its file": Mutation(
        "infra/local/emulator_saver.py",
        "            if not self._log.is_in_place():\n",
        "            if False:\n",
        f"{_DURABILITY}::"
        "test_a_log_that_was_taken_away_refuses_writes_until_it_can_be_written_again",
    ),
    "queues without a lock": Mutation(
        "infra/local/emulator_queues.py",
        "    for name in _CHANGING:\n",
        "    for name in ():\n",
        "infra/local/test_emulator_queues.py::"
        "test_what_is_sent_while_another_thread_deletes_is_kept",
    ),
}
