"""`python -m operations`: the command line behind `make republish`, `make redrive`, `make rebuild-ledger` and
`make import-billing`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from datetime import UTC, datetime

from operations import laptop, stacks, window
from operations.access import AWS_ERRORS, explained, settle_region
from operations.errors import REFUSED, OperationError
from operations.imports.command import Wish, import_billing
from operations.publishing import PATIENCE, PatientBus, Selection
from operations.rebuild import LedgerRebuild, first_day
from operations.redrive import ALL, QUEUES, RECORDS, redrive
from operations.report import say, summarize
from operations.republish import Republisher, go_on_command, summary
from operations.sweep import StoredEvents
from tollgate.adapters.dynamodb.ledger_reading import DynamoJournalSweep, DynamoLedgerReader
from tollgate.adapters.dynamodb.store import Table, connect
from tollgate.adapters.eventbridge import EventBus

_WHAT = (QUEUES, RECORDS, ALL)


def main(arguments: list[str] | None = None) -> int:
    """Run one command. What an operator can mend is told in words, without a traceback."""
    options = _parser().parse_args(arguments)
    settle_region()
    try:
        command: Callable[[argparse.Namespace], int] = options.command
        return command(options)
    except OperationError as error:
        say(f"\n{error}")
    except AWS_ERRORS as error:
        say(f"\n{explained(error)}")
    except KeyboardInterrupt:
        say("\nInterrupted. Run the same command again: it goes on with what is left.")
        return 130
    return REFUSED


def _republish(options: argparse.Namespace) -> int:
    asked = window.parse(options.start, options.end, _now(options))
    core, bus = _table_and_bus(options)
    say(f"events of {core}, " + ("only counted" if options.dry_run else f"onto the bus {bus}"))
    republisher = Republisher(
        StoredEvents(Table(connect(), core, PATIENCE)),
        None if options.dry_run else PatientBus(EventBus(bus), say, PATIENCE),
        Selection(options.tenant or None, options.type or None),
        say,
    )
    outcome = republisher.run(asked)
    for each in outcome.left_over.named:
        say(f"  not published: {each['what']}: {each['why']}")
    go_on = None
    if outcome.stopped_at is not None:
        go_on = go_on_command(_named(options), asked, outcome.stopped_at)
        say(f"\nStopped: {outcome.why}\nTo go on from there:\n  {go_on}")
    summarize(summary(outcome, asked, dry_run=options.dry_run, go_on=go_on))
    return outcome.exit_code


def _redrive(options: argparse.Namespace) -> int:
    if options.what not in _WHAT:
        raise OperationError(f"WHAT={options.what} is none of {', '.join(_WHAT)}.\nNext: WHAT={ALL}")
    if not options.stack:
        raise OperationError("Which stack?\nNext: STACK=tollgate-dev, or STACK=local for the laptop stack")
    result, code = redrive(_stack(options.stack), options.what, say, dry_run=options.dry_run)
    summarize(result)
    return code


def _rebuild_ledger(options: argparse.Namespace) -> int:
    start = first_day(options.start)
    core = _core_table(options)
    say(f"ledger of {core}, from its journal; nothing is written")
    table = Table(connect(), core, PATIENCE)
    outcome = LedgerRebuild(DynamoJournalSweep(table), DynamoLedgerReader(table), lambda: _now(options), say).run(
        options.tenant or None, start
    )
    if outcome.why:
        say(f"\nStopped: {outcome.why}")
    summarize(outcome.summary())
    return outcome.exit_code


def _import_billing(options: argparse.Namespace) -> int:
    kind, tenant = options.kind, options.tenant
    wish = Wish(options.file, options.format, tenant, kind, options.rejected, dry_run=options.dry_run)
    core = _core_table(options)
    result, code = import_billing(wish, core, _now(options), say)
    summarize(result)
    return code


def _core_table(options: argparse.Namespace) -> str:
    """By its name, or from the outputs of the stack."""
    if options.stack:
        stack = _stack(options.stack)
        return str(options.core_table or stack.output("CoreTableName"))
    if not options.core_table:
        raise OperationError(
            "Which stack?\nNext: STACK=tollgate-dev, STACK=local for the laptop stack, or the table: CORE_TABLE=…"
        )
    return str(options.core_table)


def _now(options: argparse.Namespace) -> datetime:
    return laptop.now() if options.stack == laptop.NAME else datetime.now(UTC)


def _table_and_bus(options: argparse.Namespace) -> tuple[str, str]:
    """By their names, or from the outputs of the stack."""
    if options.core_table and options.event_bus and not options.stack:
        return options.core_table, options.event_bus
    if not options.stack:
        raise OperationError(
            "Which stack?\nNext: STACK=tollgate-dev, STACK=local for the laptop stack, "
            "or both names: CORE_TABLE=… EVENT_BUS=…"
        )
    stack = _stack(options.stack)
    return options.core_table or stack.output("CoreTableName"), options.event_bus or stack.output("EventBusName")


def _stack(name: str) -> stacks.Stack:
    return stacks.find(laptop.enter() if name == laptop.NAME else name)


def _named(options: argparse.Namespace) -> dict[str, str]:
    """The same arguments again, as make takes them."""
    return {
        "STACK": options.stack,
        "CORE_TABLE": options.core_table,
        "EVENT_BUS": options.event_bus,
        "TENANT": options.tenant,
        "TYPE": options.type,
        "DRY_RUN": "1" if options.dry_run else "",
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m operations", description="Repairs of a deployed stack.")
    commands = parser.add_subparsers(required=True, metavar="command")
    again = commands.add_parser("republish", help="publish the events of a stretch of time again")
    again.add_argument("--from", dest="start", default="", help="the first moment, with its offset: 2026-11-22T10:00Z")
    again.add_argument("--to", dest="end", default="", help="the moment after the last one")
    again.add_argument("--core-table", default="", help="instead of the stack's output")
    again.add_argument("--event-bus", default="", help="instead of the stack's output")
    again.add_argument("--tenant", default="", help="only this tenant's events")
    again.add_argument("--type", default="", help="only events published under this name")
    again.set_defaults(command=_republish)
    redriven = commands.add_parser("redrive", help="send dead letters and failed stream records on")
    redriven.add_argument("--what", default=ALL, help=f"{', '.join(_WHAT)} (default {ALL})")
    redriven.set_defaults(command=_redrive)
    rebuilt = commands.add_parser("rebuild-ledger", help="recompute every balance from the journal, and compare")
    rebuilt.add_argument("--core-table", default="", help="instead of the stack's output")
    rebuilt.add_argument("--tenant", default="", help="only this tenant's ledger")
    rebuilt.add_argument("--from", dest="start", default="", help="the day of the first entry, where it is not found")
    rebuilt.set_defaults(command=_rebuild_ledger)
    taken_over = commands.add_parser("import-billing", help="take subscriptions and purchases of another system over")
    _add_import_to(taken_over)
    for each in (again, redriven, rebuilt, taken_over):
        each.add_argument("--stack", default="", help="name of the CloudFormation stack; local is the laptop's")
    for each in (again, redriven, taken_over):
        each.add_argument("--dry-run", action="store_true", help="only say what would be done")
    return parser


def _add_import_to(taken_over: argparse.ArgumentParser) -> None:
    taken_over.add_argument("--file", default="", help="records, one a line, as CSV or JSON")
    taken_over.add_argument("--format", default="", help="csv or jsonl, where the file's name does not tell")
    taken_over.add_argument("--core-table", default="", help="instead of the stack's output")
    taken_over.add_argument("--tenant", default="", help="whose they are, where the records do not say")
    taken_over.add_argument("--kind", default="", help="what they are, where the records do not say")
    taken_over.add_argument("--rejected", default="", help="where to report what is rejected (<file>.rejected.jsonl)")
    taken_over.set_defaults(command=_import_billing)


if __name__ == "__main__":
    sys.exit(main())
