"""Postbacks: sent until they are answered as the portal expects it, each by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

import httpx

from local.simulators.segpay.settings import SegpaySimulatorSettings

_FORM = {"content-type": "application/x-www-form-urlencoded"}


@dataclass
class Delivery:
    """One postback: how often it was sent, and what was answered last."""

    fields: Mapping[str, str]
    tries: int = 0
    status: int = 0
    taken: bool = False


@dataclass
class Deliveries:
    """`method` is how it calls; `lost` how many of the next it never sends."""

    settings: SegpaySimulatorSettings
    method: str = "GET"
    lost: int = 0
    log: list[Delivery] = field(default_factory=list)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def send(self, fields: Mapping[str, str]) -> None:
        delivery = Delivery(fields)
        self.log.append(delivery)
        if self.lost:
            self.lost -= 1
            return
        task = asyncio.get_running_loop().create_task(self._deliver(delivery, self.method))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _deliver(self, delivery: Delivery, method: str) -> None:
        user, _, password = self.settings.password().partition(":")
        async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
            for wait in (0.0, *self.settings.retry_seconds):
                await asyncio.sleep(wait)
                delivery.tries += 1
                try:
                    request = self._request(client, delivery.fields, method)
                    answer = await client.send(request, auth=httpx.BasicAuth(user, password))
                except httpx.HTTPError:
                    continue
                delivery.status = answer.status_code
                delivery.taken = answer.is_success and answer.text.strip() == self.settings.expected_answer
                if delivery.taken:
                    return

    def _request(self, client: httpx.AsyncClient, fields: Mapping[str, str], method: str) -> httpx.Request:
        told = urlencode(fields)
        if method == "POST":
            return client.build_request("POST", self.settings.webhook_url, content=told, headers=_FORM)
        return client.build_request("GET", f"{self.settings.webhook_url}?{told}")
