"""A firewall in front of the CDN (AWS WAF), for stacks that ask for it with ``waf: true``."""

import json

import pulumi
import pulumi_aws as aws

from infra.topology import static_site_name
from routers import cors
from routers.error_catalogue import BY_STATUS

#: Web ACLs of CloudFront are kept there, wherever the stack is.
#: https://docs.aws.amazon.com/waf/latest/developerguide/cloudfront-features.html
REGION = "us-east-1"

#: Requests of one address within five minutes; a visit has some fifty, and an office has one
#: address for all its users.
RATE = 5_000

#: How long a refused address should wait; the rule looks at it about twice a minute.
_RETRY_AFTER_SECONDS = 60

#: The shop's form of an error, as far as a fixed text can have it: there is no id to tell.
_REFUSAL = json.dumps(
    {
        "message": "Too Many Requests",
        "status": 429,
        "code": BY_STATUS[429].code,
        "fields": [],
    }
)
#: What scripts of other origins need in order to read it, and when to come again.
_REFUSAL_HEADERS = {
    "Retry-After": str(_RETRY_AFTER_SECONDS),
    "Access-Control-Allow-Origin": cors.ALLOWED_ORIGIN,
    "Access-Control-Expose-Headers": "Retry-After",
}

#: Rules of the group that count and do not block: bodies may have 256 KiB here, not 8, and the
#: clients of the API need not say which program they are.
_COUNTED = ("SizeRestrictions_BODY", "NoUserAgent_HEADER")


class Firewall(pulumi.ComponentResource):
    """AWS's common rules, and 429 for an address that asks for too much."""

    def __init__(
        self, name: str, *, stack: str, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make the web ACL of a stack's distribution."""
        super().__init__("shop:front:Firewall", name, None, opts)
        waf = aws.wafv2
        rules = [
            waf.WebAclRuleArgs(
                name="rate",
                priority=0,
                action=waf.WebAclRuleActionArgs(
                    block=waf.WebAclRuleActionBlockArgs(
                        custom_response=waf.WebAclRuleActionBlockCustomResponseArgs(
                            response_code=429,
                            custom_response_body_key="refusal",
                            response_headers=[
                                waf.WebAclRuleActionBlockCustomResponseResponseHeaderArgs(
                                    name=name, value=value
                                )
                                for name, value in _REFUSAL_HEADERS.items()
                            ],
                        )
                    )
                ),
                statement=waf.WebAclRuleStatementArgs(
                    rate_based_statement=waf.WebAclRuleStatementRateBasedStatementArgs(
                        limit=RATE, aggregate_key_type="IP"
                    )
                ),
                visibility_config=_visibility("rate"),
            ),
            waf.WebAclRuleArgs(
                name="common",
                priority=1,
                override_action=waf.WebAclRuleOverrideActionArgs(
                    none=waf.WebAclRuleOverrideActionNoneArgs()  # type: ignore[no-untyped-call]
                ),
                statement=waf.WebAclRuleStatementArgs(
                    managed_rule_group_statement=(
                        waf.WebAclRuleStatementManagedRuleGroupStatementArgs(
                            vendor_name="AWS",
                            name="AWSManagedRulesCommonRuleSet",
                            rule_action_overrides=[_counting(rule) for rule in _COUNTED],
                        )
                    )
                ),
                visibility_config=_visibility("common"),
            ),
        ]
        made = waf.WebAcl(
            name,
            name=static_site_name(stack),
            region=REGION,
            scope="CLOUDFRONT",
            default_action=waf.WebAclDefaultActionArgs(allow=waf.WebAclDefaultActionAllowArgs()),
            rules=rules,
            custom_response_bodies=[
                waf.WebAclCustomResponseBodyArgs(
                    key="refusal", content=_REFUSAL, content_type="APPLICATION_JSON"
                )
            ],
            visibility_config=aws.wafv2.WebAclVisibilityConfigArgs(
                cloudwatch_metrics_enabled=True, metric_name="all", sampled_requests_enabled=False
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.arn = made.arn
        self.register_outputs({"arn": self.arn})


def _visibility(name: str) -> "aws.wafv2.WebAclRuleVisibilityConfigArgs":
    """Count what a rule meets; keep no samples, which would hold cookies and tokens."""
    return aws.wafv2.WebAclRuleVisibilityConfigArgs(
        cloudwatch_metrics_enabled=True, metric_name=name, sampled_requests_enabled=False
    )


def _counting(
    rule: str,
) -> "aws.wafv2.WebAclRuleStatementManagedRuleGroupStatementRuleActionOverrideArgs":
    waf = aws.wafv2
    return waf.WebAclRuleStatementManagedRuleGroupStatementRuleActionOverrideArgs(
        name=rule,
        action_to_use=waf.WebAclRuleStatementManagedRuleGroupStatementRuleActionOverrideActionToUseArgs(
            count=waf.WebAclRuleStatementManagedRuleGroupStatementRuleActionOverrideActionToUseCountArgs()
        ),
    )
