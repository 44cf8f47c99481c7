"""Alarms: everything that can go wrong has one, and it notifies the topic."""

import ast
import json
from collections.abc import Iterator

from app import metrics
from infra.components.resource_graph import Deployment, PlannedResource
from infra.topology import FUNCTIONS, QUEUES
from tests.infra.components.deployment import ROOT, deploy


def alarms(deployment: Deployment, metric: str, **dimensions: str) -> Iterator[PlannedResource]:
    """Yield the alarms on one metric of one thing."""
    for alarm in deployment.all("MetricAlarm").values():
        if (
            alarm.inputs.get("metricName") == metric
            and dimensions.items() <= alarm["dimensions"].items()
        ):
            yield alarm


def test_a_letter_in_any_dead_letter_queue_is_told(deployment: Deployment) -> None:
    dead_letters = [queue for queue in QUEUES if queue.dead_letters is None]

    assert len(dead_letters) == 2
    for queue in dead_letters:
        name = deployment.all("Queue")[queue.name]["name"]
        (alarm,) = alarms(deployment, "ApproximateNumberOfMessagesVisible", QueueName=name)
        assert (alarm["comparisonOperator"], alarm["threshold"]) == ("GreaterThanThreshold", 0)


def test_every_other_queue_has_dead_letters_and_an_alarm_behind_it(deployment: Deployment) -> None:
    for queue in QUEUES:
        if queue.dead_letters is None:
            continue
        made = deployment.all("Queue")[queue.name]
        target = deployment.by_arn(made.document("redrivePolicy")["deadLetterTargetArn"])
        assert list(
            alarms(deployment, "ApproximateNumberOfMessagesVisible", QueueName=target["name"])
        )
        (age,) = alarms(deployment, "ApproximateAgeOfOldestMessage", QueueName=made["name"])
        # Long before messages are lost.
        assert 0 < age["threshold"] < queue.retention_seconds / 10


def test_a_delivery_that_takes_its_time_is_no_alarm() -> None:
    slow = deploy(deliverySeconds="600-900", all_alarms=True)

    (age,) = alarms(
        slow,
        "ApproximateAgeOfOldestMessage",
        QueueName=slow.all("Queue")["shipment-response"]["name"],
    )

    assert age["threshold"] > 900


def test_crashes_and_throttles_of_every_function_are_told(deployment: Deployment) -> None:
    for function in FUNCTIONS:
        name = deployment.all("lambda/function:Function")[function.name]["name"]
        for metric in ("Errors", "Throttles"):
            found = alarms(deployment, metric)
            assert [alarm["dimensions"] for alarm in found].count({"FunctionName": name}) == 1


def test_calls_that_aws_refuses_are_told_for_every_function(deployment: Deployment) -> None:
    for function in FUNCTIONS:
        name = deployment.all("lambda/function:Function")[function.name]["name"]
        (alarm,) = alarms(deployment, "PermanentAwsErrors", FunctionName=name)
        assert (alarm["namespace"], alarm["threshold"]) == ("AcmeShop", 0)
        assert alarm["treatMissingData"] == "notBreaching"


def test_throttles_of_the_table_and_of_every_index_are_told(deployment: Deployment) -> None:
    table = deployment.one("Table")
    places: list[dict[str, str]] = [
        {"TableName": table["name"]},
        *(
            {"TableName": table["name"], "GlobalSecondaryIndexName": index["name"]}
            for index in table["globalSecondaryIndexes"]
        ),
    ]

    for metric in ("ReadThrottleEvents", "WriteThrottleEvents"):
        watched = [alarm["dimensions"] for alarm in alarms(deployment, metric)]
        assert all(place in watched for place in places)


def test_what_customers_see_is_watched(deployment: Deployment) -> None:
    (failures,) = alarms(deployment, "5xx", ApiId="dev-gateway-id")
    (latency,) = alarms(deployment, "Latency", ApiId="dev-gateway-id")

    assert failures["statistic"] == "Sum"
    assert latency["extendedStatistic"] == "p95"
    # A call that waits for its payment is not slow.
    assert latency["threshold"] > 3000


