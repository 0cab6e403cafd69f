"""`python -m bench.document`: writes `docs/performance.md` from the results of `make bench` and `make bench-peers`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "bench" / "results"
DOCUMENT = ROOT / "docs" / "performance.md"
RUNS = {"costs": "latest.json", "growth": "growth.json", "peers": "peers.json", "renewals": "renewing.json"}

type Results = Mapping[str, Any]
type Row = Sequence[object]

_HEAD = """# Performance

Written by `make performance`, never by hand. Counts (calls, units, bytes) are the same on every machine; `make
bench` holds them to their limits. Times are CPU of the process, with the network answered from memory, each
contestant in turn in one run; a ratio is the median of the rounds' ratios, so that a busy machine slows both sides
alike. Microseconds tell little more than the order."""

_PEERS = """
Webhooks carry one signed `checkout.session.completed` of a card payment; every delivery is new. Different storage
engines stand behind these, and they promise different things: read the second table with the first. Nothing here is
held to a limit.""".strip()

_GROWTH = """
What one operation costs with so many payments stored, each with its three events, its reference, its journal entry
and mark, all of one buyer, one venue and one morning, so that every list has them in as few partitions as it can;
each payment is due for a check at a later time. With every tenth comes a gift card with its two events, due when its
year is over, and somebody's credit. Their idempotency records and provider events are left out: they are
found by key alone, and no list has them. A cell with several numbers has one for each size: with ten payments a page
looks through seven days to fill up, with a thousand it is full at once. Growth is the most over the least, of calls
and each kind of units, from the size on at which a page is full; its limit is exactly 1. Bytes may differ by 5 %:
numbers get longer. A trial balance reads every account: it grows with sellers, not with payments. The engine is the
tests' MiniStack, made to look up what it otherwise walks through (`bench/engine.py`); what it answers is the same,
and a test compares them.""".strip()


_RENEWALS = """
So many subscriptions that Tollgate charges itself, due within the same ten minutes, at Stripe's simulator. A run has
half a minute, the second is killed in the middle, and of every other two are made at once, of which one finds what the
other has begun. Each was charged once, by Stripe's own books; nothing is scanned. Seconds are of one process beside the
engine and Stripe, on one machine; in the cloud sixteen lanes wait for sixteen answers at once.""".strip()


def render(costs: Results, growth: Results, peers: Results, renewals: Results) -> str:
    """The whole document."""
    parts = [
        _HEAD,
        "## Where and when",
        table(("", "date", "machine", "Python", "load before", "after"), _machines(costs, growth, peers, renewals)),
        "## Counts",
        table(
            ("figure", "value", "limit", "verdict", ""),
            _figures(costs, ("calls", "units", "bytes", "writes", "transitions", "MB")),
        ),
        "## CPU and cold start",
        table(("ratio", "value", "limit", "verdict", ""), _figures(costs, ("ratio",))),
        "## Beside what people use",
        _PEERS,
        table(("", "CPU, µs", "over ours", "asks of others, for a new event or request"), _contestants(peers)),
        table(("", "does", "keeps", "order", "left out of the figure"), _promises(peers)),
        f"Versions: {_listed(peers['versions'])}.",
        "## Growth",
        _GROWTH,
        table(("operation", "calls", "write units", "of indexes", "read units", "bytes", "growth"), _growth(growth)),
        _stored(growth),
        f"## {renewals['due']:,} renewals",
        _RENEWALS,
        table(("", ""), _renewals(renewals)),
        "## A million card payments",
        table(("list price, US dollars", ""), _dollars(costs)),
        f"Assumed where nothing is counted: {_listed(costs['cost']['assumptions'])}.",
    ]
    return "\n\n".join(parts) + "\n"


def table(head: Row, rows: Iterable[Row]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(str(cell) for cell in line)} |" for line in lines)


def _machines(costs: Results, growth: Results, peers: Results, renewals: Results) -> Iterator[Row]:
    for name, result in (("costs", costs), ("growth", growth), ("peers", peers), ("renewals", renewals)):
        machine = result["machine"]
        what = f"{machine['cores']} cores, {machine['cpu']}"
        before, after = (f"{machine[when][0]:.1f}" for when in ("load_before", "load_after"))
        yield name, machine["at"], what, machine["python"], before, after


def _figures(costs: Results, units: Sequence[str]) -> Iterator[Row]:
    for figure in costs["figures"]:
        if figure["unit"] in units:
            limit = "" if figure["limit"] is None else f"{figure['limit']:g}"
            yield figure["name"], f"{figure['value']:.4g}", limit, figure["verdict"], figure.get("note", "")


def _contestants(peers: Results) -> Iterator[Row]:
    over: dict[str, list[str]] = {}
    for pair, ratio in peers["ratios"].items():
        theirs, _, ours = pair.partition(" over ")
        over.setdefault(theirs, []).append(f"{ratio:g} times `{ours}`")
    for name, each in peers["contestants"].items():
        yield f"`{name}`", round(each["median_cpu_microseconds"]), ", ".join(over.get(name, ())), _work(each["work"])


def _work(work: Mapping[str, Any]) -> str:
    """Requests and statements by number; of what tells a first delivery from a second, both."""
    if "duplicate" in work:
        return f"{_work(work['first'])}. For a duplicate: {_work(work['duplicate'])}"
    if "sql_statements" in work:
        statements = f"{sum(work['sql_statements'].values())} SQL statements ({_listed(work['sql_statements'])})"
        asked = sum(work["requests_to_stripe"].values())
        return f"{statements}; requests to Stripe: {asked}"
    return _listed(work)


def _promises(peers: Results) -> Iterator[Row]:
    for name, each in peers["contestants"].items():
        yield f"`{name}`", each["does"], each["kept"], each["order"], each["stubbed"]


def _growth(growth: Results) -> Iterator[Row]:
    values = {figure["name"]: figure["value"] for figure in growth["figures"]}
    for name, by_size in growth["operations"].items():
        title, work = name.replace("_", " "), list(by_size.values())
        counted = ("calls", "write_units", "index_write_units", "read_units")
        cells = [_cell([each[part] for each in work]) for part in counted]
        moved = _cell([each["bytes_out"] + each["bytes_in"] for each in work])
        yield title, *cells, moved, f"{values[f'growth: {title}: calls and units']:g}"


def _cell(values: Sequence[float]) -> str:
    """One number where all are the same."""
    shown = values[:1] if len(set(values)) == 1 else values
    return " / ".join(f"{value:g}" for value in shown)


def _stored(growth: Results) -> str:
    sizes = "; ".join(
        f"{each['payments']:,} payments are {each['items']:,} items, stored in {each['seconds']:g} s"
        for each in growth["stored"]
    )
    return f"Sizes: {sizes}."


def _renewals(renewals: Results) -> Iterator[Row]:
    yield "charged once", f"{renewals['charged']:,}"
    yield "charged twice, or never", _listed(renewals["wrong"]) or "none"
    yield "runs", len(renewals["runs"])
    yield "seconds", renewals["seconds"]
    yield "calls for each", _listed(renewals["calls per renewal"])


def _dollars(costs: Results) -> Iterator[Row]:
    lines = costs["cost"]["usd_per_million_payments"]
    yield from ((name, f"{dollars:.2f}") for name, dollars in lines.items())
    yield "**together**", f"**{sum(lines.values()):.2f}**"


def _listed(counts: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in counts.items())


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.document", description=__doc__)
    parser.add_argument("--results", type=Path, default=RESULTS, help="the folder with the JSON (default: %(default)s)")
    parser.add_argument("--output", type=Path, default=DOCUMENT, help="default: %(default)s")
    arguments = parser.parse_args()
    missing = [name for name in RUNS.values() if not (arguments.results / name).exists()]
    if missing:
        print(f"{', '.join(missing)} not measured yet: make performance", file=sys.stderr)
        return 1
    results = {name: json.loads((arguments.results / file).read_text()) for name, file in RUNS.items()}
    arguments.output.write_text(render(**results))
    print(f"wrote {arguments.output}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
