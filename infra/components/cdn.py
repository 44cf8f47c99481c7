"""The shop's address: a CloudFront distribution in front of the static site and the API."""

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from app.static_files import CONTENT_POLICY, HEADERS, REFERRER_POLICY, WORKER_HEADERS
from infra.components.edge_policies import api_cache_policy, errors_are_not_kept, viewer_host
from infra.components.firewall import Firewall
from infra.components.gateway import Gateway
from infra.components.origin_header import OriginHeader
from infra.components.stack_config import Generic
from infra.components.static_site import StaticSite
from infra.topology import static_site_name
from routers.origin_check import ORIGIN_HEADER

# Policies that AWS manages, the same in every account.
# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html
CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"
# Headers (Authorization among them), cookies and query; the gateway wants its own host name.
# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-origin-request-policies.html
ALL_BUT_HOST = "b689b0a8-53d0-40ab-baf2-68738e2966ac"

#: What the bucket answers; the network looks for `/` under the name of the file it stands for.
PAGE_PATHS = ("/", "/index.html", "/pos", "/pos/*", "/static/*")
#: The till's service worker, whose headers say how far it reaches.
WORKER_PATH = "/static/pos/service-worker.js"

_PAGES, _API = "pages", "api"
_READ_METHODS = ["GET", "HEAD"]
_ALL_METHODS = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"]
_A_YEAR = 365 * 24 * 60 * 60


def _headers(
    name: str, label: str, custom: Mapping[str, str], parent: pulumi.Resource
) -> aws.cloudfront.ResponseHeadersPolicy:
    """Make a policy with the headers that an answer gets when it does not bring its own.

    ``label`` is its name in the account; ``custom`` are the headers that have no name there.
    """
    headers = aws.cloudfront
    return headers.ResponseHeadersPolicy(
        name,
        name=label,
        security_headers_config=headers.ResponseHeadersPolicySecurityHeadersConfigArgs(
            content_security_policy=(
                # The API reference has its own, from the API.
                headers.ResponseHeadersPolicySecurityHeadersConfigContentSecurityPolicyArgs(
                    content_security_policy=CONTENT_POLICY, override=False
                )
            ),
            content_type_options=(
                headers.ResponseHeadersPolicySecurityHeadersConfigContentTypeOptionsArgs(
                    override=True
                )
            ),
            frame_options=headers.ResponseHeadersPolicySecurityHeadersConfigFrameOptionsArgs(
                frame_option="DENY", override=True
            ),
            referrer_policy=headers.ResponseHeadersPolicySecurityHeadersConfigReferrerPolicyArgs(
                referrer_policy=REFERRER_POLICY, override=True
            ),
            strict_transport_security=(
                headers.ResponseHeadersPolicySecurityHeadersConfigStrictTransportSecurityArgs(
                    access_control_max_age_sec=_A_YEAR, include_subdomains=True, override=True
                )
            ),
        ),
        custom_headers_config=headers.ResponseHeadersPolicyCustomHeadersConfigArgs(
            items=[
                headers.ResponseHeadersPolicyCustomHeadersConfigItemArgs(
                    header=header, value=value, override=True
                )
                for header, value in custom.items()
            ]
        ),
        opts=pulumi.ResourceOptions(parent=parent),
    )


