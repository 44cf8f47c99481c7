"""The address a request comes from, behind proxies that the operator has named."""

from starlette.requests import Request


def find_client_address(request: Request, *, trusted_proxies: int) -> str:
    """Return the address of the client; ``trusted_proxies`` stand between it and the shop.

    Each proxy appends the address of its own caller to ``X-Forwarded-For``. What stands before
    those entries was written by the client, so it counts for nothing. With 0 the header is not
    read; with more proxies than entries the address of the connection counts.
    """
    peer = request.client.host if request.client else ""
    if not trusted_proxies:
        return peer
    chain = [
        entry.strip()
        for header in request.headers.getlist("x-forwarded-for")
        for entry in header.split(",")
    ]
    if not chain or chain[-1] != peer:
        # API Gateway appends its caller itself; other servers leave that to us.
        chain.append(peer)
    return chain[-1 - trusted_proxies] if len(chain) > trusted_proxies else peer
