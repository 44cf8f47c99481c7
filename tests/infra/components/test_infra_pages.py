"""Pages: one address, a private bucket, an API that is never cached, strict headers."""

import json
import shutil
import subprocess
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from httpx import AsyncClient

from app.static_files import CONTENT_POLICY, HEADERS, SERVED, STATIC, WORKER_HEADERS
from infra.components.cdn import ALL_BUT_HOST, WORKER_PATH
from infra.components.configuration import ConfigurationError
from infra.components.edge_policies import KEY_HEADERS
from infra.components.resource_graph import Deployment, PlannedResource
from infra.components.stack_config import Generic
from infra.components.static_site import published_files
from routers.origin_check import ORIGIN_HEADER
from routers.problems import GatewayErrorResponse
from tests.infra.components.deployment import deploy


def behaviours(deployment: Deployment) -> dict[str, Any]:
    """Return what the distribution does by path; `*` is everything else."""
    distribution = deployment.one("Distribution")
    ordered = distribution["orderedCacheBehaviors"]
    return {
        **{behaviour["pathPattern"]: behaviour for behaviour in ordered},
        "*": distribution["defaultCacheBehavior"],
    }


def test_pages_come_from_the_bucket_and_everything_else_from_the_api(
    deployment: Deployment,
) -> None:
    assert {
        path: behaviour["targetOriginId"] for path, behaviour in behaviours(deployment).items()
    } == {
        "/static/pos/service-worker.js": "pages",
        "/": "pages",
        "/index.html": "pages",
        "/pos": "pages",
        "/pos/*": "pages",
        "/static/*": "pages",
        "*": "api",
    }


def test_the_origins_are_this_stack(deployment: Deployment) -> None:
    origins = {origin["originId"]: origin for origin in deployment.one("Distribution")["origins"]}

    assert origins["pages"]["domainName"].startswith(deployment.one("s3/bucket:Bucket")["bucket"])
    assert origins["api"]["domainName"] == "dev-gateway-id.execute-api.eu-west-1.amazonaws.com"
    assert origins["api"]["customOriginConfig"]["originProtocolPolicy"] == "https-only"


def header_and_hashes(deployment: Deployment) -> tuple[str, list[str]]:
    """Return the hash of what the CDN sends the api, and the hashes the api accepts."""
    origins = {origin["originId"]: origin for origin in deployment.one("Distribution")["origins"]}
    [header] = origins["api"]["customHeaders"]
    assert header["name"] == ORIGIN_HEADER
    variables = deployment.all("lambda/function:Function")["api"]["environment"]["variables"]
    accepted = variables["ORIGIN_HEADER_SHA256"].split(",")
    return sha256(header["value"].encode()).hexdigest(), accepted


def test_the_api_knows_the_cdn_before_and_after_its_header_changes(deployment: Deployment) -> None:
    sent, accepted = header_and_hashes(deployment)
    sent_next, accepted_next = header_and_hashes(deploy(originHeader=2))

    assert sent != sent_next
    assert {sent, sent_next} <= set(accepted) & set(accepted_next)
    assert len(set(accepted)) == 3
    assert all(
        made["length"] >= 40 and not made["special"]
        for made in deployment.all("RandomPassword").values()
    )


def test_answers_are_compressed_and_what_is_private_is_not_kept(deployment: Deployment) -> None:
    api, policy = behaviours(deployment)["*"], deployment.one("CachePolicy")
    key = policy["parametersInCacheKeyAndForwardedToOrigin"]

    assert api["compress"]
    assert api["cachePolicyId"] == policy.id
    # Without caching CloudFront compresses nothing; with a minimum it would keep no-store.
    assert (policy["minTtl"], policy["defaultTtl"], policy["maxTtl"]) == (0, 0, 1)
    assert key["enableAcceptEncodingGzip"]
    assert key["enableAcceptEncodingBrotli"]
    # What one viewer is answered is no answer for another one.
    assert key["cookiesConfig"]["cookieBehavior"] == "all"
    assert key["queryStringsConfig"]["queryStringBehavior"] == "all"
    assert {"Authorization", "X-Access-Token"} < set(KEY_HEADERS)
    assert key["headersConfig"]["headers"]["items"] == list(KEY_HEADERS)
    errors = deployment.one("Distribution")["customErrorResponses"]
    assert {404, 503} < {error["errorCode"] for error in errors}
    assert {error["errorCachingMinTtl"] for error in errors} == {0}


