"""What an operator may choose, and what production refuses."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from tests.template.translation import TEMPLATE, readable, source, translated

PARAMETERS = {
    "Environment",
    "LogLevel",
    "StripeApiBase",
    "EnableStripe",
    "EnableSegpay",
    "SegpayApiBase",
    "SegpayCurrencies",
    "SegpayRecurring",
    "SegpayAnswer",
    "SquareApiBase",
    "EnableSquare",
    "SquareLocations",
    "EnablePayPal",
    "PayPalApiBase",
    "PayPalTestRoot",
    "PayPalOrderHours",
    "PayPalRecurring",
    "EnableMock",
    "MockPage",
    "MockDelayMilliseconds",
    "MockFailureBasisPoints",
    "DefaultPaymentProvider",
    "RefundOrder",
    "EnableGiftCards",
    "GiftCardCodeLength",
    "GiftCardExpiryDays",
    "GiftCardVoteMultiplier",
    "GiftCardAmounts",
    "GroupPaymentPage",
    "GroupPaymentMinutes",
    "EscrowHours",
    "ResalePlatformFeeBasisPoints",
    "DeletionProtection",
    "WebhookConcurrency",
    "LogRetentionDays",
    "AlarmEmail",
    "MailSender",
}
REFUSED_IN_PRODUCTION = {
    "EnableMock": "false",
    "StripeApiBase": "",
    "SegpayApiBase": "",
    "SquareApiBase": "",
    "PayPalApiBase": "",
    "PayPalTestRoot": "",
    "DeletionProtection": "true",
}
ENVIRONMENTS = ["dev", "staging", "production"]
NOT_ON_A_LAPTOP = {"EventArchive", "HttpApiServerErrors"}


def test_the_template_takes_these_parameters_and_needs_none() -> None:
    assert set(source()["Parameters"]) == PARAMETERS
    assert all("Default" in parameter for parameter in source()["Parameters"].values())


def test_production_takes_real_payments_only() -> None:
    rule = source()["Rules"]["ProductionTakesRealPaymentsOnly"]
    assert rule["RuleCondition"] == {"Fn::Equals": [{"Ref": "Environment"}, "production"]}
    demanded = [each["Assert"]["Fn::Equals"] for each in rule["Assertions"]]
    assert {readable(parameter): value for parameter, value in demanded} == REFUSED_IN_PRODUCTION


def test_the_mock_needs_a_page_except_on_a_laptop() -> None:
    rule = source()["Rules"]["TheMockNeedsAPage"]
    assert rule["RuleCondition"] == {
        "Fn::And": [
            {"Fn::Equals": [{"Ref": "EnableMock"}, "true"]},
            {"Fn::Not": [{"Fn::Equals": [{"Ref": "Environment"}, "local"]}]},
        ]
    }
    assert [each["Assert"] for each in rule["Assertions"]] == [{"Fn::Not": [{"Fn::Equals": [{"Ref": "MockPage"}, ""]}]}]


def test_square_needs_a_location() -> None:
    rule = source()["Rules"]["SquareNeedsALocation"]
    assert rule["RuleCondition"] == {"Fn::Equals": [{"Ref": "EnableSquare"}, "true"]}
    (asserted,) = [each["Assert"] for each in rule["Assertions"]]
    assert asserted == {"Fn::Not": [{"Fn::Equals": [{"Ref": "SquareLocations"}, ""]}]}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_an_environment_is_deployed_with_known_parameters_and_no_mock_without_a_page(environment: str) -> None:
    given = _deployed_with(environment)
    assert set(given) <= PARAMETERS
    assert given["Environment"] == environment
    assert given.get("EnableMock", "false") == "false" or given.get("MockPage")


def test_a_laptop_gets_all_but_what_its_engine_lacks() -> None:
    missing = {name for name, each in translated()["Resources"].items() if each.get("Condition") == "InTheCloud"}
    assert missing == NOT_ON_A_LAPTOP


@pytest.mark.parametrize("name", ["app", "dev", "sam"])
def test_requirements_are_pinned_and_hashed_and_name_no_address(name: str) -> None:
    lines = Path(TEMPLATE.parent / "requirements" / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    assert not [line for line in lines if "://" in line or line.startswith("-")]
    pins = [index for index, line in enumerate(lines) if "==" in line]
    assert pins
    assert all("--hash=sha256:" in lines[index + 1] for index in pins)


def test_tests_run_on_the_same_versions_as_the_functions() -> None:
    deployed, tested = _pins("app"), _pins("dev")
    assert deployed.items() <= tested.items()


def test_the_layer_installs_what_the_functions_are_tested_with() -> None:
    root = TEMPLATE.parent
    layer = (root / "layers/shared/requirements.txt").read_text(encoding="utf-8")
    assert layer == (root / "requirements/app.txt").read_text(encoding="utf-8")


def _deployed_with(environment: str) -> dict[str, str]:
    section = "default" if environment == "dev" else environment
    configured = tomllib.loads((TEMPLATE.parent / "samconfig.toml").read_text(encoding="utf-8"))
    words = configured[section]["deploy"]["parameters"]["parameter_overrides"].split()
    return dict(word.split("=", 1) for word in words)


def _pins(name: str) -> dict[str, str]:
    text = (TEMPLATE.parent / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    pins = [line.removesuffix(" \\").split("==") for line in text.splitlines() if "==" in line]
    return dict(pins)
