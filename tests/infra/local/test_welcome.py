"""What ``acme-shop run`` says is true of the seeds."""

from datetime import UTC, datetime

from app.domain.user import Role
from infra.local.welcome import CUSTOMERS, STAFF, welcome
from infra.seeds.classic import PASSWORD, classic_stock


def test_who_can_sign_in_is_seeded() -> None:
    users = [user for user, _ in classic_stock(datetime.now(UTC)).users]
    names = {role: tuple(user.username for user in users if user.role is role) for role in Role}

    assert names == {Role.CUSTOMER: CUSTOMERS, Role.STAFF: STAFF}


def test_it_names_every_page_and_no_password() -> None:
    text = "\n".join(welcome("http://127.0.0.1:1"))

    assert all(f"http://127.0.0.1:1{path} " in text for path in ("/", "/pos", "/docs"))
    assert PASSWORD not in text
