"""A function that goes beyond its rights is told so by AWS, and fails its test even if it keeps quiet about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.support import rights
from tests.support.deployment import Deployment, deployment
from tests.support.engine import Engine
from tests.support.policies import Grant, NotUnderstood, Policy
from tests.support.privileges import Actor, Judge, privileges
from tollgate.adapters.dynamodb.keys import Key
from tollgate.adapters.dynamodb.store import Table

BEYOND = "calls beyond the rights"


@pytest.fixture
def judge() -> Iterator[Judge]:
    """Whose refusals a test looks at itself."""
    with privileges() as judge:
        yield judge
        judge.refusals.clear()


@pytest.fixture
def change(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[Grant], list[Grant]]], None]:
    """Replaces each grant of every role by others."""

    def changing(by: Callable[[Grant], list[Grant]]) -> None:
        real = rights.policy_of

        def changed(function: str, where: Any) -> Policy:
            return Policy(tuple(each for grant in real(function, where).grants for each in by(grant)))

        monkeypatch.setattr(rights, "policy_of", changed)

    return changing


def readiness(made: Deployment) -> int:
    """It reads one item of each table, and swallows whatever goes wrong."""
    return made.call("GET", "/health/ready", function="health").status


def _dropped(grant: Grant) -> list[Grant]:
    return [] if grant.action == "dynamodb:GetItem" and grant.written == "InboxTable.Arn" else [grant]


def _on_another_table(grant: Grant) -> list[Grant]:
    return [Grant(grant.statement, grant.effect, grant.action, grant.resource.replace("-inbox", "-other"), "other")]


def _denied(grant: Grant) -> list[Grant]:
    return [grant, Grant("planted", "Deny", "dynamodb:Get*", "*-inbox", "planted")]


@pytest.mark.parametrize("planted", [_dropped, _on_another_table, _denied])
def test_a_refusal_fails_the_test_even_where_the_function_swallows_it(
    engine: Engine, change: Callable[[Any], None], planted: Callable[[Grant], list[Grant]]
) -> None:
    change(planted)
    with pytest.raises(AssertionError, match=rf"(?s){BEYOND}.*health .* dynamodb:GetItem on .*-inbox"):  # noqa: SIM117
        with deployment(engine) as made:
            assert readiness(made) == 503


def test_with_its_rights_the_same_call_passes(engine: Engine) -> None:
    with deployment(engine) as made:
        assert readiness(made) == 200


def test_a_query_on_another_index_is_refused(engine: Engine, change: Callable[[Any], None]) -> None:
    change(lambda grant: [] if grant.written.endswith("/by_owner") else [grant])
    with pytest.raises(AssertionError, match=rf"(?s){BEYOND}.*dynamodb:Query on .*/index/by_owner"):  # noqa: SIM117
        with deployment(engine) as made:
            made.call("GET", "/transactions", headers=made.as_user())


def test_a_request_that_nobody_understands_fails_the_test_too(judge: Judge, engine: Engine) -> None:
    client = _client(judge, Actor("made_up", Policy(()), rights.arns({})), "dynamodb", engine)
    with pytest.raises(NotUnderstood):
        client.list_tables()
    with pytest.raises(AssertionError, match="ListTables"):
        judge.close()


CALLS: dict[str, Callable[[Any], Any]] = {
    "dynamodb": lambda client: client.get_item(TableName="t", Key={"pk": {"S": "p"}}),
    "events": lambda client: client.put_events(Entries=[{"Source": "s", "DetailType": "d", "Detail": "{}"}]),
    "lambda": lambda client: client.invoke(FunctionName="f", Payload=b"{}"),
    "s3": lambda client: client.put_object(Bucket="b", Key="k", Body=b"x"),
    "secretsmanager": lambda client: client.get_secret_value(SecretId="s"),
    "sqs": lambda client: client.send_message(QueueUrl="http://127.0.0.1/0/q", MessageBody="m"),
    "ssm": lambda client: client.get_parameter(Name="/p"),
    "stepfunctions": lambda client: client.start_execution(stateMachineArn="arn:aws:states:us-east-1:0:stateMachine:m"),
}


@pytest.mark.parametrize("service", sorted(CALLS))
def test_every_service_refuses_as_aws_does_in_whichever_thread(judge: Judge, engine: Engine, service: str) -> None:
    client = _client(judge, Actor("made_up", Policy(()), rights.arns({})), service, engine)
    with ThreadPoolExecutor(1) as pool, pytest.raises(ClientError) as refused:
        pool.submit(CALLS[service], client).result()
    assert refused.value.response["Error"]["Code"].startswith("AccessDenied")
    assert len(judge.refusals) == 1


def test_clients_of_a_test_are_not_judged_while_a_handler_runs(
    deployed: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    get, looked = Table.get, []

    def looking(table: Table, key: Key) -> Any:
        looked.append(deployed.items("INBOX_TABLE"))
        return get(table, key)

    monkeypatch.setattr(Table, "get", looking)
    assert (readiness(deployed), looked) == (200, [[], []])
    assert deployed.judge is not None
    assert {need.action for need in deployed.judge.met["health"]} == {"dynamodb:GetItem"}


def _client(judge: Judge, actor: Actor, service: str, engine: Engine) -> Any:
    make: Any = boto3.client
    with judge.acting(actor):
        return make(service, endpoint_url=engine.url, region_name="us-east-1")
