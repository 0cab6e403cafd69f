"""`python -m local`: run the whole stack on this machine."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable

from local import commands
from local.errors import LocalError
from local.settings import LocalSettings, from_environment

Command = Callable[[LocalSettings, argparse.Namespace], int]


def main(arguments: list[str] | None = None) -> int:
    """Run one command. Errors a person can act on are told in words, without a traceback."""
    options = _parser().parse_args(arguments)
    try:
        settings = _settings(options)
        command: Command = options.command
        return command(settings, options)
    except LocalError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _settings(options: argparse.Namespace) -> LocalSettings:
    env = {
        "TOLLGATE_PORT": options.port,
        "TOLLGATE_ENGINE_PORT": options.engine_port,
        "TOLLGATE_STATE_DIR": options.state_dir,
        "TOLLGATE_TEMPLATE": options.template,
    }
    return from_environment({**os.environ, **{name: value for name, value in env.items() if value}})


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m local", description="The whole payments stack on this machine: no cloud account, no Docker."
    )
    commands_ = parser.add_subparsers(required=True, metavar="command")

    def add(name: str, command: Command, about: str) -> argparse.ArgumentParser:
        sub = commands_.add_parser(name, help=about, description=about[0].upper() + about[1:] + ".")
        sub.add_argument("--port", help="front port; 0 takes any free one (TOLLGATE_PORT, default 3600)")
        sub.add_argument("--engine-port", help="port of the AWS engine (TOLLGATE_ENGINE_PORT, default 4566)")
        sub.add_argument("--state-dir", help="folder for everything that is kept (TOLLGATE_STATE_DIR, default .local)")
        sub.add_argument("--template", help="SAM template to deploy (TOLLGATE_TEMPLATE, default template.yaml)")
        sub.set_defaults(command=command)
        return sub

    run = add("run", commands.run, "run in the foreground until Ctrl-C, reloading changed sources")
    run.add_argument("--no-watch", action="store_true", help="do not reload changed sources")
    up = add("up", commands.up, "start in the background and wait until ready; does nothing when it runs already")
    up.add_argument("--no-watch", action="store_true", help="do not reload changed sources")
    demo = add("demo", commands.demo, "show a purchase from checkout to payout, starting the stack if needed")
    demo.set_defaults(no_watch=False)
    dunning = add("demo-dunning", commands.demo_dunning, "show a renewal that fails, and the week after, in seconds")
    dunning.set_defaults(no_watch=False)
    add("down", commands.down, "stop what runs in the background or in another terminal")
    add("status", commands.status, "tell whether it runs, and where")
    add("reset", commands.reset, "empty tables, events, simulators and clock; secrets stay")
    logs = add("logs", commands.logs, "show what the functions printed")
    logs.add_argument("-f", "--follow", action="store_true", help="go on as new lines arrive")
    logs.add_argument("-n", "--lines", type=int, default=100, help="how many of the last lines to show (default 100)")
    logs.add_argument("--engine", action="store_true", help="the AWS engine's own log instead")
    return parser


if __name__ == "__main__":
    sys.exit(main())