def test_the_api_learns_which_host_was_asked_for(deployment: Deployment) -> None:
    function = deployment.one("cloudfront/function:Function")
    [association] = behaviours(deployment)["*"]["functionAssociations"]
    event = {"request": {"headers": {"host": {"value": "shop.example"}}}}
    event["request"]["headers"]["x-forwarded-host"] = {"value": "evil.example"}
    node = shutil.which("node")

    assert association == {"eventType": "viewer-request", "functionArn": function.arn}
    if node is None:
        pytest.skip("CloudFront's function is JavaScript, and there is no Node.js")
    program = f"{function['code']}\nconsole.log(JSON.stringify(handler({json.dumps(event)})))"
    done = subprocess.run([node, "-e", program], check=True, capture_output=True, text=True)
    headers = json.loads(done.stdout)["headers"]
    assert headers["x-forwarded-host"]["value"] == headers["host"]["value"] == "shop.example"


CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/1f2e3d4c-0000-4000-8000-1234567890ab"


def test_a_stack_can_have_a_name_of_its_own_and_a_firewall(deployment: Deployment) -> None:
    named = deploy(domain="shop.example.com", certificateArn=CERTIFICATE, waf=True)
    distribution, firewall = named.one("Distribution"), named.one("WebAcl")

    assert distribution["aliases"] == ["shop.example.com"]
    assert distribution["viewerCertificate"] == {
        "acmCertificateArn": CERTIFICATE,
        "minimumProtocolVersion": "TLSv1.2_2021",
        "sslSupportMethod": "sni-only",
    }
    assert named.outputs["Shop URL"] == named.outputs["Gateway::URL"] == "https://shop.example.com/"
    assert (distribution["webAclId"], firewall["scope"]) == (firewall.arn, "CLOUDFRONT")
    assert firewall["region"] == "us-east-1"
    assert [rule["name"] for rule in firewall["rules"]] == ["rate", "common"]
    assert "'sampledRequestsEnabled': True" not in str(firewall.inputs)
    [refusal] = firewall["customResponseBodies"]
    response = firewall["rules"][0]["action"]["block"]["customResponse"]
    assert response["customResponseBodyKey"] == refusal["key"]
    assert GatewayErrorResponse.model_validate_json(refusal["content"]).code == "too_many_requests"
    headers = {header["name"]: header["value"] for header in response["responseHeaders"]}
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert int(headers["Retry-After"]) > 0
    plain = deployment.one("Distribution")
    assert plain["viewerCertificate"] == {"cloudfrontDefaultCertificate": True}
    assert not {"aliases", "webAclId"} & set(plain.inputs)


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ({"domain": "shop.example.com"}, "domain and certificateArn go together"),
        ({"certificateArn": CERTIFICATE}, "domain and certificateArn go together"),
        (
            {"domain": "a.example", "certificateArn": CERTIFICATE.replace("us-east", "eu-west")},
            "certificateArn",
        ),
        *(
            ({"domain": name, "certificateArn": CERTIFICATE}, "generic.domain")
            for name in ("https://shop.example", "-shop.example", "shop-.example", "192.0.2.1")
        ),
    ],
)
def test_a_name_without_its_certificate_is_refused(config: dict[str, Any], reason: str) -> None:
    with pytest.raises(ConfigurationError, match=reason):
        deploy(**config)


@pytest.mark.parametrize("name", ["a-b.shop.example.com", "shop.xn--p1ai"])
def test_every_name_of_a_host_may_be_the_shops(name: str) -> None:
    generic = Generic.model_validate(
        {"image": "none", "domain": name, "certificateArn": CERTIFICATE}
    )

    assert generic.domain == name


def test_the_api_sees_who_asks(deployment: Deployment) -> None:
    api = behaviours(deployment)["*"]

    # Every header but Host (so Authorization too), every cookie, the query.
    assert api["originRequestPolicyId"] == ALL_BUT_HOST
    assert {"GET", "POST", "DELETE", "OPTIONS"} <= set(api["allowedMethods"])


def test_nothing_is_served_in_the_open(deployment: Deployment) -> None:
    for behaviour in behaviours(deployment).values():
        assert behaviour["viewerProtocolPolicy"] in {"https-only", "redirect-to-https"}


def headers_of(deployment: Deployment, path: str) -> PlannedResource:
    """Return the policy with the headers of what is answered for a path of the distribution."""
    wanted = behaviours(deployment)[path]["responseHeadersPolicyId"]
    policies = deployment.all("ResponseHeadersPolicy").values()
    return next(made for made in policies if made.id == wanted)


def custom_headers(deployment: Deployment, path: str) -> dict[str, str]:
    items = headers_of(deployment, path)["customHeadersConfig"]["items"]
    return {item["header"]: item["value"] for item in items}


def test_every_answer_has_strict_headers(deployment: Deployment) -> None:
    for path in behaviours(deployment):
        security = headers_of(deployment, path)["securityHeadersConfig"]

        assert security["contentSecurityPolicy"]["contentSecurityPolicy"] == CONTENT_POLICY
        assert security["frameOptions"]["frameOption"] == "DENY"
        assert security["strictTransportSecurity"]["accessControlMaxAgeSec"] >= 365 * 24 * 3600
        assert set(security) >= {"contentTypeOptions", "referrerPolicy"}


