"""What pages of other origins may send and read (openapi/CONTRACT.md, 1.1, rule 10).

The API sends these lists with its answers, and ``infra/components/gateway.py`` gives them to
API Gateway for the answers that the gateway makes itself.
"""

ALLOWED_ORIGIN = "*"
ALLOWED_METHODS = ("GET", "POST", "DELETE", "OPTIONS")
ALLOWED_HEADERS = (
    "Authorization",
    "Content-Type",
    "X-Access-Token",
    "Idempotency-Key",
    "If-None-Match",
    "Prefer",
    "traceparent",
    "tracestate",
)
EXPOSED_HEADERS = (
    "Link",
    "Location",
    "Retry-After",
    "Idempotency-Key",
    "Preference-Applied",
    "X-Request-Id",
    "ETag",
    "X-Auth-Mode",
)
MAX_AGE_SECONDS = 3600
