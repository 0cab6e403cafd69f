"""The process that workers are forked from: `python worker_nursery.py <socket>`. It has imported once what functions
import, and nothing of this project: the layer's code is each worker's own.

For each worker it is sent a length with four descriptors (the worker's stdin, stdout and stderr, and one that is closed
with its last breath), then a JSON object: `script`, `folder`, `environment`. It answers with the worker's number. It
ends when the engine does, and the workers, whose parent it is, end with it.
"""

import gc
import json
import os
import runpy
import signal
import socket
import struct
import sys
import traceback
from importlib import import_module
from typing import Any

LENGTH = struct.Struct("!I")
DESCRIPTORS = 4
# What takes time. Whatever is not installed is left out, and whatever is not listed a worker imports by itself.
_IMPORTED = (
    "asyncio",
    "boto3.session",
    "botocore.client",
    "botocore.httpsession",
    "botocore.signers",
    "s3transfer.manager",
    "pynamodb.models",
    "stripe",
    "httpx",
    "jwt",
    "jwt.algorithms",
    "cryptography.x509",
    "pydantic",
    "aws_lambda_powertools",
    "aws_lambda_powertools.event_handler",
    "aws_lambda_powertools.metrics",
    "aws_lambda_powertools.utilities.batch",
    "aws_lambda_powertools.utilities.data_classes",
    "aws_lambda_powertools.utilities.parameters",
)


def main(door: socket.socket) -> None:
    """Until the engine has closed its end."""
    for name in _IMPORTED:
        try:
            import_module(name)
        except ImportError:
            continue
    # What is here stays, for all of them in the same memory.
    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them
    while True:
        head, descriptors, _, _ = socket.recv_fds(door, LENGTH.size, DESCRIPTORS)
        if not head:
            return
        request = json.loads(_read(door, LENGTH.unpack(head)[0]))
        if (worker := os.fork()) == 0:
            door.close()
            _become(request, descriptors)
        for each in descriptors:
            os.close(each)
        door.sendall(LENGTH.pack(worker))


def _read(door: socket.socket, length: int) -> bytes:
    data = b""
    while len(data) < length:
        if not (more := door.recv(length - len(data))):
            raise EOFError("the engine ended in the middle of a request")
        data += more
    return data


def _become(request: dict[str, Any], descriptors: list[int]) -> None:
    """A Python that was started for this script; does not return."""
    code = 1
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for number, each in enumerate(descriptors[:3]):
            os.dup2(each, number)
            os.close(each)
        os.chdir(request["folder"])
        os.environ.clear()
        os.environ.update(request["environment"])
        sys.argv = [request["script"]]
        sys.path.insert(0, os.path.dirname(request["script"]))  # noqa: PTH120 - as Python does it
        runpy.run_path(request["script"], run_name="__main__")
        code = 0
    except BaseException:  # noqa: BLE001 - a process that ends tells why
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])))
