"""Run in a fresh interpreter: compose a function and answer one request, with the network replayed from a file.

Imports as little as it can, so that what is measured is the function.
"""

from __future__ import annotations

import importlib
import pickle
import sys
from typing import Any


class _Context:
    aws_request_id = "00000000-0000-4000-8000-000000000000"
    function_name = "bench"
    memory_limit_in_mb = 512
    invoked_function_arn = "arn:bench"


def main(module: str, file: str) -> None:
    """The file has the event, and the replay that answers both transports."""
    with open(file, "rb") as stored:  # noqa: PTH123 - pathlib is not loaded yet
        event, replay = pickle.load(stored)  # noqa: S301 - written by the process that started this one
    function: Any = importlib.import_module(module)
    from botocore.httpsession import URLLib3Session

    setattr(URLLib3Session, "send", replay.aws)  # noqa: B010
    from urllib3 import PoolManager

    setattr(PoolManager, "urlopen", replay.stripe)  # noqa: B010
    function.handler(event, _Context())


if __name__ == "__main__":
    main(*sys.argv[1:])
