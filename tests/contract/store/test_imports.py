"""What came from another system is marked once, and found by one read."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.builders import NOW
from tests.support.stores import OnDynamo
from tests.unit.subscriptions.lives import an_active
from tollgate.adapters.dynamodb import keys
from tollgate.adapters.dynamodb.imports import AlreadyImported, DynamoImports, Mark
from tollgate.kernel.clock import to_milliseconds
from tollgate.subscriptions.model import Change
from tollgate.subscriptions.ports import SubscriptionKey

MARK = Mark("demo", "sub_1", "leg-1", "f" * 64)


@pytest.fixture
def imports(dynamo: OnDynamo) -> DynamoImports:
    return DynamoImports(dynamo.core)


def test_a_mark_is_known_of_this_tenant_and_id_only(dynamo: OnDynamo, imports: DynamoImports) -> None:
    dynamo.unit_of_work.commit(imports.note(MARK, NOW))
    wanted = [("demo", "sub_1"), ("demo", "sub_2"), ("other", "sub_1")]
    assert imports.known(wanted) == {("demo", "sub_1"): "f" * 64}
    assert imports.known([]) == {}


def test_a_mark_is_never_changed(dynamo: OnDynamo, imports: DynamoImports) -> None:
    dynamo.unit_of_work.commit(imports.note(MARK, NOW))
    with pytest.raises(AlreadyImported) as known:
        dynamo.unit_of_work.commit(imports.note(replace(MARK, fingerprint="0" * 64), NOW))
    assert known.value.fingerprint == "f" * 64


def test_more_than_a_call_takes_are_found(dynamo: OnDynamo, imports: DynamoImports) -> None:
    marks = [replace(MARK, id=f"sub_{number}") for number in range(0, 250, 2)]
    for some in (marks[:90], marks[90:]):
        dynamo.unit_of_work.commit(*(imports.note(each, NOW) for each in some))
    assert len(imports.known(("demo", f"sub_{number}") for number in range(250))) == 125


def test_a_mark_holds_no_more_than_it_must_and_stands_in_no_index(dynamo: OnDynamo, imports: DynamoImports) -> None:
    dynamo.unit_of_work.commit(imports.note(MARK, NOW))
    assert dynamo.core.get(keys.imported("demo", "sub_1")) == {
        "pk": {"S": "IMPORT#demo#sub_1"},
        "sk": {"S": "IMPORT"},
        "kind": {"S": "import"},
        "legacy_id": {"S": "leg-1"},
        "fingerprint": {"S": "f" * 64},
        "imported_at": {"N": str(to_milliseconds(NOW))},
    }


def test_a_seat_is_told_while_it_is_taken(dynamo: OnDynamo, imports: DynamoImports) -> None:
    of = replace(an_active(), payment="", imported=NOW, version=1, revision=1)
    assert imports.seat(of.tenant, of.owner, of.terms.product) is None
    dynamo.unit_of_work.commit(*dynamo.subscriptions.create(Change(0, of)))
    assert imports.seat(of.tenant, of.owner, of.terms.product) == of.id
    assert dynamo.subscriptions.get(SubscriptionKey(of.tenant, of.id)) == of
