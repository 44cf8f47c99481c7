"""More bugs, one at a time, all over what ships; each is caught by the test it names."""

from tests.mutations.mutation import Mutation

_GOLDEN = "golden/test_golden.py"
_IDS = f"{_GOLDEN}::test_ids_fingerprints_and_tokens_are_made_again_byte_by_byte"
_ITEMS = f"{_GOLDEN}::test_the_attributes_of_items_are_made_again"
_MESSAGES = f"{_GOLDEN}::test_messages_are_read_and_made_again"
_MEMORY = "simulation/test_in_memory.py"
_SWEEPER = "app/services/test_sweeper.py"

OTHERS = {
    # Carts that would hold too much.
    "too large an addition keeps its key": Mutation(
        "app/store/carts.py",
        ", seen=after, key=addition.name)",
        ", seen=after)",
        "app/store/test_carts.py::"
        "test_an_addition_that_was_taken_back_is_refused_again_under_its_key",
    ),
    "too much takes back what another tab has set": Mutation(
        "app/store/carts.py",
        "await _write_quantity(table, user_id, item_id, before, seen=quantity)",
        "await _write_quantity(table, user_id, item_id, before)",
        "app/store/test_carts.py::"
        "test_what_is_too_much_takes_nothing_back_that_another_tab_has_set",
    ),
    # The sweeper's next look at what it could not push.
    "order that failed stays before the others": Mutation(
        "app/services/sweeper.py",
        "    return SweepReport(seen=1, failed=1) + await _put_off(table, entry, now + GRACE)\n",
        "    return SweepReport(seen=1, failed=1)\n",
        f"{_SWEEPER}::test_an_order_that_cannot_be_pushed_stops_no_other",
    ),
    "unreadable order stays before the others": Mutation(
        "app/services/sweeper.py",
        "return SweepReport(unreadable=1) + await _put_off(table, entry, state.now + GRACE)",
        "return SweepReport(unreadable=1)",
        f"{_SWEEPER}::test_an_unreadable_order_stops_no_other",
    ),
    "order of a later release is looked at in each sweep": Mutation(
        "app/services/sweeper.py",
        "return report + await _put_off(table, entry, now + LONGEST_PAUSE)",
        "return report",
        f"{_SWEEPER}::test_an_order_in_a_state_of_a_later_release_is_looked_at_once_an_hour",
    ),
    # The table.
    "throttled call taken for done": Mutation(
        "app/store/table.py",
        "                    is_safe = is_repeatable or failure.is_throttled\n",
        "                    is_safe = is_repeatable\n"
        "                    if failure.is_throttled:\n"
        "                        return None  # type: ignore[return-value]\n",
        "app/store/test_table.py::test_a_call_is_repeated_twice_and_then_the_store_is_away",
    ),
    "somebody else's item is shown": Mutation(
        "app/store/dynamodb.py",
        "if item.get(name, value) != value:",
        "if False:",
        "app/store/test_dynamodb.py::"
        "test_the_answer_to_another_call_is_none_and_ends_the_connection",
    ),
    "an answer that the deadline cut off is whole": Mutation(
        "app/aws/answers.py",
        "if self.is_cut_off or not self._ends_with_connection:",
        "if not self._ends_with_connection:",
        "app/aws/test_connections.py::"
        "test_what_is_no_whole_answer_is_none_and_its_connection_is_not_kept",
    ),
    # Ids, fingerprints, tokens.
    "transactions and shipments share their ids": Mutation(
        "app/domain/ids.py", 'uuid5(_SHOP, "shipment")', 'uuid5(_SHOP, "transaction")', _IDS
    ),
    "an early fingerprint knows no CVV": Mutation(
        "app/services/fingerprints.py",
        "[card.cvv] if version == _WITH_CVV else []",
        "[]",
        _IDS,
    ),
    "a fingerprint has another number": Mutation(
        "app/services/fingerprints.py",
        'CURRENT = "2"',
        'CURRENT = "3"',
        "app/services/test_fingerprints.py::test_a_fingerprint_of_a_later_release_is_not_judged",
    ),
    "refresh tokens end with access tokens": Mutation(
        "app/security/tokens.py",
        "REFRESH_LIFETIME = timedelta(minutes=180)",
        "REFRESH_LIFETIME = timedelta(minutes=60)",
        "app/security/test_tokens.py::test_lifetimes_are_those_of_the_contract",
    ),
    "page tokens have another checksum": Mutation(
        "app/store/pagination.py",
        'crc32(text).to_bytes(4, "big")',
        'crc32(text).to_bytes(4, "little")',
        _IDS,
    ),
    "an expired token counts": Mutation(
        "app/security/tokens.py",
        '    if claims["exp"] <= now.timestamp():\n',
        "    if False:\n",
        "app/security/test_tokens.py::test_a_token_ends_with_its_lifetime",
    ),
    "an access token passes for a refresh token": Mutation(
        "app/security/tokens.py",
        '.get("kid") == kid:\n',
        '.get("kid") is not None:\n',
        "app/security/test_tokens.py::test_a_token_of_the_release_before_is_good_for_its_kind_only",
    ),
    # What is stored.
    "an order forgets its delivery": Mutation(
        "app/store/order_items.py", '        "delivery": order.delivery,\n', "", _ITEMS
    ),
    "instants are stored to the second": Mutation(
        "app/domain/instants.py",
        "isoformat(timespec='microseconds')",
        "isoformat(timespec='seconds') + '.000000'",
        _ITEMS,
    ),
    "final orders stay in the sweeper's index": Mutation(
        "app/store/order_items.py", "    if not order.state.is_final:\n", "    if True:\n", _ITEMS
    ),
    "a decision forgets its reason": Mutation(
        "app/store/payments.py", '        "reason": decision.reason,\n', "", _ITEMS
    ),
    "a number's facts are forgotten": Mutation(
        "app/store/order_items.py",
        '_read_number(item, "tracking_number")',
        "None",
        f"{_GOLDEN}::test_items_are_read",
    ),
    # What is sent.
    "the amount of a decision is sent in cents": Mutation(
        "app/messages.py",
        "cents_to_number(self.amount_cents or 0)",
        "(self.amount_cents or 0)",
        _MESSAGES,
    ),
    "the total of a request is sent as a number": Mutation(
        "app/messages.py",
        "cents_to_text(self.total_cents)",
        "self.total_cents / 100",
        _MESSAGES,
    ),
    "a card is sent with a short year": Mutation(
        "app/messages.py",
        "ExpiryYear=card.full_year",
        "ExpiryYear=card.expiry_year",
        _MESSAGES,
    ),
    "a refusal is sent with the status of a success": Mutation(
        "app/messages.py", "        return self.success\n", "        return True\n", _MESSAGES
    ),
    # Rules.
    "a card is refused in its last month": Mutation(
        "app/domain/card.py",
        "(card.full_year, card.expiry_month) < (today.year, today.month)",
        "(card.full_year, card.expiry_month) <= (today.year, today.month)",
        "app/domain/test_card.py::test_a_card_is_good_through_the_last_day_of_its_month",
    ),
    "the shipment's message comes without a delay": Mutation(
        "app/services/shipments.py",
        "delay_seconds=shipment.delivery_seconds",
        "delay_seconds=0",
        "workers/test_handlers.py::test_goods_leave_at_once_and_arrive_later",
    ),
    "goods in the store are sent away": Mutation(
        "app/domain/shipment.py",
        "delivery.strip().casefold() == IN_STORE",
        'delivery == "in store"',
        "workers/test_handlers.py::test_goods_in_the_store_change_hands_at_once",
    ),
    "an order of another user is shown": Mutation(
        "routers/orders.py",
        "    if order.user_id != userid:\n",
        "    if False:\n",
        "routers/test_orders.py::test_orders_are_ones_own_affair_and_that_of_staff",
    ),
    "the owner of a cart is not asked for": Mutation(
        "routers/carts.py",
        "    check_owner(caller, userid)\n",
        "",
        "routers/test_cart_access.py::test_no_customer_reaches_the_cart_of_another",
    ),
    "a total that disagrees is taken": Mutation(
        "app/domain/draft.py",
        "    if draft.total_cents not in {None, total_cents}:\n",
        "    if False:\n",
        "app/domain/test_draft.py::test_a_catalog_bill_refuses_another_total",
    ),
    "a client's own price counts": Mutation(
        "app/domain/draft.py",
        "            price_cents=products[line.item_id].price_cents,\n",
        "            price_cents=line.price_cents or products[line.item_id].price_cents,\n",
        "app/domain/test_draft.py::test_a_catalog_bill_ignores_the_clients_prices",
    ),
    "half a cent is lost": Mutation(
        "app/domain/money.py",
        "rounding=ROUND_HALF_UP",
        'rounding="ROUND_DOWN"',
        "app/domain/test_money.py::test_halves_are_rounded_up",
    ),
    # Sweeper and workers.
    "a sweep disturbs what is on its way": Mutation(
        "app/domain/sweeping.py",
        "GRACE = timedelta(minutes=5)",
        "GRACE = timedelta(minutes=0)",
        f"{_SWEEPER}::test_what_is_on_its_way_or_final_is_left_alone",
    ),
    "a sweep that left something out counts as complete": Mutation(
        "app/domain/sweeping.py",
        "is_complete=self.is_complete and other.is_complete",
        "is_complete=True",
        f"{_SWEEPER}::test_a_sweep_that_runs_out_of_time_says_so",
    ),
    "a sweep sees the first page only": Mutation(
        "app/services/sweeper.py",
        "        token = page.next_token\n",
        "        token = None\n",
        f"{_SWEEPER}::test_every_page_is_swept_and_a_second_sweep_finds_nothing",
    ),
    "what is no batch is taken for done": Mutation(
        "workers/batch.py",
        "return records if isinstance(records, list) else [None]",
        "return records if isinstance(records, list) else []",
        "workers/test_batch_reports.py::test_nothing_of_what_is_no_batch_is_taken_for_done",
    ),
    "a declined order is shipped": Mutation(
        "app/services/order_events.py",
        "    if not message.success:\n",
        "    if False:\n",
        "workers/test_handlers.py::test_a_declined_order_ships_nothing_and_stays_declined",
    ),
    "a straggler asks for another shipment": Mutation(
        "app/services/order_events.py",
        "    if order.state is OrderState.PAID:\n",
        "    if True:\n",
        "workers/test_handlers.py::test_a_repeat_asks_again_until_the_goods_have_left",
    ),
    # Keys and passwords.
    "a rotation drops the old key": Mutation(
        "app/security/signing_keys.py",
        "[others[0], _new_key(), signs] if others",
        "[others[0], _new_key()] if others",
        "app/security/test_key_rotation.py::test_each_key_is_known_before_it_signs_and_after",
    ),
    "a short key is taken": Mutation(
        "app/security/signing_keys.py",
        "any(len(key) < MIN_KEY_BYTES for key in every)",
        "False",
        "app/security/test_signing_keys.py::test_a_key_that_is_too_short_to_sign_is_refused",
    ),
    "any password logs in": Mutation(
        "app/services/users.py",
        "        if verdict is Verdict.WRONG or credentials is None:\n",
        "        if credentials is None:\n",
        "routers/test_login.py::test_a_wrong_password_and_an_unknown_name_get_the_same_answer",
    ),
    # HTTP.
    "503 comes without Retry-After": Mutation(
        "routers/problems.py",
        '{"Retry-After": str(RETRY_AFTER_SECONDS)} if status == 503 else None',
        "None",
        "simulation/test_crash_points.py::"
        "test_a_fault_at_any_call_of_a_request_leaves_it_done_or_not_done",
    ),
    "a refusal repeats what was sent": Mutation(
        "routers/problems.py",
        """or str(source), describe(error)""",
        """or str(source), f"{describe(error)} {error.get('input')}\"""",
        "routers/test_registration.py::test_a_refusal_never_repeats_the_password",
    ),
    "a place in the queue is never given back": Mutation(
        "routers/overload.py",
        "            self._free += 1\n",
        "            pass\n",
        "routers/test_overload.py::test_a_request_that_breaks_gives_its_place_back",
    ),
}
