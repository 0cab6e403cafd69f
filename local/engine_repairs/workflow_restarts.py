# a repair reaches into the engine's modules
"""Step Functions: an execution goes on after the engine was killed.

Engine: executions that were running are marked FAILED at the next start.
AWS: an execution has no engine that could die. Here it starts again from its first state with the same name and
input: every step reads its record first and does nothing when it is settled, as AWS's own retries require.
"""

from __future__ import annotations

import contextvars
import threading
from importlib import import_module
from typing import Any


class WorkflowRestarts:
    """Remembers what was running when the state was written, and starts it again when the server is up."""

    def __init__(self) -> None:
        self._workflows: Any = import_module("ministack.services.stepfunctions")
        self._interrupted: list[tuple[str, str, str]] = []

    def install(self) -> None:
        load = self._workflows.load_persisted_state

        def load_and_remember(state: Any) -> None:
            executions = state.get("executions") if state else None
            if executions is not None:
                found = executions.all_items()
                self._interrupted = [scope for scope, run in found if run.get("status") == "RUNNING"]
            load(state)

        self._workflows.load_persisted_state = load_and_remember

    def start_again(self) -> None:
        """Start every interrupted execution from the beginning."""
        for account, region, arn in self._interrupted:
            run = self._workflows._executions.get_scoped(account, region, arn)
            for outcome in ("error", "cause", "output"):
                run[outcome] = None
            run.update(status="RUNNING", stopDate=None, events=run["events"][:1])
            context = contextvars.copy_context()
            threading.Thread(target=context.run, args=(self._run, account, region, arn), daemon=True).start()
        self._interrupted = []

    def _run(self, account: str, region: str, arn: str) -> None:
        responses: Any = import_module("ministack.core.responses")
        responses._request_account_id.set(account)
        responses._request_region.set(region)
        self._workflows._run_execution(arn)
