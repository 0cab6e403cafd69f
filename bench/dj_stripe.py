"""dj-stripe in a process of its own, on the packages of `.venv-peers`: Django's WSGI application over an SQLite file.

Started as `python -m bench.dj_stripe`, told what to do line by line in JSON, and answers each line by one. What it asks
of Stripe is asked of the simulator once, and answered from memory from then on, with the ids of the event at hand.
"""

from __future__ import annotations

import hashlib
import hmac
import io
import json
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from bench.racing import timer

_ROUTES = "bench_routes"
_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "djstripe"]
# The simulator has one account, which nobody asks it for.
_ACCOUNT = json.dumps({"id": "acct_bench", "object": "account", "created": 1, "country": "US", "type": "standard"})
# dj-stripe reads off a key whose it is; the simulator's own says nothing.
_LOOKS_LIKE_A_KEY = f"sk_test_{'0' * 24}"
_NUMBERED = 8
# Ends in eight characters that are replaced by the event's number, as long as Stripe's own.
_ID = re.compile(r"\b(evt|cs_test|pi|ch|pm|py|txn|req|li)_([A-Za-z0-9]{6,}?)[A-Za-z0-9]{8}\b")

type Answer = tuple[str, int, Any]


class StripeFromMemory:
    """Passes requests on to the simulator until `learned`, and knows their answers then. What is asked to be expanded
    stays an id, since the simulator does not expand all of it: dj-stripe has that much less to store.
    """

    def __init__(self, send: Callable[..., Any], key: str, version: str) -> None:
        self._send, self._simulators = send, {"Authorization": f"Bearer {key}", "Stripe-Version": version}
        self._known: dict[tuple[str, str], Answer] = {("get", "/v1/account"): (_ACCOUNT, 200, {})}
        self.learned = False
        self.asked: Counter[str] = Counter()

    def __call__(self, client: Any, method: str, url: str, headers: Any, post_data: Any = None, **more: Any) -> Answer:
        path = re.sub(r"^https?://[^/]+", "", url)
        self.asked[f"{method.upper()} {_ID.sub('{id}', path).partition('?')[0]}"] += 1
        key = (method, _numbered(path, ""))
        if key not in self._known and not self.learned:
            ours = {name: value for name, value in headers.items() if name != "Stripe-Account"} | self._simulators
            body, status, answered = self._send(client, method, url.partition("?")[0], ours, post_data, **more)
            self._known[key] = (body.decode() if isinstance(body, bytes) else body, status, answered)
            return self._known[key]
        body, status, answered = self._known[key]
        number = _ID.search(path)
        return (_numbered(body, number[0][-_NUMBERED:]) if number else body), status, answered


class DjStripe:
    """A site with dj-stripe and nothing else."""

    def __init__(self, folder: Path, payload: str, secret: str, api: str, key: str) -> None:
        self._payload, self._secret = payload, secret
        self._number = 0
        self._deferred = _configure(folder)
        self._connection = import_module("django.db").connection
        endpoint = _migrate(secret)
        self._path = f"/stripe/webhook/{endpoint}/"
        self._application = import_module("django.core.handlers.wsgi").WSGIHandler()
        self.stripe = _stand_in(api, key, json.loads(payload)["api_version"])
        self._post(payload)
        self.stripe.learned = True

    def prepare(self, runs: int) -> list[Callable[[], object]]:
        """Events that were never seen, each with a session and an intent of its own."""
        return [lambda body=body: self._post(body) for body in self._fresh(runs)]  # type: ignore[misc]

    def defer(self, *, deferred: bool) -> None:
        """By its own setting: verify and store, and leave what it means to a queue."""
        self._deferred(deferred)

    def work(self) -> dict[str, Any]:
        """What one event more costs, and the same event once again."""
        (body,) = self._fresh(1)
        return {"first": self._counted(body), "duplicate": self._counted(body)}

    def _fresh(self, count: int) -> list[str]:
        begin = self._number + 1
        self._number += count
        return [_numbered(self._payload, f"{number:0{_NUMBERED}d}") for number in range(begin, begin + count)]

    def _counted(self, body: str) -> dict[str, Any]:
        statements: list[str] = []

        def note(execute: Any, sql: str, *rest: Any) -> Any:
            statements.append(sql.partition(" ")[0])
            return execute(sql, *rest)

        self.stripe.asked.clear()
        with self._connection.execute_wrapper(note):
            self._post(body)
        return {"sql_statements": dict(Counter(statements)), "requests_to_stripe": dict(self.stripe.asked)}

    def _post(self, body: str) -> None:
        statuses: list[str] = []
        response = self._application(self._environ(body.encode()), lambda status, _headers: statuses.append(status))
        content = b"".join(response)
        response.close()
        if statuses != ["200 OK"]:
            raise RuntimeError(f"{statuses}: {content[:300]!r}")

    def _environ(self, body: bytes) -> dict[str, Any]:
        at = int(time.time())
        signature = hmac.new(self._secret.encode(), b"%d." % at + body, hashlib.sha256).hexdigest()
        return {
            "REQUEST_METHOD": "POST",
            "SCRIPT_NAME": "",
            "PATH_INFO": self._path,
            "QUERY_STRING": "",
            "SERVER_NAME": "shop.example",
            "SERVER_PORT": "443",
            "REMOTE_ADDR": "127.0.0.1",
            "CONTENT_TYPE": "application/json; charset=utf-8",
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_STRIPE_SIGNATURE": f"t={at},v1={signature}",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": sys.stderr,
            "wsgi.url_scheme": "https",
            "wsgi.version": (1, 0),
        }


