"""Security bugs of accounts, sessions and counters; each is caught by the test it names.

They once survived the whole suite.
"""

from tests.mutations.mutation import Mutation

_SESSIONS = "app/services/test_sessions.py"
_THROTTLING = "app/services/test_throttling.py"
_USERNAMES = "app/test_usernames.py"

_WRONG = """        if await check_password(password, known.password_hash) is Verdict.WRONG:
            raise InvalidCredentialsError("password: is wrong")
"""

ACCOUNTS = {
    "a right password clears every counter": Mutation(
        "app/services/throttling.py",
        "        await store.delete_attempts(table, own.key, now=now)\n",
        "        for counter in counters:\n"
        "            await store.delete_attempts(table, counter.key, now=now)\n",
        f"{_THROTTLING}::test_guesses_from_everywhere_are_slowed_down_and_nothing_more",
    ),
    "registrations are counted by the whole address": Mutation(
        "app/services/throttling.py",
        'keyed_hash(keys, "registration", address_hash(keys, origin))',
        'keyed_hash(keys, "registration", origin.address)',
        f"{_THROTTLING}::test_registrations_from_one_address_are_limited",
    ),
    "declined cards are counted by the whole address": Mutation(
        "app/services/throttling.py",
        'keyed_hash(keys, "declined-address", address_hash(keys, origin))',
        'keyed_hash(keys, "declined-address", origin.address)',
        "app/services/test_declines.py::test_one_customer_of_a_provider_is_one_counter",
    ),
    "a log-out leads to the page it came from": Mutation(
        "routers/sessions.py",
        'await _end_sessions(request, table) or RedirectResponse("/", status_code=302)',
        "await _end_sessions(request, table) or RedirectResponse(\n"
        '        request.headers.get("referer", "/"), status_code=302\n'
        "    )",
        "routers/test_auth.py::test_the_end_of_a_single_sign_on_leads_to_no_other_host",
    ),
    "a report of an error goes to any server": Mutation(
        "app/sentry.py",
        'cert_reqs="CERT_REQUIRED"',
        'cert_reqs="CERT_NONE"',
        "app/test_sentry.py::test_a_report_goes_to_a_server_that_proves_its_name",
    ),
    "a log-out ends the session of the first token": Mutation(
        "app/services/sessions.py",
        "    for session in {session.session_id: session for session in found}.values():\n",
        "    for session in found[:1]:\n",
        f"{_SESSIONS}::test_a_log_out_ends_the_session_of_each_token",
    ),
    "an old token logs out everywhere": Mutation(
        "app/store/users.py",
        'condition=f"user_id = :user AND {unchanged}"',
        'condition="user_id = :user" + "" * len(unchanged)',
        "routers/test_auth.py::test_a_logout_everywhere_ends_every_session",
    ),
    "what begins like an id is logged whole": Mutation(
        "app/security_log.py",
        "_USER_ID.fullmatch(user_id)",
        "_USER_ID.match(user_id)",
        "routers/test_security_log.py::test_what_only_begins_like_an_id_is_not_told",
    ),
    "capitals may pass for Latin ones": Mutation(
        "app/usernames.py",
        "        if _looks_latin(folded) or _looks_latin(shown):\n",
        "        if _looks_latin(folded):\n",
        f"{_USERNAMES}::test_a_new_name_in_other_letters_does_not_pass_for_a_latin_one",
    ),
    "unassigned characters are taken": Mutation(
        "app/usernames.py",
        r'r"\p{Co}\p{Cn}\p{Cs}',
        r'r"\p{Co}\p{Cs}',
        f"{_USERNAMES}::test_a_new_name_has_nothing_invisible",
    ),
    "a second dot on an i is taken": Mutation(
        "app/usernames.py",
        "        if _pattern(_HIDDEN_DOT).search(",
        "        if False and _pattern(_HIDDEN_DOT).search(",
        f"{_USERNAMES}::test_a_new_name_has_no_dot_where_a_letter_has_one",
    ),
    "what several characters look like is nobody's": Mutation(
        "app/usernames.py",
        "    return fold_username(_shortened(_prototypes(name)))\n",
        "    return fold_username(_within_ascii(name))\n",
        f"{_USERNAMES}::test_a_letter_and_its_parts_have_one_skeleton",
    ),
    "a call that names no item is allowed": Mutation(
        "infra/components/permissions.py",
        '            "Null": {_LEADING_KEYS: "false"},\n',
        "",
        "infra/components/test_infra_permissions.py::test_a_call_that_names_no_item_is_not_allowed",
    ),
    "wrong passwords count at a login only": Mutation(
        "app/services/accounts.py",
        _WRONG,
        _WRONG.replace("        if", "    if").replace("            raise", "        raise"),
        "app/services/test_accounts.py::test_wrong_passwords_are_counted_here_too",
    ),
    "keys of 16 bytes sign": Mutation(
        "app/security/signing_keys.py",
        "MIN_KEY_BYTES = 32\n",
        "MIN_KEY_BYTES = 16\n",
        "app/security/test_signing_keys.py::test_a_key_that_is_too_short_to_sign_is_refused",
    ),
}
