"""A stack as the program makes it, executed: its functions run on what it gave them.

The program's resources are in an emulator that enforces IAM; the functions are processes of
Lambda's runtime client with the environment, the handler and the limits of the graph and
credentials of their roles, and what calls them does so as the graph says.
"""

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3

from app.domain.session import Session as UserSession
from app.domain.user import Credentials, Role
from app.security.signing_keys import new_signing_keys, parse_signing_keys
from app.security.tokens import issue_tokens
from app.store.users import credentials_to_item
from infra.components.resource_graph import REGION, PlannedResource
from infra.local.clients import Clients
from infra.local.emulator import Emulator
from tests.image.helpers.lambda_events import http_event, schedule_event
from tests.infra.components.deployment import a_few_pages, deploy_with
from tests.infra.components.emulator_mocks import EmulatorMocks
from tests.infra.components.poller import Poller
from tests.infra.components.recorder import Call, Recorder
from tests.support.lambda_runtime import LambdaProcess


@dataclass(frozen=True)
class Session:
    """A role that was taken: ``user`` is the function's code, Lambda, or the clock."""

    role: str
    user: str
    credentials: dict[str, str]


class Environments:
    """The execution environments of a function: one event at a time in each."""

    def __init__(self, start: Callable[[], LambdaProcess]) -> None:
        self._start = start
        self._idle: list[LambdaProcess] = []
        self._lock = threading.Lock()
        self.all: list[LambdaProcess] = []

    def invoke(self, event: Any) -> Any:
        """Return the answer of an idle environment, or of a new one if there is none."""
        with self._lock:
            environment = self._idle.pop() if self._idle else None
            if environment is None:
                environment = self._start()
                self.all.append(environment)
        answer = environment.invoke(event)
        # One that failed to answer is not used again.
        with self._lock:
            self._idle.append(environment)
        return answer

    @property
    def log(self) -> bytes:
        """Return what all of them said."""
        return b"".join(environment.log for environment in self.all)


