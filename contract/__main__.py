"""`python -m contract` writes docs/api/openapi.json and docs/events/, and prints what it changed."""

from __future__ import annotations

import sys

from contract.documents import write

if __name__ == "__main__":
    sys.stdout.write("".join(f"{path}\n" for path in write()) or "docs/api and docs/events say what the code does\n")
