"""`python -m bench`: measures everything, writes `bench/results/latest.json`, prints a table, and fails when a figure
is past its limit. With `--growth` it holds ten stored payments against a hundred thousand instead, and writes
`bench/results/growth.json`.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from bench.machine import making_credentials_up

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "bench" / "results"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few rounds: counts are judged, times are not")
    parser.add_argument("--growth", action="store_true", help="what does not grow with what is stored: takes minutes")
    parser.add_argument("--output", type=Path, help="where the JSON goes")
    arguments = parser.parse_args()
    making_credentials_up()
    # Imported here: the package of the layer must be found first, and clients read the environment.
    from bench import growth, report, suite

    if arguments.growth:
        figures, details = growth.measure()
    else:
        figures, details = suite.measure(suite.QUICK if arguments.quick else suite.FULL)
    output = arguments.output or RESULTS / ("growth.json" if arguments.growth else "latest.json")
    output.parent.mkdir(parents=True, exist_ok=True)
    result = {"quick": arguments.quick, "figures": [figure.as_json() for figure in figures], **details}
    output.write_text(json.dumps(result, indent=1) + "\n")
    print("\n".join(report.lines(figures, details)))
    return int(any(figure.fails for figure in figures))


if __name__ == "__main__":
    sys.exit(main())
