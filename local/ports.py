"""Loopback ports: which are free, and who holds one that is not."""

from __future__ import annotations

import socket
from pathlib import Path

from local.errors import LocalError
from local.settings import HOST


class PortTaken(LocalError):
    """The port belongs to another program; the message says which and what to do next."""

    def __init__(self, port: int, variable: str) -> None:
        holder = port_holder(port)
        who = f" by process {holder}" if holder else ""
        super().__init__(
            f"Port {port} on {HOST} is already in use{who}.\n"
            f"Next: stop that program, or choose another port, e.g. `{variable}={port + 1} python -m local run` "
            f"(0 takes any free port)."
        )


def free_port() -> int:
    """A port nobody listens on at this moment."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def is_free(port: int) -> bool:
    """True when a server of ours could listen on the port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def claim(port: int, variable: str) -> int:
    """The port to use: `port` itself, or any free one for 0. Raises PortTaken."""
    if port == 0:
        return free_port()
    if not is_free(port):
        raise PortTaken(port, variable)
    return port


def port_holder(port: int) -> str | None:
    """`<pid> (<command>)` of the listener, read from /proc; None where that is not possible."""
    inode = _listening_inode(port)
    if inode is None:
        return None
    for process in Path("/proc").glob("[0-9]*"):
        if _holds(process, inode):
            command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
            return f"{process.name} ({command[:80]})"
    return None


def _listening_inode(port: int) -> str | None:
    table = Path("/proc/net/tcp")
    if not table.exists():
        return None
    for line in table.read_text().splitlines()[1:]:
        fields = line.split()
        if fields[3] == "0A" and int(fields[1].rsplit(":", 1)[1], 16) == port:
            return fields[9]
    return None


def _holds(process: Path, inode: str) -> bool:
    try:
        return any(str(link.readlink()) == f"socket:[{inode}]" for link in (process / "fd").iterdir())
    except OSError:
        return False