class CDN(pulumi.ComponentResource):
    """A distribution: pages come from the bucket, everything else from the API, uncached."""

    def __init__(
        self,
        name: str,
        *,
        stack: str,
        site: StaticSite,
        gateway: Gateway,
        origin_header: OriginHeader,
        generic: Generic,
        is_disposable: bool,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Make the distribution in front of ``site`` and ``gateway``, as ``generic`` says.

        Only that of a disposable stack can be deleted: its address is the shop's.
        """
        super().__init__("shop:front:Front", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        network = aws.cloudfront
        headers = _headers(name, static_site_name(stack), HEADERS, self)
        of_worker = _headers(
            f"{name}-worker",
            f"{static_site_name(stack)}-worker",
            {**HEADERS, **WORKER_HEADERS},
            self,
        )
        host_function = viewer_host(name, stack, self)
        firewall = Firewall(name, stack=stack, opts=child) if generic.waf else None
        access = network.OriginAccessControl(
            name,
            name=static_site_name(stack),
            origin_access_control_origin_type="s3",
            signing_behavior="always",
            signing_protocol="sigv4",
            opts=child,
        )
        distribution = network.Distribution(
            name,
            comment=f"ACME Serverless Fitness Shop, {stack}",
            enabled=True,
            is_ipv6_enabled=True,
            http_version="http2and3",
            price_class="PriceClass_100",
            default_root_object="index.html",
            aliases=[generic.domain] if generic.domain else None,
            web_acl_id=firewall.arn if firewall else None,
            custom_error_responses=errors_are_not_kept(),
            origins=[
                network.DistributionOriginArgs(
                    origin_id=_PAGES,
                    domain_name=site.host,
                    origin_access_control_id=access.id,
                ),
                network.DistributionOriginArgs(
                    origin_id=_API,
                    domain_name=gateway.host,
                    custom_origin_config=network.DistributionOriginCustomOriginConfigArgs(
                        http_port=80,
                        https_port=443,
                        origin_protocol_policy="https-only",
                        origin_ssl_protocols=["TLSv1.2"],
                    ),
                    # In place of what a viewer sends under this name.
                    custom_headers=[
                        network.DistributionOriginCustomHeaderArgs(
                            name=ORIGIN_HEADER, value=origin_header.value
                        )
                    ],
                ),
            ],
            ordered_cache_behaviors=[
                network.DistributionOrderedCacheBehaviorArgs(
                    path_pattern=path,
                    target_origin_id=_PAGES,
                    viewer_protocol_policy="redirect-to-https",
                    allowed_methods=_READ_METHODS,
                    cached_methods=_READ_METHODS,
                    compress=True,
                    cache_policy_id=CACHING_OPTIMIZED,
                    response_headers_policy_id=policy.id,
                )
                # The first that fits counts.
                for path, policy in (
                    (WORKER_PATH, of_worker),
                    *((path, headers) for path in PAGE_PATHS),
                )
            ],
            default_cache_behavior=network.DistributionDefaultCacheBehaviorArgs(
                target_origin_id=_API,
                # A token sent in the open is not made safe by a redirect.
                viewer_protocol_policy="https-only",
                allowed_methods=_ALL_METHODS,
                cached_methods=_READ_METHODS,
                compress=True,
                cache_policy_id=api_cache_policy(name, stack, self).id,
                function_associations=[
                    network.DistributionDefaultCacheBehaviorFunctionAssociationArgs(
                        event_type="viewer-request", function_arn=host_function.arn
                    )
                ],
                origin_request_policy_id=ALL_BUT_HOST,
                response_headers_policy_id=headers.id,
            ),
            restrictions=network.DistributionRestrictionsArgs(
                geo_restriction=network.DistributionRestrictionsGeoRestrictionArgs(
                    restriction_type="none"
                )
            ),
            viewer_certificate=_certificate(generic),
            opts=pulumi.ResourceOptions(parent=self, protect=not is_disposable),
        )
        site.allow_reads_from(distribution)
        self.url = pulumi.Output.concat("https://", generic.domain or distribution.domain_name, "/")
        self.register_outputs({"url": self.url})


def _certificate(generic: Generic) -> aws.cloudfront.DistributionViewerCertificateArgs:
    """Return the certificate that viewers see: the operator's, or that of ``cloudfront.net``.

    The protocols of AWS's own certificate cannot be chosen: it takes TLS 1.0 as well.
    https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/secure-connections-supported-viewer-protocols-ciphers.html
    """
    if generic.certificate_arn is None:
        return aws.cloudfront.DistributionViewerCertificateArgs(cloudfront_default_certificate=True)
    return aws.cloudfront.DistributionViewerCertificateArgs(
        acm_certificate_arn=generic.certificate_arn,
        ssl_support_method="sni-only",
        minimum_protocol_version="TLSv1.2_2021",
    )
