"""API Gateway without a network: a WSGI application that hands each request to the handler of its route, and the answer
back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote

from tests.support.addresses import function_at
from tests.support.deployment import Deployment
from tests.support.requests import context, http_event

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment


class Gateway:
    """Payload 2.0, as the HTTP API and the function URL make it: the path is decoded, and so are the parameters of the
    query, with a comma between those of one name.
    """

    def __init__(self, deployed: Deployment) -> None:
        self._deployed = deployed

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        event = _event(environ)
        function = function_at(event["requestContext"]["http"]["method"], event["rawPath"])
        if function is None:
            start_response("404 Not Found", [("Content-Type", "application/json")])
            return [b'{"message":"Not Found"}']
        answer = self._deployed.function(function).handler(event, context())
        status = HTTPStatus(answer["statusCode"])
        start_response(f"{status.value} {status.phrase}", list(_answered(answer)))
        return [answer["body"].encode()]


def _event(environ: WSGIEnvironment) -> dict[str, Any]:
    path = environ["PATH_INFO"].encode("latin-1").decode(errors="replace")
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    query = environ.get("QUERY_STRING", "")
    event = http_event(environ["REQUEST_METHOD"], path, dict(_sent(environ)), "", body)
    event["rawQueryString"] = query
    together: dict[str, list[str]] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        together.setdefault(name, []).append(value)
    event["queryStringParameters"] = {name: ",".join(values) for name, values in together.items()}
    return event


def _sent(environ: WSGIEnvironment) -> Iterator[tuple[str, str]]:
    for name, value in environ.items():
        if name.startswith("HTTP_"):
            yield name[5:].replace("_", "-").lower(), value
    if environ.get("CONTENT_TYPE"):
        yield "content-type", environ["CONTENT_TYPE"]


def _answered(answer: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name, values in (answer.get("multiValueHeaders") or {}).items():
        yield from ((name, quote(str(value), safe=" !\"#$&'()*+,-./:;<=>?@[]^_`{|}~%")) for value in values)
    for name, value in (answer.get("headers") or {}).items():
        yield name, quote(str(value), safe=" !\"#$&'()*+,-./:;<=>?@[]^_`{|}~%")