def _numbered(text: str, number: str) -> str:
    return _ID.sub(lambda found: f"{found[1]}_{found[2]}{number}", text)


def _configure(folder: Path) -> Callable[[bool], None]:
    """Gives what turns its processing off and on."""
    settings = import_module("django.conf").settings
    settings.configure(
        SECRET_KEY="bench",  # noqa: S106 - made up
        ALLOWED_HOSTS=["*"],
        ROOT_URLCONF=_ROUTES,
        USE_TZ=True,
        DEBUG_PROPAGATE_EXCEPTIONS=True,
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(folder / "peer.sqlite3")}},
        INSTALLED_APPS=_APPS,
        # The tables as the models have them, without the half minute in which dj-stripe's history leads there.
        MIGRATION_MODULES={name.rpartition(".")[2]: None for name in _APPS},
        STRIPE_TEST_SECRET_KEY=_LOOKS_LIKE_A_KEY,
        STRIPE_LIVE_MODE=False,
        DJSTRIPE_FOREIGN_KEY_TO_FIELD="id",
    )
    routes = ModuleType(_ROUTES)
    sys.modules[_ROUTES] = routes
    import_module("django").setup()
    urls = import_module("django.urls")
    setattr(routes, "urlpatterns", [urls.path("stripe/", urls.include("djstripe.urls", namespace="djstripe"))])  # noqa: B010

    def defer(deferred: bool) -> None:
        settings.DJSTRIPE_WEBHOOK_EVENT_CALLBACK = _leave if deferred else None

    return defer


def _leave(_trigger: object, **_options: object) -> None:
    """Where a site would tell its queue."""


def _migrate(secret: str) -> str:
    import_module("django.core.management").call_command("migrate", run_syncdb=True, verbosity=0)
    endpoints = import_module("djstripe.models").WebhookEndpoint.objects
    made = endpoints.create(
        id="we_bench", secret=secret, url="https://shop.example/stripe", livemode=False, enabled_events=["*"]
    )
    return str(made.djstripe_uuid)


def _stand_in(api: str, key: str, version: str) -> StripeFromMemory:
    """In the place of the SDK's transport; it goes to the simulator first."""
    import_module("stripe").api_base = api  # type: ignore[attr-defined]
    client = import_module("stripe._http_client").HTTPClient
    stand_in = StripeFromMemory(client.request_with_retries, key, version)
    client.request_with_retries = lambda *given, **named: stand_in(*given, **named)  # noqa: PLW0108 - a method
    return stand_in


def main() -> None:
    said, sys.stdout = sys.stdout, sys.stderr

    def answer(value: object) -> None:
        print(json.dumps(value), file=said, flush=True)

    with tempfile.TemporaryDirectory(prefix="tollgate-peer-") as folder:
        site = DjStripe(Path(folder), **json.loads(sys.stdin.readline()))
        timed = timer(site.prepare)
        answer({name: import_module("importlib.metadata").version(name) for name in ("dj-stripe", "django", "stripe")})
        for line in sys.stdin:
            asked = json.loads(line)
            site.defer(deferred=asked["deferred"])
            answer(timed(asked["runs"]) if "runs" in asked else site.work())


if __name__ == "__main__":
    main()
