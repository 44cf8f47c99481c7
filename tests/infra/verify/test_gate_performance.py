"""Gate performance: the bench next to the last release, CloudWatch next to the version before."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from app.messages import PAYMENT_REQUEST, SHIPMENT_RESPONSE
from infra import topology
from infra.local.emulator import Emulator
from infra.local.environment import aws_environment
from infra.verify.evidence import Evidence, Measurement
from infra.verify.gates import performance
from infra.verify.sources.aws_clients import SourceUnreachableError
from infra.verify.sources.bench import bench
from infra.verify.sources.cloudwatch import Window
from infra.verify.sources.requests import PATHS, percentile
from tests.infra.verify.servers import Asked, Said, serving
from tests.infra.verify.stacks import clients_of, deployed, publish, target_of

NOW = datetime(2026, 11, 23, 12, 30, 20, tzinfo=UTC)


@pytest.fixture(autouse=True)
def at_emulator(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in aws_environment(emulator.endpoint_url).items():
        monkeypatch.setenv(name, value)
    for name in ("VERIFY_BENCH", "VERIFY_BENCH_BASE", "VERIFY_BASE"):
        monkeypatch.delenv(name, raising=False)


def _of(evidence: Evidence, name: str) -> Measurement:
    found = [measurement for measurement in evidence.measurements if measurement.name == name]
    assert len(found) == 1, evidence
    return found[0]


# The source: the bench.


def _figures(path: Path, **values: float) -> Path:
    rows = [{"name": name, "value": value, "unit": "x"} for name, value in values.items()]
    path.write_text(json.dumps(rows))
    return path


async def test_the_bench_is_compared_with_the_base_it_was_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = _figures(tmp_path / "now.json", start=2.0, new=1.0)
    base = _figures(tmp_path / "base.json", start=1.6, gone=9.0)
    monkeypatch.setenv("VERIFY_BENCH", str(now))
    monkeypatch.setenv("VERIFY_BENCH_BASE", str(base))

    evidence = await performance.collect(target_of("", stage="source"))

    found = [
        (measurement.name, measurement.value, measurement.baseline)
        for measurement in evidence.measurements
    ]
    assert found == [("bench: start", 2.0, 1.6), ("bench: new", 1.0, None)]


@pytest.mark.parametrize("text", ["", "3", '[{"name": "x"}]', '[{"name":"x","value":"y"}]'])
async def test_figures_in_another_shape_are_not_judged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    (tmp_path / "now.json").write_text(text)
    monkeypatch.setenv("VERIFY_BENCH", str(tmp_path / "now.json"))
    monkeypatch.setenv("VERIFY_BENCH_BASE", str(tmp_path / "now.json"))

    evidence = await performance.collect(target_of("", stage="source"))

    assert evidence.unreachable == "the bench's figures are in another shape"
    assert evidence.measurements == ()


async def test_figures_that_are_not_there_are_not_judged(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("VERIFY_BENCH", "/nowhere/bench.json")

    evidence = await performance.collect(target_of("", stage="source"))

    assert evidence.unreachable == "there are no figures in /nowhere/bench.json"


def _bench(tree: Path, code: str) -> None:
    (tree / "tests/bench").mkdir(parents=True)
    for package in ("tests", "tests/bench"):
        (tree / package / "__init__.py").touch()
    (tree / "tests/bench/__main__.py").write_text(code)


def test_the_trees_own_bench_measures_it_next_to_the_last_release(tmp_path: Path) -> None:
    row = "{'name': ' '.join(sys.argv[1:]), 'value': 1.5, 'unit': 'x', 'base': 1.0}"
    _bench(tmp_path, f"import json, sys; print(json.dumps([{row}, {{**{row}, 'base': None}}]))")

    figures, against = bench(tmp_path, {}), bench(tmp_path, {"VERIFY_BASE": "abc"})

    assert [(figure.value, figure.base) for figure in figures] == [(1.5, 1.0), (1.5, None)]
    assert figures[0].name == "release --rounds 5 --json"
    assert against[0].name == "release --rounds 5 --json --against abc"


def test_a_bench_that_does_not_run_is_no_evidence(tmp_path: Path) -> None:
    _bench(tmp_path, "raise SystemExit(1)")

    with pytest.raises(SourceUnreachableError, match="the bench does not run"):
        bench(tmp_path, {})


# A deployed shop: CloudWatch.


def _count(
    cloudwatch: Any, function: str, version: str | None, milliseconds: list[float], errors: int
) -> None:
    """Put what Lambda would: per alias, and per version behind a weighted one."""
    alias = [("FunctionName", function), ("Resource", f"{function}:live")]
    dimensions = [alias] if version is None else [[*alias, ("ExecutedVersion", version)]]
    for dimension in dimensions:
        named = [{"Name": key, "Value": value} for key, value in dimension]
        rows = [("Duration", value) for value in milliseconds]
        rows += [("Invocations", 1.0)] * len(milliseconds) + [("Errors", 1.0)] * errors
        cloudwatch.put_metric_data(
            Namespace="AWS/Lambda",
            MetricData=[
                {
                    "MetricName": metric,
                    "Dimensions": named,
                    "Timestamp": datetime.now(UTC) - timedelta(minutes=2),
                    "Value": value,
                }
                for metric, value in rows
            ],
        )


async def test_a_canary_is_compared_with_the_version_next_to_it(emulator: Emulator) -> None:
    stack, clients = deployed(emulator), clients_of(emulator)
    functions, cloudwatch = clients("lambda"), clients("cloudwatch")
    old, new = publish(functions, stack, release="1"), publish(functions, stack, release="2")
    for name in old:
        functions.create_alias(
            FunctionName=name,
            Name=topology.LIVE_ALIAS,
            FunctionVersion=old[name],
            RoutingConfig={"AdditionalVersionWeights": {new[name]: 0.1}},
        )
    api = topology.function_name(stack, "api")
    _count(cloudwatch, api, old[api], [100.0] * 40, errors=1)
    _count(
        cloudwatch, api, new[api], [float(milliseconds) for milliseconds in range(1, 21)], errors=2
    )

    evidence = await performance.collect(target_of(stack, stage="canary"))

    p95, errors = _of(evidence, "p95 of api"), _of(evidence, "error rate of api")
    assert p95.value == pytest.approx(19, abs=1)
    assert (p95.samples, p95.baseline) == (20, 100)
    assert (errors.value, errors.samples, errors.baseline) == (0.1, 20, 0.025)
    assert _of(evidence, "p95 of order").samples == 0


async def test_what_is_live_is_compared_with_the_time_before(emulator: Emulator) -> None:
    stack, clients = deployed(emulator), clients_of(emulator)
    functions, cloudwatch = clients("lambda"), clients("cloudwatch")
    for name, version in publish(functions, stack, release="1").items():
        functions.create_alias(FunctionName=name, Name=topology.LIVE_ALIAS, FunctionVersion=version)
    payment = topology.function_name(stack, "payment")
    alias = [
        {"Name": "FunctionName", "Value": payment},
        {"Name": "Resource", "Value": f"{payment}:live"},
    ]

    def put(metric: str, value: float, minutes_ago: int) -> None:
        at = datetime.now(UTC) - timedelta(minutes=minutes_ago)
        row = {"MetricName": metric, "Dimensions": alias, "Timestamp": at, "Value": value}
        cloudwatch.put_metric_data(Namespace="AWS/Lambda", MetricData=[row])

    put("Duration", 40.0, minutes_ago=10)
    put("Invocations", 1, minutes_ago=10)
    put("Throttles", 3, minutes_ago=10)
    put("Duration", 80.0, minutes_ago=45)
    put("Invocations", 4, minutes_ago=45)
    put("Errors", 1, minutes_ago=45)

    evidence = await performance.collect(target_of(stack))

    p95, errors = _of(evidence, "p95 of payment"), _of(evidence, "error rate of payment")
    assert (p95.value, p95.samples, p95.baseline) == (40, 1, 80)
    assert (errors.value, errors.baseline) == (0, 0.25)
    assert _of(evidence, "throttles of payment").value == 3


async def test_the_oldest_message_since_the_deployment_is_told(emulator: Emulator) -> None:
    stack, cloudwatch = deployed(emulator), clients_of(emulator)("cloudwatch")
    name = topology.queue_name(stack, PAYMENT_REQUEST)
    for minutes, age in ((50, 9000.0), (20, 71.0), (5, 12.0)):
        row = {
            "MetricName": "ApproximateAgeOfOldestMessage",
            "Dimensions": [{"Name": "QueueName", "Value": name}],
            "Timestamp": datetime.now(UTC) - timedelta(minutes=minutes),
            "Value": age,
        }
        cloudwatch.put_metric_data(Namespace="AWS/SQS", MetricData=[row])

    evidence = await performance.collect(target_of(stack))

    assert _of(evidence, "oldest message of payment-request").value == 71
    assert _of(evidence, "oldest message of payment-response").value == 0


async def test_an_aws_that_does_not_answer_is_not_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")

    evidence = await performance.collect(target_of("nowhere"))

    assert evidence.unreachable == "CloudWatch does not answer: EndpointConnectionError"


async def test_minutes_are_put_together_again_and_those_before_left_out(
    emulator: Emulator,
) -> None:
    stack, cloudwatch = deployed(emulator), clients_of(emulator)("cloudwatch")
    shipment = topology.function_name(stack, "shipment")
    alias = [
        {"Name": "FunctionName", "Value": shipment},
        {"Name": "Resource", "Value": f"{shipment}:live"},
    ]
    for minutes in (1, 5, 20, 31, 45):
        row = {
            "MetricName": "Invocations",
            "Dimensions": alias,
            "Timestamp": datetime.now(UTC) - timedelta(minutes=minutes),
            "Value": 7,
        }
        cloudwatch.put_metric_data(Namespace="AWS/Lambda", MetricData=[row])

    evidence = await performance.collect(target_of(stack))

    assert _of(evidence, "p95 of shipment").samples == 21


def test_a_window_is_whole_minutes_and_the_one_before_is_as_long() -> None:
    window = Window.since(NOW - timedelta(minutes=10), NOW)

    assert (window.start.second, window.end.second) == (0, 0)
    assert window.seconds == 11 * 60
    assert window.before().end == window.start
    assert window.before().seconds == window.seconds


@pytest.mark.parametrize("ago", [timedelta(seconds=-90), timedelta(0), timedelta(days=400)])
def test_a_window_is_neither_empty_nor_longer_than_what_is_kept(ago: timedelta) -> None:
    window = Window.since(NOW - ago, NOW)

    assert timedelta(minutes=1) <= window.end - window.start <= timedelta(days=14, minutes=1)


# The shop on this machine.


def _facade(asked: Asked) -> Said:
    if asked.path == "/readyz":
        return Said(503)
    if asked.path.startswith("/cart"):
        return Said(401)
    return Said(200, {"data": [{"id": "p1"}]})


async def test_a_local_shop_is_asked_and_its_failures_counted(emulator: Emulator) -> None:
    stack = deployed(emulator)

    with serving(_facade) as url:
        evidence = await performance.collect(target_of(stack, url=url, is_local=True))

    p95, errors = _of(evidence, "p95 of api"), _of(evidence, "error rate of api")
    assert (p95.samples, errors.samples) == (20 * len(PATHS), 20 * len(PATHS))
    assert p95.value is not None
    assert p95.value > 0
    assert errors.value == 1 / len(PATHS)
    assert _of(evidence, "oldest message of shipment-request").value == 0


async def test_a_message_that_waits_here_grows_old_unless_it_is_held_back(
    emulator: Emulator,
) -> None:
    stack, sqs = deployed(emulator), clients_of(emulator)("sqs")
    # Nothing may take the messages away.
    functions = clients_of(emulator)("lambda")
    for mapping in topology.MAPPINGS:
        name = topology.function_name(stack, mapping.function)
        for found in functions.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]:
            functions.delete_event_source_mapping(UUID=found["UUID"])
    for queue, delay in ((PAYMENT_REQUEST, 0), (SHIPMENT_RESPONSE, 60)):
        url = sqs.get_queue_url(QueueName=topology.queue_name(stack, queue))["QueueUrl"]
        sqs.send_message(QueueUrl=url, MessageBody="4111111111111111", DelaySeconds=delay)
    target = target_of(stack, is_local=True)

    measure_queue_ages = 0.0
    with serving(_facade) as url:
        while not measure_queue_ages:
            evidence = await performance.collect(replace(target, url=url))
            measure_queue_ages = _of(evidence, "oldest message of payment-request").value or 0.0

    assert _of(evidence, "oldest message of shipment-response").value == 0
    assert "4111" not in repr(evidence)


async def test_a_local_shop_that_does_not_answer_is_not_judged() -> None:
    evidence = await performance.collect(
        target_of("local", url="http://127.0.0.1:1", is_local=True)
    )

    assert evidence.unreachable == "the shop does not answer: ConnectError"


async def test_something_else_than_a_shop_is_not_judged() -> None:
    with serving(lambda asked: Said(200, ["not", "a", "shop"])) as url:
        evidence = await performance.collect(target_of("local", url=url, is_local=True))

    assert evidence.unreachable == "the shop answers in another shape than ours"


async def test_without_an_emulator_nothing_is_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL")

    with serving(_facade) as url:
        evidence = await performance.collect(target_of("local", url=url, is_local=True))

    assert evidence.unreachable == "the emulator does not answer: UnsupportedProtocol"


def test_a_percentile_is_one_of_the_values() -> None:
    values = [float(milliseconds) for milliseconds in range(100, 0, -1)]

    assert percentile(values, 0.95) == 95
    assert percentile([7.0], 0.95) == 7
