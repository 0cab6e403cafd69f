"""The whole laptop stack: engine, deployed template, secrets, seed data and subscriber."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
from botocore.exceptions import ClientError

from local.aws import DUMMY_KEY, Aws
from local.clock import ClockFile
from local.credentials import CONSUMER, SEGPAY_PACKAGES, Credentials, load_credentials
from local.deploy import Deployer, Deployment
from local.engine import Engine
from local.errors import LocalError
from local.events import EventStore, Subscriber
from local.progress import Progress
from local.settings import MAIL_SENDER, REGION, REPOSITORY, SECRETS_PREFIX, SQUARE_LOCATIONS, LocalSettings
from local.simulators.consumer.app import PATH
from local.watcher import Times, source_times

_WARM_AT_ONCE = 2


class SeedError(LocalError):
    """The seed data could not be written; the message ends with the seed's own output."""


class LocalStack:
    """Owns what runs besides the front port. Its methods block: call them from a thread."""

    def __init__(self, settings: LocalSettings, progress: Progress) -> None:
        self.settings = settings
        self.progress = progress
        self.credentials: Credentials = load_credentials(settings.state_dir)
        self.clock = ClockFile(settings.clock_file)
        self.engine = Engine(settings)
        self.aws = Aws(settings)
        self.events = EventStore(settings.state_dir / "events.sqlite")
        self.deployment = Deployment()
        self.deployed_sources: Times = {}
        self.subscriber = Subscriber(self.aws, self.events)
        self._deployer = Deployer(settings, self.aws)

    def start(self) -> None:
        """Bring everything up. Raises what its parts raise; each message says what to do next."""
        self.deployed_sources = source_times(self.settings)
        with ThreadPoolExecutor(1) as pool:
            preparing = pool.submit(self._deployer.prepare, self._parameters())
            with self.progress.step("engine"):
                self.engine.start()
            with self.progress.step("template"):
                self.deployment = self._deployer.deploy(preparing.result())
        with self.progress.step("secrets and subscriber"):
            self._put_secrets()
            self.aws.client("sesv2").create_email_identity(EmailIdentity=MAIL_SENDER)
            self.subscriber.subscribe(list(self.deployment.buses.values()))
        if self._seed_file.exists():
            with self.progress.step("seed data"):
                self._seed()
        self.warm()
        self.engine.begin()
        self.engine.checkpoint()

    def deploy(self) -> None:
        """Bring the running stack up to date with the sources."""
        with self.progress.step("template"):
            self.deployment = self._deployer.deploy(self._deployer.prepare(self._parameters()))

    def warm(self) -> None:
        """Start one worker per function; a function that cannot be imported is reported, and the rest goes on."""
        with self.progress.step("functions"), ThreadPoolExecutor(_WARM_AT_ONCE) as pool:
            for name, problem in pool.map(self._warm_one, self.deployment.functions.items()):
                if problem:
                    self.progress.say(f"! {name} cannot start:\n{problem}")

    def restart_engine(self) -> None:
        """Start the engine again after it died; it continues with the state it had."""
        self.engine.start()
        self.engine.begin()

    def reset(self) -> None:
        """Empty everything but the credentials, and deploy afresh."""
        self.engine.stop()
        shutil.rmtree(self.settings.engine_dir, ignore_errors=True)
        self.clock.reset()
        self.events.clear()
        self._deployer = Deployer(self.settings, self.aws)
        self.start()

    def stop(self) -> None:
        self.engine.stop()

    @property
    def _seed_file(self) -> Path:
        return self.settings.source_root / "local/seed.py"

    def _parameters(self) -> dict[str, str]:
        return {
            "Environment": "local",
            "LogLevel": os.environ.get("LOG_LEVEL", "INFO"),
            "StripeApiBase": f"{self.settings.base_url}/simulators/stripe",
            "EnableStripe": "true",
            "EnableSegpay": "true",
            "SegpayApiBase": f"{self.settings.base_url}/simulators/segpay",
            "SegpayCurrencies": ",".join(SEGPAY_PACKAGES),
            "SegpayRecurring": "true",
            "SquareApiBase": f"{self.settings.base_url}/simulators/square",
            "EnableSquare": "true",
            "SquareLocations": ";".join(f"{currency}:{each}" for each, currency in SQUARE_LOCATIONS.items()),
            "EnablePayPal": "true",
            "PayPalApiBase": f"{self.settings.base_url}/simulators/paypal",
            "PayPalRecurring": "true",
            "PayPalTestRoot": self.credentials.paypal_authority.root,
            "EnableMock": "true",
            "MockPage": f"{self.settings.base_url}/simulators/mock",
            "GroupPaymentPage": f"{self.settings.base_url}/local/group-payments",
            "DefaultPaymentProvider": "stripe",
            "DeletionProtection": "false",
            "MailSender": MAIL_SENDER,
        }

    def _put_secrets(self) -> None:
        client = self.aws.client("secretsmanager")
        for name, document in self.credentials.documents(f"{self.settings.base_url}/webhooks").items():
            secret, value = f"{SECRETS_PREFIX}/{name}", json.dumps(document)
            try:
                if client.get_secret_value(SecretId=secret)["SecretString"] != value:
                    client.put_secret_value(SecretId=secret, SecretString=value)
            except ClientError:
                client.create_secret(Name=secret, SecretString=value)

    def _seed(self) -> None:
        core, config = self.deployment.tables.get("CoreTable", ""), self.settings.source_root / "config"
        call = "import sys, pathlib; from local import seed; seed.main(sys.argv[1], pathlib.Path(sys.argv[2]))"
        done = subprocess.run(
            [sys.executable, "-c", call, core, str(config)],
            env=self._client_environment(),
            cwd=REPOSITORY,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise SeedError(f"Seeding {core} from {config} failed:\n{(done.stdout + done.stderr)[-1500:]}")

    def _client_environment(self) -> dict[str, str]:
        """The environment of a program that talks to the engine as if it were the real cloud."""
        tables = {"CORE_TABLE": "CoreTable", "INBOX_TABLE": "InboxTable"}
        return {
            # Another program of the developer's may be the consumer.
            f"PAYMENTS_CONSUMER_{CONSUMER.upper()}_EVENTS_URL": f"{self.settings.base_url}/simulators/{CONSUMER}{PATH}",
            **os.environ,
            "PYTHONPATH": str(self.settings.source_root / "layers/shared"),
            "AWS_ENDPOINT_URL": self.settings.engine_url,
            "AWS_ACCESS_KEY_ID": DUMMY_KEY,
            "AWS_SECRET_ACCESS_KEY": DUMMY_KEY,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REGION": REGION,
            "TOLLGATE_ENVIRONMENT": "local",
            "SECRETS_PREFIX": SECRETS_PREFIX,
            "TOLLGATE_CLOCK_FILE": str(self.settings.clock_file),
            **{name: self.deployment.tables.get(logical, "") for name, logical in tables.items()},
        }

    def _warm_one(self, function: tuple[str, str]) -> tuple[str, str]:
        logical, name = function
        address = f"{self.settings.engine_url}/_tollgate/warm/{name}"
        answer = httpx.post(address, timeout=60.0, trust_env=False)
        return logical, "" if answer.is_success else answer.text
