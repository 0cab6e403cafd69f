"""Every function instance of a test makes AWS clients of its own. What is the same for all of them is made once."""

from __future__ import annotations

import copy
from functools import cache
from typing import Any
from unittest.mock import patch

import botocore.session
from botocore.handlers import BUILTIN_HANDLERS
from botocore.hooks import HierarchicalEmitter
from botocore.loaders import create_loader
from botocore.session import Session


def lighten() -> None:
    """From now on sessions share what they look up among botocore's files, and start with a copy of its handlers: that
    is two thirds of what a client costs.
    """
    loader, init = create_loader(), Session.__init__

    @cache
    def handled(_many: int) -> HierarchicalEmitter:
        """Anew where a library (moto) has added handlers of its own."""
        made = HierarchicalEmitter()
        init(Session.__new__(Session), event_hooks=made)
        return made

    def lighter(
        session: Session,
        session_vars: Any = None,
        event_hooks: Any = None,
        include_builtin_handlers: bool = True,
        profile: str | None = None,
    ) -> None:
        if event_hooks is None and include_builtin_handlers:
            event_hooks, include_builtin_handlers = copy.copy(handled(len(BUILTIN_HANDLERS))), False
        init(session, session_vars, event_hooks, include_builtin_handlers, profile)

    patch.object(botocore.session, "create_loader", lambda _=None: loader).start()
    patch.object(Session, "__init__", lighter).start()
