"""Which rights a request takes, read off its bytes as AWS reads them.

A request to a service, or of an operation, that is not known here is an error: the table below wants a line then.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from botocore.awsrequest import AWSPreparedRequest

from bench.exchange import request_bytes
from tests.support.policies import Need, NotUnderstood
from tests.template.arns import Arns

# Each item of a transaction is judged as if it came alone.
_OF_AN_ITEM = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
    "Get": "GetItem",
}
_OF_A_TABLE = {"GetItem", "PutItem", "UpdateItem", "DeleteItem", "DescribeTable", "Query", "Scan"}
_OF_AN_OBJECT = {"GET": "s3:GetObject", "HEAD": "s3:GetObject", "PUT": "s3:PutObject", "DELETE": "s3:DeleteObject"}
_OF_A_BUCKET = {"GET": "s3:ListBucket", "HEAD": "s3:ListBucket"}
# With these, storing an object takes further rights.
_MORE_THAN_AN_OBJECT = ("x-amz-acl", "x-amz-copy-source", "x-amz-tagging", "x-amz-grant-read")
_INVOCATION = re.compile(r"/2015-03-31/functions/([^/]+)/invocations")
_SECRET_SUFFIX = "-AbCdEf"


def needs_of(request: AWSPreparedRequest, arns: Arns) -> list[Need]:
    """Every right that the request takes; never none."""
    service = _service(request)
    read = _SERVICES.get(service)
    if read is None:
        raise NotUnderstood(f"teach tests/support/needs.py which rights a request to {service} takes")
    if needs := list(read(request, arns)):
        return needs
    raise NotUnderstood(f"{request.method} {request.url} asks for nothing")


def _service(request: AWSPreparedRequest) -> str:
    """From the scope of its signature: the address is the same for all services of a local engine."""
    scope = re.search(r"Credential=[^/]+/\d+/[^/]+/([^/]+)/aws4_request", _header(request, "Authorization"))
    if scope is None:
        raise NotUnderstood(f"{request.method} {request.url} is not signed")
    return scope[1]


def _header(request: AWSPreparedRequest, name: str) -> str:
    value: Any = request.headers.get(name, "")
    return value.decode() if isinstance(value, bytes) else str(value)


def _operation(request: AWSPreparedRequest) -> str:
    return _header(request, "X-Amz-Target").rpartition(".")[2]


def _body(request: AWSPreparedRequest) -> Any:
    return json.loads(request_bytes(request.body) or b"{}")


def _dynamodb(request: AWSPreparedRequest, arns: Arns) -> Iterator[Need]:
    operation, body = _operation(request), _body(request)

    def need(action: str, table: str, index: str | None = None, leading: str | None = None) -> Need:
        arn = arns.of("AWS::DynamoDB::Table", table)
        return Need(f"dynamodb:{action}", f"{arn}/index/{index}" if index else arn, None if index else leading)

    if operation in ("TransactWriteItems", "TransactGetItems"):
        for item in body["TransactItems"]:
            ((kind, written),) = item.items()
            yield need(_OF_AN_ITEM[kind], written["TableName"], leading=_partition(written))
    elif operation in ("BatchGetItem", "BatchWriteItem"):
        for table, wanted in body["RequestItems"].items():
            for leading in {_partition({"Key": key}) for key in wanted.get("Keys", [])} or {None}:
                yield need(operation, table, leading=leading)
    elif operation in _OF_A_TABLE:
        yield need(operation, body["TableName"], body.get("IndexName"), _partition(body))
    else:
        raise NotUnderstood(f"teach tests/support/needs.py what dynamodb:{operation} takes")


def _partition(asked: Mapping[str, Any]) -> str | None:
    """How the partition begins that a request is about: what kind of thing lies there. What comes after is its name."""
    fields = asked.get("Key") or asked.get("Item") or {}
    if "KeyConditionExpression" in asked:
        _, _, value = asked["KeyConditionExpression"].split()[:3]
        fields = {"pk": asked["ExpressionAttributeValues"][value]}
    kind, mark, _ = fields.get("pk", {}).get("S", "").partition("#")
    return f"{kind}{mark}" or None


def _events(request: AWSPreparedRequest, arns: Arns) -> Iterator[Need]:
    _expect(request, "PutEvents")
    for entry in _body(request)["Entries"]:
        bus = entry.get("EventBusName", "default").rpartition("/")[2]
        yield Need("events:PutEvents", arns.of("AWS::Events::EventBus", bus))


def _secrets_manager(request: AWSPreparedRequest, arns: Arns) -> Iterator[Need]:
    """Asked for by its name, a secret is judged by its whole ARN, with the six characters that AWS appends."""
    _expect(request, "GetSecretValue")
    name = _body(request)["SecretId"].rpartition(":secret:")[2].removesuffix(_SECRET_SUFFIX)
    yield Need("secretsmanager:GetSecretValue", arns.of("AWS::SecretsManager::Secret", name, "Id"))


def _sqs(request: AWSPreparedRequest, arns: Arns) -> Iterator[Need]:
    known = _expect(request, "SendMessage", "SendMessageBatch", "ChangeMessageVisibility")
    operation = known.removesuffix("Batch")
    queue = _body(request)["QueueUrl"].rpartition("/")[2]
    yield Need(f"sqs:{operation}", arns.of("AWS::SQS::Queue", queue))


def _states(request: AWSPreparedRequest, arns: Arns) -> Iterator[Need]:
    operation = _expect(request, "StartExecution", "SendTaskSuccess")
    if operation == "SendTaskSuccess":
        # It takes no resource; the token says whom it wakes.
        yield Need(f"states:{operation}", "*")
        return
    machine = _body(request)["stateMachineArn"].rpartition(":")[2]
    yield Need(f"states:{operation}", arns.of("AWS::StepFunctions::StateMachine", machine))


def _ssm(request: AWSPreparedRequest, arns: Arns) -> Iterator[Need]:
    operation, body = _expect(request, "GetParameter", "GetParameters"), _body(request)
    for name in body["Names"] if operation == "GetParameters" else [body["Name"]]:
        yield Need(f"ssm:{operation}", arns.of_ssm_parameter(name))


def _s3(request: AWSPreparedRequest, arns: Arns) -> Iterator[Need]:
    address = urlsplit(request.url)
    bucket, _, key = unquote(address.path).removeprefix("/").partition("/")
    action = (_OF_AN_OBJECT if key else _OF_A_BUCKET).get(request.method)
    subresource = set(parse_qs(address.query, keep_blank_values=True)) - {"list-type", "prefix", "x-id"}
    if action is None or subresource or any(name in request.headers for name in _MORE_THAN_AN_OBJECT):
        raise NotUnderstood(f"teach tests/support/needs.py what {request.method} {request.url} takes")
    arn = arns.of("AWS::S3::Bucket", bucket)
    yield Need(action, f"{arn}/{key}" if key else arn)


def _ses(request: AWSPreparedRequest, arns: Arns) -> Iterator[Need]:
    """Judged by the identity that is verified, which no request tells: the sender's address, or its domain."""
    if (request.method, urlsplit(request.url).path) != ("POST", "/v2/email/outbound-emails"):
        raise NotUnderstood(f"teach tests/support/needs.py what {request.method} {request.url} takes")
    sender = _body(request)["FromEmailAddress"]
    for identity in (sender, sender.partition("@")[2]):
        yield Need("ses:SendEmail", arns.of_ses_identity(identity))


def _lambda(request: AWSPreparedRequest, arns: Arns) -> Iterator[Need]:
    asked = _INVOCATION.fullmatch(unquote(urlsplit(request.url).path))
    if asked is None or request.method != "POST":
        raise NotUnderstood(f"teach tests/support/needs.py what {request.method} {request.url} takes")
    yield Need("lambda:InvokeFunction", arns.of("AWS::Lambda::Function", asked[1].rpartition(":")[2]))


def _expect(request: AWSPreparedRequest, *known: str) -> str:
    if (operation := _operation(request)) in known:
        return operation
    raise NotUnderstood(f"teach tests/support/needs.py what {_service(request)}:{operation} takes")


_SERVICES: dict[str, Callable[[AWSPreparedRequest, Arns], Iterator[Need]]] = {
    "dynamodb": _dynamodb,
    "events": _events,
    "lambda": _lambda,
    "s3": _s3,
    "secretsmanager": _secrets_manager,
    "ses": _ses,
    "sqs": _sqs,
    "ssm": _ssm,
    "states": _states,
}