def test_the_worker_alone_is_told_how_far_it_reaches(deployment: Deployment) -> None:
    paths = list(behaviours(deployment))

    reaching = [
        path for path in paths if WORKER_HEADERS.items() <= custom_headers(deployment, path).items()
    ]

    assert reaching == [WORKER_PATH]
    # The first that fits counts.
    assert paths.index(WORKER_PATH) < paths.index("/static/*")
    assert WORKER_PATH.removeprefix("/") in deployment.all("BucketObject")


def test_the_content_policy_allows_nothing_inline_and_no_other_host() -> None:
    rules = dict(rule.strip().split(" ", 1) for rule in CONTENT_POLICY.split(";"))

    assert rules["default-src"] == "'self'"
    assert "unsafe" not in CONTENT_POLICY
    assert "http" not in CONTENT_POLICY
    assert "*" not in CONTENT_POLICY


def test_the_bucket_is_private_and_encrypted(deployment: Deployment) -> None:
    assert set(deployment.one("BucketPublicAccessBlock").inputs) == {
        "bucket",
        "blockPublicAcls",
        "blockPublicPolicy",
        "ignorePublicAcls",
        "restrictPublicBuckets",
    }
    assert all(deployment.one("BucketPublicAccessBlock").inputs.values())
    (rule,) = deployment.one("BucketServerSideEncryptionConfiguration")["rules"]
    assert rule == {"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}


def test_only_this_distribution_reads_the_bucket(deployment: Deployment) -> None:
    allow, deny = deployment.one("BucketPolicy").document("policy")["Statement"]
    bucket = deployment.one("s3/bucket:Bucket").arn

    assert allow["Principal"] == {"Service": "cloudfront.amazonaws.com"}
    assert (allow["Action"], allow["Resource"]) == (["s3:GetObject"], [f"{bucket}/*"])
    assert allow["Condition"] == {
        "StringEquals": {"aws:SourceArn": deployment.one("Distribution").arn}
    }
    assert (deny["Effect"], deny["Condition"]) == (
        "Deny",
        {"Bool": {"aws:SecureTransport": "false"}},
    )


def test_every_page_and_what_it_needs_is_uploaded(deployment: Deployment) -> None:
    uploaded = deployment.all("BucketObject")

    assert {"index.html", "pos", "pos/"} <= set(uploaded)
    for path in STATIC.rglob("*"):
        key = f"static/{path.relative_to(STATIC).as_posix()}"
        assert (key in uploaded) == (path.suffix in SERVED)
    for key, made in uploaded.items():
        assert made["key"] == key
        assert made["cacheControl"] in {"no-cache", "public, max-age=86400"}


async def test_the_api_and_the_bucket_say_the_same_of_every_file(
    deployment: Deployment, client: AsyncClient
) -> None:
    for key, made in deployment.all("BucketObject").items():
        if key == "pos/":
            continue  # The API sends people on to /pos.
        answer = await client.get("/" + key.removesuffix("index.html"))

        assert answer.status_code == 200, key
        assert answer.headers["Content-Type"] == made["contentType"]
        assert answer.headers["Cache-Control"] == made["cacheControl"]
        is_worker = f"/{key}" == WORKER_PATH
        told = custom_headers(deployment, WORKER_PATH if is_worker else "/static/*")
        names = {*HEADERS, *WORKER_HEADERS}
        said = {name: answer.headers[name] for name in names if name in answer.headers}
        # The API leaves out of scripts and styles what counts on their page only.
        is_part = key.endswith((".css", ".js")) and not is_worker
        assert said == ({} if is_part else told), key


@pytest.mark.parametrize(
    ("key", "content_type"),
    [
        ("pos", "text/html; charset=utf-8"),
        ("static/shop/app.js", "text/javascript; charset=utf-8"),
        ("static/shop/shop.css", "text/css; charset=utf-8"),
        ("static/images/bicycle_square.svg", "image/svg+xml"),
        ("static/images/bicycle_square.jpg", "image/svg+xml"),
    ],
)
def test_browsers_are_told_what_a_file_is(
    deployment: Deployment, key: str, content_type: str
) -> None:
    assert deployment.all("BucketObject")[key]["contentType"] == content_type


def test_what_no_browser_asks_for_is_not_uploaded(tmp_path: Path) -> None:
    for name in ("index.html", "pos/index.html", "notes.md", "movie.avi", "shop.js"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()

    assert [file.key for file in published_files(tmp_path)] == [
        *("index.html", "pos", "pos/"),
        "static/shop.js",
    ]