def test_a_sweeper_that_fails_or_stays_silent_is_told(deployment: Deployment) -> None:
    group = deployment.one("Schedule")["groupName"]

    (failures,) = alarms(deployment, "TargetErrorCount", ScheduleGroup=group)
    (silence,) = alarms(deployment, "InvocationAttemptCount", ScheduleGroup=group)

    assert failures["treatMissingData"] == "notBreaching"
    assert (silence["comparisonOperator"], silence["treatMissingData"]) == (
        "LessThanThreshold",
        "breaching",
    )


def test_every_alarm_is_told_to_the_topic_and_says_what_it_means(deployment: Deployment) -> None:
    topic = deployment.one("Topic").arn

    for alarm in deployment.all("MetricAlarm").values():
        assert alarm["alarmActions"] == alarm["okActions"] == [topic]
        assert alarm["alarmDescription"].endswith((".", "?"))


def test_the_services_that_notify_may_use_the_topic_and_its_key(deployment: Deployment) -> None:
    key = deployment.by_arn(deployment.one("Topic")["kmsMasterKeyId"])
    (tell,) = deployment.one("TopicPolicy").document("policy")["Statement"]
    use = key.document("policy")["Statement"][1]

    for statement in (tell, use):
        assert statement["Principal"] == {
            "Service": ["budgets.amazonaws.com", "cloudwatch.amazonaws.com"]
        }
        assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": "123456789012"}}
    assert key["enableKeyRotation"] is True


def test_an_address_is_told_if_there_is_one(deployment: Deployment) -> None:
    told = deploy(alarmEmail="shop@example.com").one("TopicSubscription")

    assert (told["protocol"], told["endpoint"]) == ("email", "shop@example.com")
    assert deployment.all("TopicSubscription") == {}


def test_a_release_ends_with_any_alarm_of_what_it_changed(deployment: Deployment) -> None:
    rule = deployment.one("CompositeAlarm")["alarmRule"]

    for function in FUNCTIONS:
        for metric in ("release-errors", "throttles"):
            assert f'ALARM("dev-acmeserverless-alarm-{function.name}-{metric}")' in rule
    assert 'ALARM("dev-acmeserverless-alarm-api-5xx")' in rule
    assert 'ALARM("dev-acmeserverless-alarm-api-latency")' in rule
    # Orders that cannot be read, or are open for days, were there before the release.
    assert "sweep" not in rule
    for function in FUNCTIONS:
        assert f'"dev-acmeserverless-alarm-{function.name}-errors"' not in rule


def test_only_errors_of_the_version_on_trial_end_a_release(deployment: Deployment) -> None:
    versions = {"api": 41, "order": 17, "payment": 17, "shipment": 9}
    trial = deploy(canary={"percent": 10, "stable": versions}, all_alarms=True)

    for function in FUNCTIONS:
        name = f"dev-acmeserverless-lambda-{function.name}"
        alias = {"FunctionName": name, "Resource": f"{name}:live"}
        for made, dimensions in (
            (trial, alias | {"ExecutedVersion": "42"}),
            (deployment, alias),
        ):
            alarm = made.all("MetricAlarm")[f"{function.name}-release-errors"]
            assert (alarm["metricName"], alarm["dimensions"]) == ("Errors", dimensions)


#: What only one function writes; all that handle records write the others.
BY_THE_SWEEPER = {
    *(metrics.SWEEP_INCOMPLETE, metrics.SWEEP_FAILED, metrics.SWEEP_UNREADABLE),
    *(metrics.OLDEST_OPEN_ORDER, metrics.OLDEST_PENDING_ORDER, metrics.SWEEP_FINISHES),
}
WRITTEN = {
    **{metric: {"order"} for metric in BY_THE_SWEEPER},
    metrics.FAILED_RECORDS: {"order", "payment", "shipment"},
    metrics.PERMANENT_AWS_ERRORS: {"api", "order", "payment", "shipment"},
    metrics.UNREADABLE_ITEMS: {"api"},
    metrics.REFUSALS: {"api"},
    metrics.THROTTLES: {"api"},
}


