"""Requests that schemathesis makes from the API document, with every check it has."""

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import schemathesis
from hypothesis import given, seed, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode, Response
from schemathesis.core.failures import FailureGroup
from schemathesis.core.parameters import ParameterLocation
from schemathesis.core.result import Ok
from schemathesis.generation.stateful.state_machine import RecordingStateMachine
from schemathesis.schemas import APIOperation, BaseSchema
from schemathesis.specs.openapi.checks import (
    ignored_auth,
    missing_required_header,
    negative_data_rejection,
    positive_data_acceptance,
)

from app.domain.errors import InvalidInputError
from app.domain.user import fold_username
from app.main import app
from app.security.new_passwords import check_new_password
from tests.fuzz.helpers.lenient_reading import is_right_as_read
from tests.fuzz.helpers.openapi_document import Operation, operations
from tests.fuzz.helpers.oracle import leaks
from tests.fuzz.helpers.sending import QUIET, Tally, captured_logs, patiently
from tests.fuzz.helpers.world import ENFORCED, World, auth_mode

AnyCase = Case[Any]

_TOKEN_PLACES = {"authorization", "x-access-token", "logged_in"}

#: What a request says here is never shown again; what it says elsewhere may be.
_SECRET_FIELDS = {"password", "new_password", "newpassword", "card", "refresh_token"}

#: How many steps a walk along the links takes at most.
_STEPS = 8

#: A name that a new user may have, whatever else they are.
_PLAIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]*")


@cache
def _schema() -> BaseSchema:
    found: BaseSchema = schemathesis.openapi.from_asgi("/openapi.json", app)
    return found


@cache
def _operations() -> tuple[APIOperation[Any, Any, Any, Any], ...]:
    results = list(_schema().get_all_operations())
    assert all(isinstance(result, Ok) for result in results)
    return tuple(result.ok() for result in results if isinstance(result, Ok))


@cache
def _strategies() -> tuple[st.SearchStrategy[AnyCase], ...]:
    """Return what draws right and wrong requests for each operation that can be asked wrongly."""
    right = [
        operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
        for operation in _operations()
    ]
    wrong = [
        operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)
        for operation in _operations()
        if 400 in operations()[operation.label].statuses
    ]
    return (*right, *wrong)


@cache
def _covering() -> tuple[AnyCase, ...]:
    """Return the cases made to cover every bound, every method and every missing part."""
    schema = _schema()
    return tuple(
        case
        for operation in _operations()
        for case in schema.iter_coverage_cases(
            operation,
            generation_modes=list(GenerationMode),
            generation_config=schema.config.generation_for(operation=operation),
        )
    )


def waived(case: AnyCase, *, mode: str) -> Iterator[Callable[..., Any]]:
    """Yield the checks that the contract takes back for one case, and only for it."""
    operation = operations()[case.operation.label]
    if mode != ENFORCED:
        # The open mode (openapi/CONTRACT.md, 3.4): no caller is asked for a token.
        yield ignored_auth
        if _lacks_token(case):
            yield missing_required_header
    if _reads_right(operation, case):
        # Rule 8 of 1.1: nulls and unknown fields are left out; a number may stand for text.
        yield negative_data_rejection
    if _is_beyond_schemas(operation, case):
        yield positive_data_acceptance


def _lacks_token(case: AnyCase) -> bool:
    """Tell whether a case was made to be sent without its token."""
    made_for = case.meta.phase.data if case.meta else None
    return str(getattr(made_for, "parameter", "")).lower() in _TOKEN_PLACES


def _reads_right(operation: Operation, case: AnyCase) -> bool:
    return case.method == operation.method and is_right_as_read(
        operation,
        body=case.body,
        query=dict(case.query or {}),
        path=dict(case.path_parameters or {}),
        headers=case.headers,
    )


def _is_beyond_schemas(operation: Operation, case: AnyCase) -> bool:
    """Tell whether a request may be refused for what no schema can say."""
    if operation.template.startswith("/order/add"):
        # Articles have to be in the catalog, totals right, a cart sent as text JSON (1.4).
        return True
    if isinstance(case.body, dict) and isinstance(case.body.get("cart"), str):
        return True
    if operation.template.startswith("/cart/") and case.body:
        # A cart holds no more than an order takes, all its lines together (1.2).
        return True
    if isinstance(case.body, dict) and case.body.get("barcode"):
        # The last digit of a barcode follows from the others.
        return True
    if "next" in (case.query or {}):
        # A position is what a page before said, with a checksum.
        return True
    return isinstance(case.body, dict) and (
        _may_be_refused_name(operation, case.body) or _is_common_password(operation, case.body)
    )


def _is_common_password(operation: Operation, body: dict[str, Any]) -> bool:
    """Tell whether a new password is on the list of the most common ones (1.5)."""
    field = {"/register": "password", "/change-password": "new_password"}.get(operation.template)
    if field is None or field not in body:
        return False
    try:
        check_new_password(str(body[field]), username="", field="password")
    except InvalidInputError:
        return True
    return False


def _may_be_refused_name(operation: Operation, body: dict[str, Any]) -> bool:
    name = body.get("username")
    if operation.template == "/register" and not _PLAIN_NAME.fullmatch(str(name)):
        # Which characters go together follows from tables of Unicode (1.5).
        return True
    # A name of nothing but space and marks is no name, whatever letters it is made of.
    return isinstance(name, str) and not 0 < len(fold_username(name).encode()) <= 1000


