"""Functions: what runs, what it is told, how it is called and where it logs."""

import importlib
import json
from fnmatch import fnmatchcase
from typing import Any

import httpx
import pytest

from app.main import app
from app.settings import list_variables, read_settings
from infra.components.configuration import variables
from infra.components.resource_graph import Deployment
from infra.table_access import ITEMS
from infra.topology import EVERY_FUNCTION, FUNCTIONS, UNRESERVED_CONCURRENCY, Function
from tests.infra.components.deployment import IMAGE, deploy

#: HTTP APIs wait no longer than this for a function.
GATEWAY_SECONDS = 30

each_function = pytest.mark.parametrize("function", EVERY_FUNCTION, ids=lambda pair: pair.name)


def environment(deployment: Deployment, function: Function) -> dict[str, str]:
    """Return the variables a deployed function is given."""
    return deployment.all("lambda/function:Function")[function.name].variables


def test_there_are_five_functions_of_one_image(deployment: Deployment) -> None:
    functions = deployment.all("lambda/function:Function")

    assert set(functions) == {"api", "order", "payment", "rotation", "shipment"}
    assert {function["imageUri"] for function in functions.values()} == {IMAGE}
    assert {function["packageType"] for function in functions.values()} == {"Image"}


def test_handlers_are_those_the_design_fixes(deployment: Deployment) -> None:
    functions = deployment.all("lambda/function:Function").values()

    assert {function["imageConfig"]["commands"][0] for function in functions} == {
        "app.main.handler",
        "workers.order.handler",
        "workers.payment.handler",
        "workers.rotation.handler",
        "workers.shipment.handler",
    }


@each_function
def test_every_handler_can_be_imported(deployment: Deployment, function: Function) -> None:
    (command,) = deployment.all("lambda/function:Function")[function.name]["imageConfig"][
        "commands"
    ]
    module, _, attribute = command.rpartition(".")

    assert callable(getattr(importlib.import_module(module), attribute))


def test_a_function_is_given_exactly_the_variables_it_reads() -> None:
    # What is empty by default is left out.
    printed: dict[str, Any] = {
        "shopAddress": "1 Road",
        "shopTaxLine": "VAT",
        "shopTimeZone": "Europe/Berlin",
        "keptCatalogSeconds": 60,
        "otlpEndpoint": "https://collector.example",
        "otlpHeaders": "api-key=k-1",
        "otlpResource": "team=fitness",
        "otlpService": "shop",
    }
    deployment = deploy(imageBaseUrl="https://shop.example", sentry=True, **printed)

    for function in EVERY_FUNCTION:
        # In a stack the address is always in the secret.
        assert set(environment(deployment, function)) == {*function.settings} - {"SENTRY_DSN"}


def test_the_key_of_a_collector_is_a_secret_of_the_stack() -> None:
    open_stack = deploy(otlpEndpoint="https://collector.example")
    stack = deploy(otlpEndpoint="https://collector.example", otlpHeaders="api-key=k-1")

    for function in FUNCTIONS:
        assert environment(stack, function)["OTEL_EXPORTER_OTLP_HEADERS"] == "api-key=k-1"
        kept = stack.all("lambda/function:Function")[function.name]["environment"]
        # Pulumi's mark of a secret.
        assert kept["4dabf18193072939515e22adb298388d"] == "1b47061264138c4ac30d75fd1eb44270"
        plain = open_stack.all("lambda/function:Function")[function.name]["environment"]
        assert set(plain) == {"variables"}


@each_function
def test_every_variable_is_one_the_settings_know(
    deployment: Deployment, function: Function
) -> None:
    assert set(environment(deployment, function)) <= set(variables())


@each_function
def test_no_variable_is_empty(deployment: Deployment, function: Function) -> None:
    assert all(environment(deployment, function).values())


def test_every_setting_reaches_some_function() -> None:
    supplied = {variables()[name] for function in EVERY_FUNCTION for name in function.settings}

    assert supplied == set(list_variables())


