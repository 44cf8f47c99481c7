"""What ``acme-shop run`` says once the shop is ready: where everything is, and who can sign in."""

#: The users of ``infra/seeds/classic.py``, named here because the seeds load slowly.
CUSTOMERS = ("walter", "dwight", "eric", "han", "phoebe", "elaine")
STAFF = ("staff",)


def welcome(url: str, *, has_traces: bool = True) -> list[str]:
    """Return the lines for a shop at ``url``. Passwords are in the README, and in no log."""
    traces = [f"  inside      {url}/dev/orders  each order on its way, live"] if has_traces else []
    return [
        f"  storefront  {url}/      sign in as {', '.join(CUSTOMERS)}",
        f"  till        {url}/pos   sign in as {', '.join(STAFF)}",
        f"  documents   {url}/docs  guide, API reference, events, errors",
        *traces,
        "  The README has the password of all of them.",
    ]