def _open_texts(value: object) -> Iterator[str]:
    """Yield what a request says in places that are no secret, such as a line's description."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, content in value.items():
            yield str(name)
            if str(name).lower() not in _SECRET_FIELDS:
                yield from _open_texts(content)
    elif isinstance(value, list):
        for item in value:
            yield from _open_texts(item)


class _Sender:
    """Sends cases as the owner of the shop's cart or as staff, and judges the answers."""

    def __init__(self, world: World, mode: str) -> None:
        self.tally = Tally()
        #: What requests themselves said openly: drawn texts may equal a password by chance.
        self.said: set[str] = set()
        self._world = world
        self._mode = mode

    def headers_for(self, case: AnyCase) -> dict[str, str]:
        """Return whose token goes along: staff where only they may ask."""
        if _lacks_token(case):
            return {}
        is_own = "userid" in (case.path_parameters or {})
        token = self._world.access if is_own else self._world.staff_access
        return {"Authorization": f"Bearer {token}"}

    def aim(self, case: AnyCase) -> None:
        """Let a case ask for what belongs to the caller, who would see nothing else."""
        if self._mode != ENFORCED or "userid" not in (case.path_parameters or {}):
            return
        if not (case.meta and case.meta.is_negative_at(ParameterLocation.PATH)):
            case.path_parameters = {**case.path_parameters, "userid": self._world.user_id}

    def judge(self, case: AnyCase, response: Response, log: str, **context: Any) -> None:
        """Run every check on an answer.

        Raises:
            FailureGroup: schemathesis' checks failed.
            AssertionError: a secret got out.
        """
        self.said.update(_open_texts([case.body, case.query, case.path_parameters]))
        self.tally.requests += 1
        self.tally.statuses[response.status_code] += 1
        case.validate_response(
            response,
            headers=self.headers_for(case),
            excluded_checks=list(waived(case, mode=self._mode)),
            transport_kwargs={"headers": self.headers_for(case)},
            **context,
        )
        said = "\n".join(self.said)
        found = leaks(self._world, log, about="the log", said=said)
        if b"_token" not in (response.content or b""):
            found += leaks(self._world, response.text_lossy(), about="the answer", said=said)
        assert not found, found

    def send(self, case: AnyCase) -> None:
        """Send a case and judge the answer."""
        with captured_logs() as log:
            response = patiently(
                lambda: case.call(headers=self.headers_for(case)), lambda given: given.status_code
            )
        try:
            self.judge(case, response, log.getvalue())
        except FailureGroup as failure:
            raise AssertionError(_told(failure, case)) from None


def _told(failure: FailureGroup, case: AnyCase) -> str:
    """Return what failed, on a first line that is the same for the same mistake."""
    titles = sorted(
        {f"{exception.title}: {case.operation.label}" for exception in failure.exceptions}
    )
    texts = "\n".join(str(exception) for exception in failure.exceptions)
    return f"{'; '.join(titles)}\n{case.as_curl_command()[:2000]}\n{texts[:2000]}"


def send_drawn(world: World, *, mode: str, number: int, count: int) -> Tally:
    """Send requests drawn from the document's schemas, and some that break them."""
    sender = _Sender(world, mode)

    @seed(number)
    @settings(max_examples=count, **QUIET)  # type: ignore[arg-type]
    @given(st.one_of(_strategies()), st.booleans())
    def every_answer_is_right(case: AnyCase, is_own: bool) -> None:  # noqa: FBT001
        if is_own:
            sender.aim(case)
        sender.send(case)

    with auth_mode(mode):
        every_answer_is_right()
    return sender.tally


def send_covering(world: World, *, mode: str, number: int, count: int) -> Tally:
    """Send some of the requests that cover the document's every corner, evenly spread."""
    sender = _Sender(world, mode)
    every = _covering()
    step = max(len(every) // count, 1)
    with auth_mode(mode):
        for case in every[number % step :: step][:count]:
            sender.aim(case)
            sender.send(case)
    return sender.tally


def walk_links(world: World, *, mode: str, number: int, count: int) -> Tally:
    """Walk along the document's links, each answer leading to the next requests."""
    sender = _Sender(world, mode)

    class Walk(_schema().as_state_machine()):  # type: ignore[misc]
        def setup(self) -> None:
            # A name registered by the walk before would be taken, and the same walk another.
            world.reset()
            sender.said.clear()

        def before_call(self, case: AnyCase) -> None:
            sender.aim(case)

        def get_call_kwargs(self, case: AnyCase) -> dict[str, Any]:
            return {"headers": sender.headers_for(case)}

        def call(self, case: AnyCase, **kwargs: Any) -> Response:
            with captured_logs() as log:
                response: Response = patiently(
                    lambda: super(Walk, self).call(case, **kwargs),
                    lambda given: given.status_code,
                )
            self.log = log.getvalue()
            return response

        def validate_response(self, response: Response, case: AnyCase, *_: Any, **__: Any) -> None:
            recorder = self.recorder if isinstance(self, RecordingStateMachine) else None
            try:
                sender.judge(case, response, self.log, recorder=recorder)
            except FailureGroup as failure:
                raise AssertionError(_told(failure, case)) from None

    walks = max(count // _STEPS, 1)
    chosen = settings(max_examples=walks, stateful_step_count=_STEPS, **QUIET)  # type: ignore[arg-type]
    with auth_mode(mode):
        seed(number)(Walk).run(settings=chosen)
    return sender.tally