@each_function
def test_a_function_reads_what_the_stack_was_told(
    deployment: Deployment, function: Function
) -> None:
    settings = read_settings(environment(deployment, function))

    assert (settings.stage, settings.version, settings.region) == ("dev", "4f2a9c1", "eu-west-1")


@each_function
def test_a_queue_address_leads_to_the_queue_it_is_named_after(
    deployment: Deployment, function: Function
) -> None:
    given = environment(deployment, function)
    addresses = {name: url for name, url in given.items() if name.endswith("_QUEUE_URL")}

    for name, url in addresses.items():
        queue = name.removesuffix("_QUEUE_URL").lower().replace("_", "-")
        assert url.endswith(f"/dev-acmeserverless-sqs-{queue}")


@each_function
def test_a_function_knows_a_queue_if_and_only_if_it_sends_to_it(function: Function) -> None:
    known = {name for name in function.settings if name.endswith("_QUEUE_URL")}

    assert known == {f"{queue.upper().replace('-', '_')}_QUEUE_URL" for queue in function.sends_to}


@each_function
def test_a_function_knows_the_table_if_and_only_if_it_may_use_it(function: Function) -> None:
    assert ("TABLE" in function.settings) == (function.name in ITEMS)


@each_function
def test_a_function_knows_the_secret_if_and_only_if_it_may_read_it(function: Function) -> None:
    may_read = function.reads_signing_keys or function.rotates_signing_keys
    assert ("SIGNING_KEYS_SECRET" in function.settings) == may_read


def test_five_of_a_hundred_calls_leave_a_trace(deployment: Deployment) -> None:
    rule, silent = deployment.one("SamplingRule"), deploy(tracePercent=0)
    functions = deployment.all("lambda/function:Function").values()

    assert {made["tracingConfig"]["mode"] for made in functions} == {"Active"}
    assert (rule["fixedRate"], rule["reservoirSize"]) == (0.05, 0)
    assert all(fnmatchcase(made["name"], rule["serviceName"]) for made in functions)
    assert silent.all("SamplingRule") == {}
    for name, made in silent.all("lambda/function:Function").items():
        assert made["tracingConfig"]["mode"] == "PassThrough"
        assert not any(action.startswith("xray:") for action, _ in silent.grants(name))


@each_function
def test_every_function_logs_to_a_group_that_forgets(
    deployment: Deployment, function: Function
) -> None:
    made = deployment.all("lambda/function:Function")[function.name]
    group = deployment.all("LogGroup")[function.name]

    assert made["loggingConfig"]["logGroup"] == group["name"] == f"/aws/lambda/{made['name']}"
    assert group["retentionInDays"] == 30


@each_function
def test_every_function_logs_json_from_info_up(deployment: Deployment, function: Function) -> None:
    settings = deployment.all("lambda/function:Function")[function.name]["loggingConfig"]

    assert settings["logFormat"] == "JSON"
    assert settings["applicationLogLevel"] == "INFO"
    assert settings["systemLogLevel"] == "WARN"


def test_the_api_answers_before_the_gateway_gives_up(deployment: Deployment) -> None:
    assert deployment.all("lambda/function:Function")["api"]["timeout"] < GATEWAY_SECONDS


def test_every_request_reaches_the_api_function(deployment: Deployment) -> None:
    api, integration = deployment.one("Api"), deployment.one("Integration")

    assert api["protocolType"] == "HTTP"
    assert integration["integrationUri"].startswith(
        deployment.all("lambda/function:Function")["api"].arn
    )
    assert integration["payloadFormatVersion"] == "2.0"
    assert deployment.one("Route")["routeKey"] == "$default"
    assert deployment.one("Route")["target"] == "integrations/dev-gateway-id"
    assert deployment.one("Stage")["name"] == "$default"
    assert deployment.one("Stage")["autoDeploy"] is True


