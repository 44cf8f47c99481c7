"""What a function can be told from outside."""

from dataclasses import fields, replace

import pytest

from app.domain.card import CardRules
from app.domain.errors import SettingsError
from app.domain.throttling import Limit, Limits
from app.settings import AuthMode, get_settings, read_settings


def test_without_a_word_the_shop_is_closed_and_strict() -> None:
    settings = read_settings({})

    assert settings.auth_mode is AuthMode.ENFORCE
    assert settings.is_open is False
    assert settings.card_rules is CardRules.STRICT
    assert (settings.stage, settings.version, settings.catalog_version) == ("local", "dev", "v1")
    assert settings.payment_wait_seconds == 3
    assert settings.delivery_seconds == (5, 120)


@pytest.mark.parametrize("name", ["AUTH_MODE", "CARD_RULES", "STAGE", "SHOP_DELIVERY_SECONDS"])
@pytest.mark.parametrize("empty", ["", "  "])
def test_empty_text_stands_for_not_set(name: str, empty: str) -> None:
    assert read_settings({name: empty}) == read_settings({})


@pytest.mark.parametrize("stage", ["local", "test", "demo"])
def test_some_stages_can_be_open(stage: str) -> None:
    assert read_settings({"AUTH_MODE": "0", "STAGE": stage}).is_open


@pytest.mark.parametrize("stage", ["prod", "production", "LOCAL", "dev", "staging"])
def test_no_other_stage_can_be_open(stage: str) -> None:
    with pytest.raises(SettingsError, match=f"AUTH_MODE=0 is refused in stage {stage}"):
        read_settings({"AUTH_MODE": "0", "STAGE": stage})


@pytest.mark.parametrize("mode", ["2", "open", "false", "00", "yes"])
def test_no_other_mode_is_offered(mode: str) -> None:
    with pytest.raises(SettingsError, match="AUTH_MODE"):
        read_settings({"AUTH_MODE": mode})


def test_classic_card_rules_need_the_open_mode() -> None:
    with pytest.raises(SettingsError, match="CARD_RULES=classic needs AUTH_MODE=0"):
        read_settings({"CARD_RULES": "classic"})

    opened = read_settings({"CARD_RULES": "classic", "AUTH_MODE": "0"})
    assert opened.card_rules is CardRules.CLASSIC


@pytest.mark.parametrize("stage", [None, "", "  "])
def test_what_is_deployed_has_no_stage_by_default(
    monkeypatch: pytest.MonkeyPatch, stage: str | None
) -> None:
    monkeypatch.delenv("STAGE", raising=False)
    if stage is not None:
        monkeypatch.setenv("STAGE", stage)
    get_settings.cache_clear()
    assert get_settings().stage == "local"

    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "dev-acmeserverless-lambda-api")
    get_settings.cache_clear()
    with pytest.raises(SettingsError, match="STAGE is not set"):
        get_settings()
    monkeypatch.setenv("STAGE", "dev")
    assert get_settings().stage == "dev"
    get_settings.cache_clear()


HASH = "0123456789abcdef" * 4


def test_proxies_are_believed_where_nobody_can_go_round_them() -> None:
    given = {"STAGE": "prod", "TRUSTED_PROXIES": "1"}
    with pytest.raises(SettingsError, match="TRUSTED_PROXIES needs ORIGIN_HEADER_SHA256 in stage"):
        read_settings(given)

    assert read_settings({**given, "ORIGIN_HEADER_SHA256": HASH}).origin_hashes == (HASH,)
    assert read_settings({**given, "ORIGIN_HEADER_SHA256": "none"}).origin_hashes == ()
    assert read_settings({**given, "STAGE": "local"}).trusted_proxies == 1
    local = read_settings({"STAGE": "local", "ORIGIN_HEADER_SHA256": f"{HASH}, {HASH}"})
    assert (local.origin_header_sha256, local.origin_hashes) == ((HASH, HASH), ())


@pytest.mark.parametrize("value", [HASH[1:], HASH.upper(), f"{HASH},", f"{HASH} {HASH}", "no"])
def test_what_is_no_hash_lets_nobody_in_by_mistake(value: str) -> None:
    with pytest.raises(SettingsError, match="ORIGIN_HEADER_SHA256"):
        read_settings({"ORIGIN_HEADER_SHA256": value})


def test_limits_are_high_where_clients_share_an_address_and_settings_win() -> None:
    local = read_settings({}).limits
    open_demo = read_settings({"STAGE": "demo", "AUTH_MODE": "0"}).limits
    production = read_settings({"STAGE": "production"}).limits
    chosen = read_settings({"STAGE": "production", "LOGIN_ATTEMPTS": "7"}).limits

    assert local == open_demo
    assert 20 < local.login.free < 200
    assert production.login == Limit(10, 900)
    assert chosen.login == Limit(7, 900)
    assert replace(chosen, login=production.login) == production
    for kind in fields(Limits):
        low, high = getattr(production, kind.name), getattr(local, kind.name)
        assert low.free * 3 < high.free
        assert low.longest_wait_seconds <= 900


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("5-120", (5, 120)), ("0-0", (0, 0)), ("7", (7, 7)), (" 1 - 900 ", (1, 900))],
)
def test_delivery_takes_a_range_of_seconds(text: str, seconds: tuple[int, int]) -> None:
    assert read_settings({"SHOP_DELIVERY_SECONDS": text}).delivery_seconds == seconds


@pytest.mark.parametrize("text", ["120-5", "0-901", "-5", "x", "1-2-3", "1.5-2", "-"])
def test_a_range_that_sqs_cannot_keep_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="SHOP_DELIVERY_SECONDS"):
        read_settings({"SHOP_DELIVERY_SECONDS": text})


@pytest.mark.parametrize("text", ["-1", "11", "x", "nan", "inf"])
def test_a_wait_is_between_0_and_10_seconds(text: str) -> None:
    with pytest.raises(SettingsError, match="SHOP_PAYMENT_WAIT_SECONDS"):
        read_settings({"SHOP_PAYMENT_WAIT_SECONDS": text})


def test_a_region_goes_by_two_names() -> None:
    assert read_settings({"REGION": "eu-west-1", "AWS_REGION": "x"}).region == "eu-west-1"
    assert read_settings({"AWS_REGION": "us-east-1"}).region == "us-east-1"


def test_a_setting_that_is_needed_and_missing_names_its_variable() -> None:
    with pytest.raises(SettingsError, match=r"^TABLE is not set$"):
        read_settings({}).required("table")

    assert read_settings({"TABLE": "t"}).required("table") == "t"


def test_a_refusal_does_not_repeat_the_environment() -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings({"AUTH_MODE": "hunter2", "SIGNING_KEYS_SECRET": "hunter3"})

    assert "hunter" not in str(caught.value)


def test_the_environment_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    get_settings.cache_clear()
    monkeypatch.setenv("CATALOG_VERSION", "v4")
    first = get_settings()
    monkeypatch.setenv("CATALOG_VERSION", "v5")

    second = get_settings()

    get_settings.cache_clear()
    assert first is second
    assert second.catalog_version == "v4"


@pytest.mark.parametrize(
    "url", ["ftp://x", "shop.example", "https://", "https://x/?a", "https://x y"]
)
def test_a_base_of_pictures_is_an_address(url: str) -> None:
    with pytest.raises(SettingsError, match="IMAGE_BASE_URL"):
        read_settings({"IMAGE_BASE_URL": url})
