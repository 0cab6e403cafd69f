"""Whatever is asked of whatever operation, the answer is one that is written down, and never a fault of ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import BaseSchema, CheckContext, GenerationMode, Response
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from contract.openapi import OPERATIONS
from contract.operations import Operation, Who
from tests.functions.reconciling import stuck_deployment
from tests.functions.steering import Headers, Known, MadeUp, steered
from tests.functions.trading import DEMO, Trade, traded
from tests.simulators.process import a_process
from tests.simulators.world import Receiver
from tests.support.deployment import NEIGHBOUR
from tests.support.engine import Engine
from tests.support.gateway import Gateway
from tests.support.promises import strict_document

# The name of a strategy over the whole document is long, and nobody reads it.
pytestmark = pytest.mark.filterwarnings("ignore:Generating overly large repr")

# Of each operation, in either mode; the same ones in every run.
EXAMPLES = 30
CHECKS = [status_code_conformance, content_type_conformance, response_schema_conformance]
# What the provider refuses is no fault of ours. It is there all the time, and so is the store.
REFUSED = {"PAYMENT_FAILED", "REFUND_FAILED", "PAYOUT_FAILED"}
FITTING, MISFITTING = GenerationMode.POSITIVE, GenerationMode.NEGATIVE
ASKED = [each for each in OPERATIONS if each.who is not Who.EVERYONE]
# Where anything goes, nothing misfits.
CHOOSY = [each for each in ASKED if each.who is not Who.SERVICES or each.body or each.query]


@dataclass
class Fuzzed:
    """The document, answered by a deployment in which there is something to find."""

    schema: BaseSchema
    trade: Trade
    known: Known


@pytest.fixture(scope="module")
def fuzzed(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fuzzed]:
    folder = tmp_path_factory.mktemp("fuzzed")
    # In a process of its own: it draws from the same chances as Hypothesis, which minds.
    with (
        closing(Receiver()) as receiver,
        a_process(folder, receiver) as (stripe, _),
        stuck_deployment(engine, stripe, folder) as stuck,
    ):
        stripe.earned(10_000_000)
        accounts = {tenant: str(stripe.account().id) for tenant in (DEMO, NEIGHBOUR)}
        with traded(stuck.deployed, accounts) as trade:
            schema = schemathesis.openapi.from_dict(strict_document())
            schema.app = Gateway(stuck.deployed)
            yield Fuzzed(schema, trade, Known.of(trade))


def test_the_document_is_valid() -> None:
    schemathesis.openapi.from_dict(strict_document()).validate()


@pytest.mark.parametrize("operation", ASKED, ids=lambda each: each.route)
def test_what_fits_is_answered_as_it_is_written_down(fuzzed: Fuzzed, operation: Operation) -> None:
    _fuzz(fuzzed, operation, FITTING)


@pytest.mark.parametrize("operation", CHOOSY, ids=lambda each: each.route)
def test_what_does_not_fit_is_answered_as_it_is_written_down(fuzzed: Fuzzed, operation: Operation) -> None:
    _fuzz(fuzzed, operation, MISFITTING)


def _fuzz(fuzzed: Fuzzed, operation: Operation, mode: GenerationMode) -> None:
    found = fuzzed.schema.find_operation_by_label(operation.route)
    assert found is not None

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(steered(found.as_strategy(mode), fuzzed.known, fuzzed.trade))
    def hold(made: tuple[MadeUp, Headers]) -> None:
        case, credentials = made
        case.call_and_validate(headers=credentials, checks=[_not_our_fault, *CHECKS])

    hold()


def _not_our_fault(_context: CheckContext, response: Response, _case: MadeUp) -> None:
    if response.status_code >= 500:
        assert response.json().get("code") in REFUSED, response.text
