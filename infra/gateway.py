"""The public door: an HTTP API that hands every request to one function."""

import pulumi
import pulumi_aws as aws

from infra.functions import ShopFunction


class Gateway(pulumi.ComponentResource):
    """An HTTP API without routes of its own: the application knows them all."""

    def __init__(
        self,
        name: str,
        *,
        stack: str,
        target: ShopFunction,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Make the HTTP API of a stack in front of ``target``."""
        super().__init__("shop:gateway:Gateway", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        api = aws.apigatewayv2.Api(
            name, name=f"{stack}-acmeserverless", protocol_type="HTTP", opts=child
        )
        integration = aws.apigatewayv2.Integration(
            name,
            api_id=api.id,
            integration_type="AWS_PROXY",
            integration_uri=target.invoke_arn,
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
            principal="apigateway.amazonaws.com",
            # This API's one route; the star is its stage.
            source_arn=pulumi.Output.concat(api.execution_arn, "/*/$default"),
            opts=child,
        )
        aws.apigatewayv2.Stage(
            name,
            api_id=api.id,
            # The stage without a path of its own, so URLs are the application's.
            name="$default",
            auto_deploy=True,
            # Open only once somebody is behind the door.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[route, permission]),
        )
        self.url = pulumi.Output.concat(api.api_endpoint, "/")
        self.register_outputs({"url": self.url})
