"""Security bugs, one at a time; each is caught by the test it names.

Some of them once survived the whole suite.
"""

from tests.mutations.mutation import Mutation

_ATTACKS = "routers/test_attacks.py"
_AUTH = "routers/test_auth.py"
_DECLINES = "app/services/test_declines.py"
_GUESSING = "routers/test_guessing.py"
_ORIGINS = "app/security/test_origins.py"
_PERMISSIONS = "infra/components/test_infra_permissions.py"
_SETTINGS = "app/test_settings.py"
_THROTTLING = "app/services/test_throttling.py"
_USERNAMES = "app/test_usernames.py"
_HEADERS = "routers/test_response_headers.py"
_LOGIN = "routers/test_login.py"
_NAMES = "routers/test_registered_names.py"
_REGISTRATION = "routers/test_registration.py"
_USERS = "routers/test_users.py"

_CHECK = "        if verdict is Verdict.WRONG or credentials is None:\n"
_OWNER = "    if get_settings().is_open or (caller and caller.user_id == user_id):\n"
_STAFF = "    if not get_settings().is_open and not (caller and caller.is_staff):\n"

SECURITY = {
    # Logins.
    "the hash is checked for names in small letters only": Mutation(
        "app/services/users.py",
        _CHECK,
        "        is_wrong = verdict is Verdict.WRONG\n"
        "        if (username.islower() and is_wrong) or credentials is None:\n",
        f"{_ATTACKS}::test_the_password_is_checked_however_the_name_is_spelled",
    ),
    "the hash is not checked for a name with a space behind it": Mutation(
        "app/services/users.py",
        _CHECK,
        "        is_wrong = verdict is Verdict.WRONG\n"
        "        if (username == username.strip() and is_wrong) or credentials is None:\n",
        f"{_ATTACKS}::test_the_password_is_checked_however_the_name_is_spelled",
    ),
    "an unknown name is answered without hashing": Mutation(
        "app/services/users.py",
        "        stored_hash = credentials.password_hash if credentials else None\n",
        "        if credentials is None:\n"
        '            raise InvalidCredentialsError("Invalid username or password")\n'
        "        stored_hash = credentials.password_hash\n",
        f"{_ATTACKS}::test_an_unknown_name_costs_as_much_work_as_a_known_one",
    ),
    "a refusal tells whether the name exists": Mutation(
        "app/services/users.py",
        'raise InvalidCredentialsError("Invalid username or password")',
        'raise InvalidCredentialsError("password" if credentials else "username")',
        f"{_LOGIN}::test_a_wrong_password_and_an_unknown_name_get_the_same_answer",
    ),
    "a password is stripped at a login": Mutation(
        "app/services/users.py",
        "check_password(password, stored_hash)",
        "check_password(password.strip(), stored_hash)",
        f"{_ATTACKS}::test_a_password_is_compared_with_its_spaces",
    ),
    # Browsers.
    "an answer that is no page can be framed": Mutation(
        "routers/middleware.py",
        '    (b"content-security-policy", DATA_POLICY.encode()),\n',
        "",
        f"{_HEADERS}::test_every_answer_forbids_frames_and_plain_http",
    ),
    "open mode is not told": Mutation(
        "routers/middleware.py",
        "        return get_settings().is_open\n",
        "        return False\n",
        f"{_HEADERS}::test_every_answer_of_the_open_mode_says_so",
    ),
    # Passwords.
    "any new password is taken": Mutation(
        "app/security/new_passwords.py",
        "    if folded in _common_passwords():\n",
        "    if False:\n",
        f"{_REGISTRATION}::test_a_poor_new_password_is_refused",
    ),
    "a password is hashed as it was sent": Mutation(
        "app/security/passwords.py",
        'return _hasher().hash(unicodedata.normalize("NFC", password))',
        "return _hasher().hash(password)",
        "app/security/test_passwords.py::test_accents_count_the_same_however_they_are_typed",
    ),
    "the dummy hash costs less than a real one": Mutation(
        "app/security/passwords.py",
        "$argon2id$v=19$m={_MEMORY_KIB},t={_PASSES},p=1$",
        "$argon2id$v=19$m=64,t=1,p=1$",
        f"{_ATTACKS}::test_an_unknown_name_costs_as_much_work_as_a_known_one",
    ),
    "logins may take every place": Mutation(
        "app/security/passwords.py",
        "        if self._free <= 0:\n",
        "        if False:\n",
        f"{_LOGIN}::test_logins_take_no_place_from_other_requests",
    ),
    # Names.
    "hashing comes before answering": Mutation(
        "app/security/passwords.py",
        "        os.nice(_NICE)\n",
        "        os.nice(0)\n",
        "app/security/test_passwords.py::test_hashing_stands_back_behind_the_event_loop",
    ),
    "a name of several scripts is taken": Mutation(
        "app/usernames.py",
        "        if not _is_of_one_script(folded):\n",
        "        if False:\n",
        f"{_USERNAMES}::test_a_new_name_is_of_one_script",
    ),
    "only format characters count as invisible": Mutation(
        "app/usernames.py",
        r'_INVISIBLE = r"\p{Default_Ignorable_Code_Point}\p{Cc}\p{Cf}\p{Zl}\p{Zp}',
        r'_INVISIBLE = r"\p{Cc}\p{Cf}\p{Zl}\p{Zp}',
        f"{_USERNAMES}::test_a_new_name_has_nothing_invisible",
    ),
    "waIter is another name than walter": Mutation(
        "app/usernames.py",
        "        name = name.replace(character, like)\n",
        "        pass\n",
        f"{_NAMES}::test_a_name_in_letters_like_those_of_another_is_taken",
    ),
    "a name can be written in small capitals": Mutation(
        "app/usernames.py",
        "        if any(map(_is_drawn_letter, folded)):\n",
        "        if False:\n",
        f"{_USERNAMES}::test_a_new_name_has_no_letters_that_are_drawn_as_something_else",
    ),
    "guesses are counted for a name as it was typed": Mutation(
        "app/usernames.py",
        "    return fold_username(names_of_login(username)[-1])\n",
        "    return fold_username(username)\n",
        f"{_GUESSING}::test_guesses_for_one_name_are_counted_together_however_it_is_written",
    ),
    # Guessing.
    "guesses are never slowed down": Mutation(
        "app/domain/throttling.py",
        "        if beyond < 0:\n",
        "        if True:\n",
        f"{_GUESSING}::test_two_hundred_wrong_passwords_within_a_minute_meet_a_limit",
    ),
    "a wait has no end": Mutation(
        "app/domain/throttling.py",
        "min(1 << min(beyond, _MOST_DOUBLINGS), self.longest_wait_seconds)",
        "1 << beyond",
        "app/domain/test_throttling.py::test_waits_double_from_one_second_up_to_the_longest",
    ),
    "the right one of many guesses at once is told": Mutation(
        "app/services/throttling.py",
        "    attempts = await _check(table, own, now=now, consistent=True)\n",
        "    attempts = await store.get_attempts(table, own.key, now=now)\n",
        f"{_THROTTLING}::test_the_right_one_of_many_guesses_at_the_same_moment_is_not_told",
    ),
    "guesses at the same moment are all answered": Mutation(
        "app/services/throttling.py",
        "    if stored is not None:\n",
        "    if False:\n",
        f"{_THROTTLING}::test_guesses_at_the_same_moment_are_no_more_than_those_one_after_another",
    ),
    "what is refused at the same moment is counted": Mutation(
        "app/store/attempts.py",
        " OR attempts <= :most",
        " OR attempts <= :most OR attempts > :most",
        f"{_THROTTLING}::test_guesses_at_the_same_moment_are_no_more_than_those_one_after_another",
    ),
    "strangers lock a device out": Mutation(
        "app/services/throttling.py",
        "    if device is not None:\n",
        "    if False:\n",
        f"{_THROTTLING}::test_strangers_do_not_lock_out_a_device_that_has_logged_in_before",
    ),
    "a name has no counter over all addresses": Mutation(
        "app/services/throttling.py",
        '        Counter(keyed_hash(keys, "login-name", name), limits.login_by_name),\n',
        '        Counter(keyed_hash(keys, "login-name", name, address), limits.login_by_name),\n',
        f"{_THROTTLING}::test_guesses_from_everywhere_are_slowed_down_and_nothing_more",
    ),
    "a device is known without a signature": Mutation(
        "app/security/origins.py",
        '        if hmac.compare_digest(signature.encode(errors="replace"), expected.encode()):\n',
        "        if expected:\n",
        f"{_ORIGINS}::test_a_cookie_that_was_made_up_is_no_device",
    ),
    "each address of one network counts alone": Mutation(
        "app/security/origins.py",
        "int(parsed) >> 64 << 64",
        "int(parsed)",
        f"{_ORIGINS}::test_one_customer_of_a_provider_is_one_address",
    ),
    "a client says where it comes from": Mutation(
        "routers/client_address.py",
        "chain[-1 - trusted_proxies]",
        "chain[0]",
        "routers/test_client_address.py::test_behind_a_proxy_its_entry_counts_and_no_earlier_one",
    ),
    "anything is the header of the CDN": Mutation(
        "routers/origin_check.py",
        "hmac.compare_digest(given, known)",
        "given and known",
        "routers/test_origin_check.py::test_who_goes_past_the_cdn_is_refused",
    ),
    "a value that begins like the CDN's is its own": Mutation(
        "routers/origin_check.py",
        "hmac.compare_digest(given, known)",
        "hmac.compare_digest(given[:8], known[:8])",
        "routers/test_origin_check.py::test_every_character_of_the_hash_counts",
    ),
    "the CDN's header is looked at in production alone": Mutation(
        "app/settings.py",
        'given = () if self.stage == "local" else',
        'given = () if self.stage != "prod" else',
        "routers/test_origin_check.py::test_the_local_shop_alone_has_no_cdn",
    ),
    "staff sell at any price": Mutation(
        "routers/orders.py",
        "client_is_trusted=settings.is_open,",
        "client_is_trusted=settings.is_open or bool(caller and caller.is_staff),",
        "routers/test_orders.py::test_a_wrong_total_is_refused_with_the_right_one",
    ),
    "in open mode a token in a path is whose it is": Mutation(
        "routers/dependencies.py",
        "caller is None or get_settings().is_open or user_id",
        "caller is None or user_id",
        "routers/test_cart_access.py"
        "::test_in_open_mode_a_path_id_is_what_it_says_with_a_token_or_without",
    ),
    "a name beyond ASCII may be a card's number": Mutation(
        "app/usernames.py",
        "    if mask_card_numbers(username) != username:\n",
        "    if username.isascii() and mask_card_numbers(username) != username:\n",
        f"{_NAMES}::test_a_name_is_no_card_number",
    ),
    "guesses that must wait are not counted for the alarm": Mutation(
        "app/security_log.py",
        '    elif facts.get("status") == _TOO_MANY:\n',
        "    elif kind is Kind.LOGIN_FAILED and not facts:\n",
        "app/test_metrics.py::test_logins_refusals_and_throttles_are_counted",
    ),
    "digits of other scripts are no card's": Mutation(
        "app/domain/card_text.py",
        "    if unicodedata.numeric(character, -1) in range(10):\n",
        "    if character.isascii() and character.isdigit():\n",
        "app/domain/test_card_text.py::test_a_number_is_found_in_digits_of_every_kind",
    ),
    "registrations without a limit": Mutation(
        "routers/users.py",
        "await check_registration(table, keys, limits=settings.limits, origin=origin, now=now)",
        "assert keys",
        f"{_GUESSING}::test_a_flood_of_registrations_from_one_address_must_wait",
    ),
    "one password is tried for many names": Mutation(
        "app/services/throttling.py",
        "always_holds=True",
        "always_holds=False",
        f"{_THROTTLING}::test_one_password_for_many_names_from_one_address_is_slowed_down",
    ),
    "a page of another origin logs in where a browser is old": Mutation(
        "routers/credentials.py",
        "            return not all(is_own_origin(page, request.scope) for page in pages)\n",
        "            return False\n",
        "routers/test_credentials.py::test_a_page_of_another_origin_logs_nobody_in_or_out",
    ),
    "an origin that begins like the shop's is its own": Mutation(
        "routers/transport.py",
        "host.removesuffix(port) == asked.removesuffix(port)",
        "host.startswith(asked)",
        "routers/test_credentials.py::test_a_page_of_another_origin_logs_nobody_in_or_out",
    ),
    "of several words about the page the first one counts": Mutation(
        "routers/credentials.py",
        '        return not found <= {"same-origin", "none"}\n',
        '        return not found & {"same-origin", "none"}\n',
        "routers/test_credentials.py::test_of_two_values_the_foreign_one_counts",
    ),
    "an old browser that says nothing is believed": Mutation(
        "routers/credentials.py",
        '    return headers.get("user-agent", "").startswith("Mozilla/")\n',
        "    return False\n",
        "routers/test_credentials.py::test_for_a_page_of_another_origin_the_cookie_is_no_token",
    ),
    "of two tokens the first one counts": Mutation(
        "routers/credentials.py",
        '    yield _bearer(",".join(request.headers.getlist("authorization")))\n',
        '    yield _bearer(request.headers.get("authorization", ""))\n',
        "routers/test_credentials.py::test_two_tokens_in_one_place_are_none_that_was_signed",
    ),
    "a name reserves itself and not what looks like it": Mutation(
        "app/services/users.py",
        "skeletons=skeletons(username))",
        "skeletons=())",
        f"{_NAMES}::test_a_name_in_letters_like_those_of_another_is_taken",
    ),
    "a name of an earlier release reserves itself for ever": Mutation(
        "app/services/users.py",
        "    if not credentials.has_reserved_look:\n",
        "    if credentials.has_reserved_look:\n",
        "app/services/test_users.py"
        "::test_the_first_login_of_an_old_name_reserves_what_it_looks_like",
    ),
    "an old name takes the look of a new one": Mutation(
        "app/store/users.py",
        "            await table.put(reserved, condition=NOT_THERE)\n",
        "            await table.put(reserved)\n",
        "app/services/test_users.py::test_a_login_takes_nobody_elses_look",
    ),
    "a closed account keeps what its name looks like": Mutation(
        "app/services/accounts.py",
        "        await store.free_lookalikes(table, skeletons(username), user_id=user_id)\n",
        "",
        f"{_NAMES}::test_a_name_in_letters_like_those_of_another_is_taken",
    ),
    "a profile keeps a card's number": Mutation(
        "app/services/users.py",
        "        email=mask_card_numbers(email),\n",
        "        email=email,\n",
        f"{_REGISTRATION}::test_card_numbers_in_a_profile_are_masked",
    ),
    "an expired token still says who is logged in": Mutation(
        "routers/users.py",
        "await get_signing_keys(), now=now)\n    except",
        "await get_signing_keys(), now=now.replace(year=2000))\n    except",
        f"{_AUTH}::test_an_expired_token_is_refused_and_a_last_second_is_not",
    ),
    "an expired token is told to be valid": Mutation(
        "routers/sessions.py",
        "    read_access_token(body.access_token, await get_signing_keys(), now=now)\n",
        "    read_access_token(\n"
        "        body.access_token, await get_signing_keys(), now=now.replace(year=2000)\n"
        "    )\n",
        f"{_AUTH}::test_an_expired_token_is_refused_and_a_last_second_is_not",
    ),
    "a token with a kind needs no session": Mutation(
        "app/security/tokens.py",
        '    if "sid" in claims or "typ" in claims:\n',
        '    if "sid" in claims:\n',
        "app/security/test_tokens.py::test_no_token_is_of_two_releases",
    ),
    "any proxy's word for the host is taken": Mutation(
        "routers/transport.py",
        'headers.get("x-forwarded-host") if get_settings().origin_hashes else None',
        'headers.get("x-forwarded-host") if get_settings().trusted_proxies else None',
        "routers/test_product_pages.py"
        "::test_behind_the_cdn_addresses_have_the_host_that_was_asked_for",
    ),
    # Declined cards.
    "cards are tried without a limit": Mutation(
        "app/services/orders.py",
        "        await check_declines(table, decline_counters, declines, now=now)\n",
        "",
        f"{_GUESSING}::test_who_tries_card_after_card_must_wait",
    ),
    "guests are counted by the ids that they give": Mutation(
        "routers/orders.py",
        "user_id=None if settings.is_open else userid",
        "user_id=userid",
        f"{_GUESSING}::test_guests_of_the_open_mode_are_counted_by_address",
    ),
    "a till is held up by its customers' cards": Mutation(
        "routers/orders.py",
        "        if caller and caller.is_staff\n",
        "        if False\n",
        f"{_GUESSING}::test_a_till_is_never_held_up",
    ),
    "a repeat of a declined order is refused": Mutation(
        "app/services/orders.py",
        "    except (InvalidInputError, TooManyAttemptsError):\n",
        "    except InvalidInputError:\n",
        f"{_DECLINES}::test_a_repeat_of_an_order_is_answered_and_counts_nothing",
    ),
    "a neighbour's declined cards stop everybody at an address": Mutation(
        "app/domain/throttling.py",
        "        if seen[0].count or counter is counters[0] or counter.always_holds\n",
        "",
        f"{_DECLINES}::test_new_users_of_one_address_are_slowed_down_once_their_card_was_declined",
    ),
    "many orders that wait for one moment go on": Mutation(
        "app/services/declines.py",
        "        if wait and not await store.take_turn(",
        "        if False and not await store.take_turn(",
        f"{_DECLINES}::test_of_many_orders_that_wait_for_one_moment_one_goes_on",
    ),
    # Who may what.
    "a token is read from the query": Mutation(
        "routers/credentials.py",
        '    yield ",".join(request.headers.getlist("x-access-token"))\n',
        '    yield ",".join(request.headers.getlist("x-access-token"))\n'
        '    yield request.query_params.get("access_token", "")\n',
        f"{_ATTACKS}::test_a_token_is_read_from_no_other_place",
    ),
    "staff by name": Mutation(
        "routers/dependencies.py",
        _STAFF,
        "    is_staff = caller and (caller.is_staff or caller.username == 'staff')\n"
        "    if not get_settings().is_open and not is_staff:\n",
        f"{_ATTACKS}::test_a_customer_whose_name_is_staff_is_a_customer",
    ),
    "staff is everybody with a token": Mutation(
        "routers/dependencies.py",
        _STAFF,
        "    if not get_settings().is_open and not caller:\n",
        f"{_USERS}::test_the_list_of_users_is_for_staff",
    ),
    "an owner by the beginning of the id": Mutation(
        "routers/dependencies.py",
        _OWNER,
        "    if get_settings().is_open or (caller and caller.user_id.startswith(user_id)):\n",
        f"{_ATTACKS}::test_an_id_that_is_nearly_ones_own_is_anothers",
    ),
    "an id is compared without its space": Mutation(
        "routers/dependencies.py",
        _OWNER,
        "    if get_settings().is_open or (caller and caller.user_id == user_id.strip()):\n",
        f"{_ATTACKS}::test_an_id_that_is_nearly_ones_own_is_anothers",
    ),
    "any token opens the cart of the guests": Mutation(
        "routers/dependencies.py",
        _OWNER,
        "    if get_settings().is_open or (caller and user_id in {caller.user_id, 'guest'}):\n",
        f"{_ATTACKS}::test_a_token_opens_no_cart_of_nobody",
    ),
    "any stage can be open": Mutation(
        "app/settings.py",
        "        if self.is_open and self.stage not in OPEN_STAGES:\n",
        "        if False:\n",
        f"{_SETTINGS}::test_no_other_stage_can_be_open",
    ),
    "hand-sent events are believed everywhere": Mutation(
        "app/settings.py",
        "        if self.trust_events is EventTrust.ALL and self.stage not in OPEN_STAGES:\n",
        "        if False:\n",
        "app/services/test_event_checks.py::test_trusting_events_is_refused_where_money_is_real",
    ),
    "a charge of any amount": Mutation(
        "app/services/event_checks.py",
        "    if order.total_cents != message.total_cents:\n",
        "    if False:\n",
        "app/services/test_event_checks.py::test_a_charge_of_another_amount_is_refused",
    ),
    # Tokens and keys.
    "another algorithm signs too": Mutation(
        "app/security/tokens.py",
        "algorithms=[_ALGORITHM]",
        'algorithms=[_ALGORITHM, "HS512"]',
        f"{_AUTH}::test_hs512_is_refused_even_with_our_key",
    ),
    "keys are printed": Mutation(
        "app/security/signing_keys.py",
        "    access: tuple[bytes, ...] = field(repr=False)\n",
        "    access: tuple[bytes, ...]\n",
        "app/security/test_signing_keys.py::test_keys_are_never_printed",
    ),
    "every function writes the keys": Mutation(
        "infra/components/permissions.py",
        "    if function.rotates_signing_keys:\n",
        "    if True:\n",
        f"{_PERMISSIONS}::test_only_rotation_changes_the_signing_keys",
    ),
    "a worker may write any item": Mutation(
        "infra/table_access.py",
        '"UpdateItem": ("DECLINES",),',
        '"UpdateItem": ("DECLINES", "USERNAME"),',
        f"{_PERMISSIONS}::test_who_decides_payments_writes_nothing_else",
    ),
    "every function reads cards": Mutation(
        "infra/components/permissions.py",
        "    if sends_cards or receives_cards:\n",
        "    if True:\n",
        f"{_PERMISSIONS}::test_only_the_api_encrypts_cards_and_only_payment_reads_them",
    ),
    # Cards, and what is logged.
    "a four-digit CVV is kept with the order": Mutation(
        "app/services/orders.py",
        "            number=mask_number(card.number),\n",
        "            number=mask_number(card.number) + (card.cvv if len(card.cvv) == 4 else ''),\n",
        f"{_ATTACKS}::test_an_order_keeps_no_cvv_and_no_number_wherever_they_are_typed",
    ),
    "a delivery keeps a card's number": Mutation(
        "app/services/orders.py",
        "mask_card_numbers(draft.delivery)",
        "draft.delivery",
        f"{_ATTACKS}::test_an_order_keeps_no_cvv_and_no_number_wherever_they_are_typed",
    ),
    "an address keeps a card's number": Mutation(
        "app/services/orders.py",
        "{part: mask_card_numbers(text) for part, text in vars(draft.address).items()}",
        "vars(draft.address)",
        f"{_ATTACKS}::test_an_order_keeps_no_cvv_and_no_number_wherever_they_are_typed",
    ),
    "the fingerprint has the CVV in it": Mutation(
        "app/services/fingerprints.py",
        "[card.cvv] if version == _WITH_CVV else []",
        "[card.cvv]",
        "app/services/test_fingerprints.py::test_nothing_that_is_stored_follows_from_the_cvv",
    ),
    "a worker logs the record when it crashes": Mutation(
        "workers/batch.py",
        '"record.crashed %s", _about(record)',
        '"record.crashed %s", record',
        f"{_ATTACKS}::test_a_worker_that_crashes_logs_no_record",
    ),
    "a body is logged when it fails validation": Mutation(
        "routers/problems.py",
        "    mistakes = [_describe_mistake(mistake) for mistake in error.errors()]\n",
        "    mistakes = [_describe_mistake(mistake) for mistake in error.errors()]\n"
        '    log.info("request.invalid body=%s", error.body)\n',
        f"{_ATTACKS}::test_what_was_sent_is_not_logged_when_it_fails_validation",
    ),
    "the log has the text of any error": Mutation(
        "app/logs.py",
        "            record.exc_info = (type(shown), shown, shown.__traceback__)\n",
        "            pass\n",
        "app/test_logs.py::test_no_line_has_the_text_of_an_error_that_nobody_foresaw",
    ),
    "the adapter logs paths, which may hold tokens": Mutation(
        "app/main.py",
        '    logging.getLogger("mangum").setLevel(logging.WARNING)\n',
        "",
        "app/test_error_reports.py"
        "::test_a_process_of_its_own_reports_no_secret_to_a_server_of_its_own",
    ),
    "what a library says of an error is told to Sentry": Mutation(
        "app/sentry.py",
        '    if str(error.get("module") or "").startswith(OWN_MODULES):\n',
        "    if error:\n",
        "app/test_error_reports.py::test_no_secret_reaches_sentry_wherever_it_was_sent",
    ),
    "botocore logs requests at DEBUG": Mutation(
        "app/aws/boto3_calls.py",
        '    logging.getLogger("botocore").setLevel(logging.WARNING)\n',
        "    logging.captureWarnings(False)\n",
        f"{_ATTACKS}::test_botocore_never_logs_requests",
    ),
}