class ExecutedStack:
    """A deployed stack with its functions, and what AWS does around them."""

    def __init__(
        self,
        exits: ExitStack,
        *,
        code: Path,
        runtime: Path,
        notes: Path | None = None,
        stack: str = "executed",
        **config: Any,
    ) -> None:
        """Deploy a stack whose functions find their code and the runtime client in two folders.

        What is started ends with ``exits``; ``config`` are keys of the stack. With a folder for
        ``notes`` the functions write down which settings they read.
        """
        emulator = exits.enter_context(Emulator(auth=True))
        self._endpoint_url = emulator.endpoint_url
        self._recorder = exits.enter_context(Recorder(emulator.endpoint_url))
        self._exits, self._code, self._runtime, self._notes = exits, code, runtime, notes
        self.aws = Clients(emulator.endpoint_url, REGION)
        with a_few_pages():
            self.deployment = deploy_with(
                lambda deployment: EmulatorMocks(deployment, self.aws),
                stack,
                # Parcels arrive at once, and an answer waits for its payment on slow machines too.
                **{"deliverySeconds": 0, "paymentWaitSeconds": 10, **config},
            )
        #: The functions of the graph; others, of a content network for example, run elsewhere.
        self.graph = self.deployment.all("lambda/function:Function")
        self._sessions: dict[str, Session] = {}
        self._keys = self._put_signing_keys()
        self.functions = {
            name: self._environments(function) for name, function in self.graph.items()
        }
        self.pollers = {
            mapping.name: self._poller(mapping)
            for mapping in self.deployment.all("EventSourceMapping").values()
        }

    def calls(self, user: str | None = None) -> list[tuple[str, Call]]:
        """Return the calls with their roles, of all users or of one kind of ``user``."""
        sessions = ((self._sessions[call.access_key], call) for call in self._recorder.calls)
        return [(session.role, call) for session, call in sessions if user in {None, session.user}]

    def call(self, arn: str, event: Any) -> Any:
        """Return what the function behind an alias answers to an event."""
        return self.functions[self.deployment.function_of(arn).name].invoke(event)

    def token(self, user_id: str, *, role: Role = Role.CUSTOMER) -> str:
        """Return an access token signed with the keys of the stack's secret, of a stored user."""
        item = credentials_to_item(Credentials(user_id, user_id, role, "no hash"))
        table = self.deployment.one("Table")["name"]
        stored = {name: {"S": value} for name, value in item.items()}
        self.aws("dynamodb").put_item(TableName=table, Item=stored)
        now = datetime.now(UTC)
        session = UserSession("session", user_id, user_id, "", 0, now, now + timedelta(hours=1))
        return issue_tokens(session, role, parse_signing_keys(self._keys)).access

    def request(
        self, method: str, path: str, body: Any = None, *, token: str = "", **headers: str
    ) -> Any:
        """Return the answer of the function behind the API's one route, as Lambda gave it."""
        api, route = self.deployment.one("Api"), self.deployment.one("Route")
        integration = self.deployment.one("Integration")
        assert (route["apiId"], integration["apiId"]) == (api.id, api.id)
        assert route["target"] == f"integrations/{integration.id}"
        origins = {
            made["originId"]: made for made in self.deployment.one("Distribution")["origins"]
        }
        given = {made["name"]: made["value"] for made in origins["api"]["customHeaders"]}
        given |= {"authorization": f"Bearer {token}"} if token else {}
        event = http_event(method, path, body, {**given, **headers})
        return self.call(integration["integrationUri"].removesuffix("/invocations"), event)

    def work(self, *, times: int = 1) -> None:
        """Let every mapping poll until nothing is left to take; deliver each batch ``times``."""
        while sum(poller.poll(times=times) for poller in self.pollers.values()):
            pass

    def lose_messages(self) -> None:
        """Forget what is on all queues, as if its sender had died just before."""
        for queue in self.deployment.all("Queue").values():
            self.aws("sqs").purge_queue(QueueUrl=queue.id)
        for poller in self.pollers.values():
            poller.forget()

    def request_while_working(self, *request: Any, **options: Any) -> Any:
        """Return the answer to a request that waits for what workers do."""
        with ThreadPoolExecutor(1) as caller:
            answer = caller.submit(self.request, *request, **options)
            while wait([answer], timeout=0.02).not_done:
                self.work()
        self.work()
        return answer.result()

    def call_on_schedule(self) -> Any:
        """Return what the function answers that the clock calls, if the clock may call it."""
        schedule = self.deployment.one("Schedule")
        target = schedule["target"]
        clock = self._client("lambda", self._session(target["roleArn"], "clock"))
        # What it would cost to call is known; what is asked for here is the permission.
        clock.invoke(FunctionName=target["arn"], InvocationType="DryRun")
        given = target.get("input")
        event = json.loads(given) if given else schedule_event()
        return self.call(target["arn"], event)

    def write_logs(self) -> None:
        """Put what the functions said where the graph wants it, as Lambda does with their roles."""
        for name, function in self.graph.items():
            logs = self._client("logs", self._session(function["role"], "lambda"))
            log_stream = {
                "logGroupName": function["loggingConfig"]["logGroup"],
                "logStreamName": name,
            }
            said = self.functions[name].log.decode() or "nothing"
            now = int(datetime.now(UTC).timestamp() * 1000)
            logs.create_log_stream(**log_stream)
            logs.put_log_events(**log_stream, logEvents=[{"timestamp": now, "message": said}])

    def client_of(self, function: str, service: str) -> Any:
        """Return a client that may do what a function may do, and is not written down."""
        role = self.graph[function]["role"]
        return self._client(service, self._session(role, "test"), self._endpoint_url)

    def settings_read(self, function: str) -> set[str]:
        """Return the settings, by their fields, that a function has read since its start."""
        assert self._notes, "this stack records no settings"
        return set((self._notes / function).read_text(encoding="utf-8").splitlines())

    def _put_signing_keys(self) -> str:
        """Put the first keys into the empty secret, as the first release does."""
        text = new_signing_keys()
        secret = self.deployment.one("Secret").arn
        self.aws("secretsmanager").put_secret_value(SecretId=secret, SecretString=text)
        return text

    def _session(self, role_arn: str, user: str) -> Session:
        role = self.deployment.by_arn(role_arn)
        taken = self.aws("sts").assume_role(RoleArn=role_arn, RoleSessionName=user)["Credentials"]
        session = Session(
            role.name,
            user,
            {
                "AWS_ACCESS_KEY_ID": taken["AccessKeyId"],
                "AWS_SECRET_ACCESS_KEY": taken["SecretAccessKey"],
                "AWS_SESSION_TOKEN": taken["SessionToken"],
            },
        )
        self._sessions[taken["AccessKeyId"]] = session
        return session

    def _client(self, service: Any, session: Session, endpoint_url: str | None = None) -> Any:
        taken = session.credentials
        return boto3.client(
            service,
            endpoint_url=endpoint_url or self._recorder.endpoint_url,
            region_name=REGION,
            aws_access_key_id=taken["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=taken["AWS_SECRET_ACCESS_KEY"],
            aws_session_token=taken["AWS_SESSION_TOKEN"],
        )

    def _environments(self, function: PlannedResource) -> Environments:
        session = self._session(function["role"], "code")
        (handler,) = function["imageConfig"]["commands"]
        recording = {}
        if self._notes:
            recording = {"NOTED_HANDLER": handler, "NOTES": str(self._notes / function.name)}
            handler = "tests.infra.components.settings_recorder.handler"
        return Environments(
            lambda: self._exits.enter_context(
                LambdaProcess(
                    handler,
                    cwd=self._code,
                    runtime=self._runtime,
                    env={
                        **function["environment"]["variables"],
                        **session.credentials,
                        **recording,
                        "AWS_ENDPOINT_URL": self._recorder.endpoint_url,
                    },
                    timeout_seconds=function["timeout"],
                    memory_mb=int(function["memorySize"]),
                )
            )
        )

    def _poller(self, mapping: PlannedResource) -> Poller:
        queue = self.deployment.by_arn(mapping["eventSourceArn"])
        function = self.deployment.function_of(mapping["functionName"])
        return Poller(
            mapping,
            sqs=self._client("sqs", self._session(function["role"], "lambda")),
            owner=self.aws("sqs"),
            queue_url=queue.id,
            invoke=self.functions[function.name].invoke,
        )
