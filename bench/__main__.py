"""`python -m bench`: measures everything, writes `bench/results/latest.json`, prints a table, and fails when a figure
is past its limit.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "bench" / "results" / "latest.json"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few rounds: counts are judged, times are not")
    parser.add_argument("--output", type=Path, default=RESULTS, help="where the JSON goes (default: %(default)s)")
    arguments = parser.parse_args()
    _make_credentials_up()
    # Imported here: the package of the layer must be found first, and clients read the environment.
    from bench import report, suite

    figures, details = suite.measure(suite.QUICK if arguments.quick else suite.FULL)
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    result = {"quick": arguments.quick, "figures": [figure.as_json() for figure in figures], **details}
    arguments.output.write_text(json.dumps(result, indent=1) + "\n")
    print("\n".join(report.lines(figures, details)))
    return int(any(figure.fails for figure in figures))


def _make_credentials_up() -> None:
    """Nothing here may reach a real account, whatever this shell is signed in to."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ.update(
        AWS_ACCESS_KEY_ID="test",
        AWS_SECRET_ACCESS_KEY="test",  # noqa: S106 - made up
        AWS_DEFAULT_REGION="us-east-1",
        AWS_EC2_METADATA_DISABLED="true",
        AWS_CONFIG_FILE=os.devnull,
        AWS_SHARED_CREDENTIALS_FILE=os.devnull,
    )


if __name__ == "__main__":
    sys.exit(main())