def written_by_the_code() -> Iterator[str]:
    """Yield the metrics in every call of ``emit_metrics``."""
    for folder in ("app", "routers", "workers"):
        for file in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if not (
                    isinstance(node, ast.Call) and ast.unparse(node.func).endswith("emit_metrics")
                ):
                    continue
                [given] = node.args
                assert isinstance(given, ast.Dict), f"{file.name} writes what no test can read"
                for key in given.keys:
                    yield getattr(metrics, ast.unparse(key or given).rpartition(".")[2])


def test_alarms_and_metrics_of_the_shop_know_each_other(deployment: Deployment) -> None:
    names = {
        made["name"]: name for name, made in deployment.all("lambda/function:Function").items()
    }
    watched: dict[str, set[str]] = {}
    for alarm in deployment.all("MetricAlarm").values():
        if alarm.inputs.get("namespace") == metrics.NAMESPACE:
            [(dimension, function)] = alarm["dimensions"].items()
            assert dimension == metrics.DIMENSION
            watched.setdefault(alarm["metricName"], set()).add(names[function])
            assert alarm["comparisonOperator"] == "GreaterThanThreshold"
            assert alarm["treatMissingData"] == "notBreaching"

    assert watched == WRITTEN
    # What is counted of the business is for graphs; too much or too little of it is no fault.
    counted = {metric for _, metric in metrics.BUSINESS_STREAMS}
    assert set(written_by_the_code()) == set(WRITTEN) | counted


def test_what_sweeps_report_has_limits_that_fit(deployment: Deployment) -> None:
    made = deployment.all("MetricAlarm")

    # A payment that never comes is ended after 48 hours; nothing is open for much longer.
    assert 48 * 3600 < made["sweep-oldest-order"]["threshold"] < 50 * 3600
    assert made["sweep-pending-order"]["threshold"] == 600
    for name in ("sweep-incomplete", "sweep-failed", "sweep-unreadable", "sweep-finishes"):
        assert made[name]["threshold"] == 0


def test_few_calls_raise_no_alarm_on_shares_or_percentiles(deployment: Deployment) -> None:
    made = deployment.all("MetricAlarm")
    queries = {query["id"]: query for query in made["api-error-budget"]["metricQueries"]}

    assert made["api-latency"]["evaluateLowSampleCountPercentiles"] == "ignore"
    assert queries["share"]["expression"] == "IF(whole >= 100, part / whole, 0)"
    assert queries["part"]["metric"]["metricName"] == "5xx"
    assert queries["whole"]["metric"]["metricName"] == "Count"
    assert made["api-error-budget"]["threshold"] == 0.01
    assert "metricName" not in made["api-error-budget"].inputs
    declined = {query["id"]: query for query in made["declined-orders"]["metricQueries"]}
    prefix = "dev-acmeserverless-lambda-"
    assert declined["share"]["expression"] == "IF(whole >= 10, part / whole, 0)"
    for name, metric, function in (
        ("part", metrics.ORDERS_DECLINED, "payment"),
        ("whole", metrics.ORDERS_PLACED, "api"),
    ):
        asked = declined[name]["metric"]
        assert (asked["metricName"], asked["dimensions"]) == (
            metric,
            {metrics.DIMENSION: prefix + function},
        )
        assert (function, metric) in metrics.BUSINESS_STREAMS


def test_everything_that_is_watched_is_on_the_dashboard(deployment: Deployment) -> None:
    body = json.loads(deployment.one("Dashboard")["dashboardBody"])

    titles = {widget["properties"]["title"] for widget in body["widgets"]}
    places = {(widget["x"], widget["y"]) for widget in body["widgets"]}

    assert titles == set(deployment.all("MetricAlarm"))
    assert len(places) == len(body["widgets"])


def test_money_is_watched_too(deployment: Deployment) -> None:
    budget = deploy(monthlyBudget=7).one("Budget")

    assert (budget["limitAmount"], budget["limitUnit"], budget["timeUnit"]) == (
        "7",
        "USD",
        "MONTHLY",
    )
    assert budget["costFilters"] == [{"name": "TagKeyValue", "values": ["user:Stack$dev"]}]
    for notification in budget["notifications"]:
        assert notification["subscriberSnsTopicArns"] == [deployment.one("Topic").arn]