async def test_browsers_are_told_the_same_by_the_gateway_and_by_the_application(
    deployment: Deployment,
) -> None:
    cors = deployment.one("Api")["corsConfiguration"]

    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://shop") as browser:
        said = (await browser.options("/products")).headers

    assert {
        "access-control-allow-origin": ", ".join(cors["allowOrigins"]),
        "access-control-allow-methods": ", ".join(cors["allowMethods"]),
        "access-control-allow-headers": ", ".join(cors["allowHeaders"]),
        "access-control-expose-headers": ", ".join(cors["exposeHeaders"]),
        "access-control-max-age": str(int(cors["maxAge"])),
    }.items() <= dict(said).items()


def test_the_gateway_takes_no_more_than_it_was_told(deployment: Deployment) -> None:
    limits = deploy(throttleRate=7, throttleBurst=9).one("Stage")["defaultRouteSettings"]

    assert limits == {"throttlingRateLimit": 7, "throttlingBurstLimit": 9}
    assert set(deployment.one("Stage")["defaultRouteSettings"]) == set(limits)


def test_requests_are_written_down_without_who_made_them(deployment: Deployment) -> None:
    log = deployment.one("Stage")["accessLogSettings"]
    written = json.loads(log["format"])

    assert log["destinationArn"] == deployment.all("LogGroup")["gateway"].arn
    assert {"request_id", "function_request_id", "status", "milliseconds"} < set(written)
    for secret in ("identity", "path", "Path", "Query", "query", "header", "cookie", "authorizer"):
        assert secret not in log["format"]


def test_only_this_gateway_may_call_the_api_function(deployment: Deployment) -> None:
    permission = deployment.all("Permission")["gateway"]

    assert permission["principal"] == "apigateway.amazonaws.com"
    assert permission["function"] == deployment.all("lambda/function:Function")["api"]["name"]
    assert permission["qualifier"] == "live"
    assert permission["sourceArn"].endswith(":dev-gateway-id/*/$default")


def test_the_sweeper_calls_the_order_function_every_five_minutes(deployment: Deployment) -> None:
    schedule = deployment.one("Schedule")

    assert schedule["name"] == "dev-acmeserverless-schedule-sweeper"
    assert schedule["scheduleExpression"] == "rate(5 minutes)"
    assert deployment.function_of(schedule["target"]["arn"]).name == "order"
    assert schedule["target"]["roleArn"] == deployment.all("Role")["sweeper"].arn


def test_calls_that_wait_for_payments_cannot_take_what_decides_them(
    deployment: Deployment,
) -> None:
    functions = deployment.all("lambda/function:Function")
    reserved = {
        function.name: functions[function.name]["reservedConcurrentExecutions"]
        for function in FUNCTIONS
    }

    assert "reservedConcurrentExecutions" not in functions["rotation"].inputs
    for name, concurrency in reserved.items():
        sent = sum(
            mapping["scalingConfig"]["maximumConcurrency"]
            for mapping in deployment.all("EventSourceMapping").values()
            if deployment.function_of(mapping["functionName"]).name == name
        )
        scheduled = deployment.function_of(deployment.one("Schedule")["target"]["arn"]).name
        assert concurrency >= sent + (name == scheduled)
    assert reserved["api"] == 200
    # What the sample says of the account's limit.
    assert sum(reserved.values()) + UNRESERVED_CONCURRENCY == 341


def test_the_api_is_capped_as_the_stack_says() -> None:
    capped = deploy(apiConcurrency=7).all("lambda/function:Function")
    unreserved = deploy(reserveConcurrency=False).all("lambda/function:Function")

    assert capped["api"]["reservedConcurrentExecutions"] == 7
    assert not any("reservedConcurrentExecutions" in made.inputs for made in unreserved.values())


def test_a_sweep_that_fails_is_not_repeated_by_lambda(deployment: Deployment) -> None:
    config = deployment.one("FunctionEventInvokeConfig")
    scheduled = deployment.function_of(deployment.one("Schedule")["target"]["arn"])

    assert (config["functionName"], config["qualifier"]) == (scheduled["name"], "live")
    assert config["maximumRetryAttempts"] == 0
