"""Runs the simulator as a process of its own: `serve.py DATABASE PORT WEBHOOK_URL`."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import uvicorn

from local.simulators.stripe.app import create_app
from local.simulators.stripe.settings import StripeSimulatorSettings
from tests.simulators.world import KEY, SECRET


def main(database: str, port: str, webhook_url: str) -> None:
    settings = StripeSimulatorSettings(
        database=Path(database),
        public_base=f"http://127.0.0.1:{port}",
        webhook_url=webhook_url,
        secret_keys=lambda: [KEY],
        signing_secrets=lambda: [SECRET],
        now=time.time,
    )
    uvicorn.run(create_app(settings), host="127.0.0.1", port=int(port), log_level="critical", ws="none")


if __name__ == "__main__":
    main(*sys.argv[1:])
