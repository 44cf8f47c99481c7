"""A small shop with everything that a request can name, and the secrets no answer may show."""

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from app.domain.order import OrderState
from app.domain.user import Role
from app.main import app
from app.settings import get_settings
from app.store.orders import add_order
from app.store.table import get_table
from infra.seeds.classic import classic_products, make_order
from tests.fuzz.helpers.table_contents import Items, contents, restore
from tests.support.shop import PASSWORD, stored_product, stored_user, tokens_of

#: Planted wherever a request has room for them, and looked for in answers and logs.
CARD_NUMBER = "4242424242424242"
CVV = "90317"
WRONG_PASSWORD = "hunter2-Zx81-not-this"

#: What ``AUTH_MODE`` may be.
ENFORCED, OPEN = "1", "0"


@dataclass(frozen=True)
class World:
    """What is in the shop, and the tokens of those who may use it."""

    user_id: str
    username: str
    access: str
    refresh: str
    expired: str
    staff_access: str
    product_id: str
    order_id: str
    items: Items = field(repr=False)

    def reset(self) -> None:
        """Forget what was done to the shop: lists stay short, and a walk can be repeated."""
        restore(self.items)
        # The process remembers a list too: one that the walk before made would lead to other links.
        app.state.kept_product_lists.forget()

    @property
    def tokens(self) -> tuple[str, ...]:
        """Return every token there is."""
        return self.access, self.refresh, self.expired, self.staff_access

    @property
    def secrets(self) -> tuple[str, ...]:
        """Return what no answer and no log may contain; of a token, what makes it valid."""
        signatures = tuple(token.rpartition(".")[2] for token in self.tokens)
        return (CARD_NUMBER, CVV, PASSWORD, WRONG_PASSWORD, *signatures)


async def _built() -> World:
    table = get_table()
    user = await stored_user(table)
    product = await stored_product(table)
    now = datetime.now(UTC)
    order = make_order(
        str(uuid4()), user, list(classic_products(now))[:2], OrderState.PENDING, placed_at=now
    )
    await add_order(table, order)
    own = await tokens_of(user.user_id, username=user.username)
    old = await tokens_of(user.user_id, at=now - timedelta(days=1))
    boss = await tokens_of("fuzz-staff", username="staff", role=Role.STAFF)
    return World(
        user_id=user.user_id,
        username=user.username,
        access=own.access,
        refresh=own.refresh,
        expired=old.access,
        staff_access=boss.access,
        product_id=product.product_id,
        order_id=order.order_id,
        items=await asyncio.to_thread(contents),
    )


@contextmanager
def event_loop() -> Iterator[asyncio.AbstractEventLoop]:
    """Give this thread an event loop, as Lambda's runtime leaves one to the adapter."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        yield loop
    finally:
        asyncio.set_event_loop(None)
        loop.close()


@contextmanager
def new_world() -> Iterator[World]:
    """Fill the shop that the environment names, and stand ready to send it events."""
    with event_loop() as loop:
        yield loop.run_until_complete(_built())


@contextmanager
def auth_mode(mode: str) -> Iterator[None]:
    """Set whether requests need a token, within the block."""
    before = os.environ.get("AUTH_MODE")
    os.environ["AUTH_MODE"] = mode
    get_settings.cache_clear()
    try:
        yield
    finally:
        if before is None:
            del os.environ["AUTH_MODE"]
        else:
            os.environ["AUTH_MODE"] = before
        get_settings.cache_clear()
