"""How CloudFront treats the API: what it may keep, what it adds, which answers it compresses."""

from pathlib import Path

import pulumi
import pulumi_aws as aws

from infra.topology import static_site_name

#: Everything an answer can depend on, but for the path.
KEY_HEADERS = ("Accept", "Authorization", "X-Access-Token", "X-Forwarded-Host")

#: Errors that CloudFront would keep for ten seconds: an order that is not there yet, or a 503.
#: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/HTTPStatusCodes.html
_ERRORS = (400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504)

_VIEWER_HOST = Path(__file__).with_name("viewer_host.js")


def api_cache_policy(name: str, stack: str, parent: pulumi.Resource) -> aws.cloudfront.CachePolicy:
    """Make the policy under which answers are compressed, and hardly kept.

    CloudFront compresses only where caching is enabled, so not all times to live can be 0. What
    says ``no-store``, as the API's answers do, is not kept; a public one for a second.
    https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/ServingCompressedFiles.html
    """
    network = aws.cloudfront
    return network.CachePolicy(
        name,
        name=f"{static_site_name(stack)}-api",
        min_ttl=0,
        default_ttl=0,
        max_ttl=1,
        parameters_in_cache_key_and_forwarded_to_origin=(
            network.CachePolicyParametersInCacheKeyAndForwardedToOriginArgs(
                enable_accept_encoding_brotli=True,
                enable_accept_encoding_gzip=True,
                cookies_config=network.CachePolicyParametersInCacheKeyAndForwardedToOriginCookiesConfigArgs(
                    cookie_behavior="all"
                ),
                headers_config=network.CachePolicyParametersInCacheKeyAndForwardedToOriginHeadersConfigArgs(
                    header_behavior="whitelist",
                    headers=network.CachePolicyParametersInCacheKeyAndForwardedToOriginHeadersConfigHeadersArgs(
                        items=list(KEY_HEADERS)
                    ),
                ),
                query_strings_config=network.CachePolicyParametersInCacheKeyAndForwardedToOriginQueryStringsConfigArgs(
                    query_string_behavior="all"
                ),
            )
        ),
        opts=pulumi.ResourceOptions(parent=parent),
    )


def viewer_host(name: str, stack: str, parent: pulumi.Resource) -> aws.cloudfront.Function:
    """Make the function by which the API learns the host that the viewer asked for."""
    return aws.cloudfront.Function(
        name,
        name=f"{static_site_name(stack)}-viewer-host",
        runtime="cloudfront-js-2.0",
        code=_VIEWER_HOST.read_text(encoding="utf-8"),
        opts=pulumi.ResourceOptions(parent=parent),
    )


def errors_are_not_kept() -> list[aws.cloudfront.DistributionCustomErrorResponseArgs]:
    """Return that no error is kept: the next viewer may get the answer."""
    return [
        aws.cloudfront.DistributionCustomErrorResponseArgs(error_code=code, error_caching_min_ttl=0)
        for code in _ERRORS
    ]
