"""The HTTP API: it hands every request to one function."""

import json

import pulumi
import pulumi_aws as aws

from infra.components.configuration import Configuration
from infra.components.functions import ShopFunction
from infra.topology import gateway_name
from routers import cors

#: Rule 10 of openapi/CONTRACT.md, 1.1, for the gateway's own answers too: a browser that is
#: turned away for asking too often has to be able to read it.
CORS = aws.apigatewayv2.ApiCorsConfigurationArgs(
    allow_origins=[cors.ALLOWED_ORIGIN],
    allow_methods=list(cors.ALLOWED_METHODS),
    allow_headers=list(cors.ALLOWED_HEADERS),
    expose_headers=list(cors.EXPOSED_HEADERS),
    max_age=cors.MAX_AGE_SECONDS,
)

#: What is written down of a request. Not who it came from, nor its path, headers or query: they
#: can hold tokens (openapi/CONTRACT.md, 1.2).
_ACCESS_LOG = json.dumps(
    {
        "at": "$context.requestTime",
        "request_id": "$context.requestId",
        # The function's log has this one: together they tell what became of a request.
        "function_request_id": "$context.integration.requestId",
        "method": "$context.httpMethod",
        "status": "$context.status",
        "response_bytes": "$context.responseLength",
        "milliseconds": "$context.responseLatency",
        "function_error": "$context.integrationErrorMessage",
    }
)


class Gateway(pulumi.ComponentResource):
    """An HTTP API without routes of its own: the application knows them all."""

    def __init__(
        self,
        name: str,
        *,
        configuration: Configuration,
        target: ShopFunction,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Make the HTTP API of a stack in front of ``target``."""
        super().__init__("shop:gateway:Gateway", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        api_name = gateway_name(configuration.stack)
        api = aws.apigatewayv2.Api(
            name,
            name=api_name,
            protocol_type="HTTP",
            cors_configuration=CORS,
            # Clients know its address, and a new API would have another one.
            opts=pulumi.ResourceOptions(parent=self, protect=not configuration.is_disposable),
        )
        integration = aws.apigatewayv2.Integration(
            name,
            api_id=api.id,
            integration_type="AWS_PROXY",
            integration_uri=target.live_invoke_arn,
            payload_format_version="2.0",
            opts=child,
        )
        route = aws.apigatewayv2.Route(
            name,
            api_id=api.id,
            route_key="$default",
            target=pulumi.Output.concat("integrations/", integration.id),
            opts=child,
        )
        permission = aws.lambda_.Permission(
            name,
            action="lambda:InvokeFunction",
            function=target.name,
            qualifier=target.live_name,
            principal="apigateway.amazonaws.com",
            # This API's one route; the star is its stage.
            source_arn=pulumi.Output.concat(api.execution_arn, "/*/$default"),
            opts=child,
        )
        logs = aws.cloudwatch.LogGroup(
            name,
            name=f"/aws/apigateway/{api_name}",
            retention_in_days=configuration.generic.log_retention_days,
            opts=child,
        )
        aws.apigatewayv2.Stage(
            name,
            api_id=api.id,
            # The stage without a path of its own, so URLs are the application's.
            name="$default",
            auto_deploy=True,
            default_route_settings=aws.apigatewayv2.StageDefaultRouteSettingsArgs(
                throttling_rate_limit=configuration.generic.throttle_rate,
                throttling_burst_limit=configuration.generic.throttle_burst,
            ),
            access_log_settings=aws.apigatewayv2.StageAccessLogSettingsArgs(
                destination_arn=logs.arn, format=_ACCESS_LOG
            ),
            # The stage answers as soon as it exists, so route and permission come first.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[route, permission]),
        )
        self.api_id = api.id
        self.host = api.api_endpoint.apply(lambda url: url.removeprefix("https://"))
        self.register_outputs({"host": self.host})
