"""The command line: parse, run one command, and turn what came of it into an exit code.

0 succeeded, whatever the outcome; 1 failed or different; 2 usage or configuration; 3 killed by a limit; 130 Ctrl-C.
"""

import argparse
import importlib
import json
import os
import signal
import sys
import tempfile
import traceback
from collections.abc import Sequence
from typing import Any, NoReturn

from kaiseki import __version__
from kaiseki.errors import KaisekiError, SettingError, UsageError
from kaiseki.interruption import is_interruption
from kaiseki.settings import load_settings

INTERRUPTED = 130


def run_command(argv: Sequence[str]) -> int:
    """Runs the command that `argv` names and returns the process's exit code. Prints; raises nothing."""
    as_json = "--json" in argv
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        arguments = _parser().parse_args(argv)
        command = importlib.import_module(f"kaiseki.commands.{arguments.command}")
        try:
            settings = load_settings({name: getattr(arguments, name, None) for name in SETTING_FLAGS})
        except SettingError as error:
            if arguments.command != "execute":
                raise
            return int(command.refuse(arguments, error))
        return int(command.run(arguments, settings))
    except KaisekiError as error:
        _complain(error, as_json)
        return error.exit_code
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nobody reads: no complaint at exit
        return 1
    except (KeyboardInterrupt, Exception) as error:  # noqa: BLE001 (the last line of defence: a user sees no traceback)
        if is_interruption(error):
            print("kaiseki: interrupted", file=sys.stderr)
            return INTERRUPTED
        _complain(_unexpected(error), as_json)
        return 1


SETTING_FLAGS = (
    "warehouse",
    "schemas",
    "clock",
    "store",
    "model",
    "region",
    "record",
    "strict",
    "wheels",
    "api",
    *(f"budget_{name}" for name in ("steps", "tokens", "usd", "seconds", "rows")),
)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}", hint=f"see {self.prog} --help")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="kaiseki", description="Answers questions about a warehouse, each number bound to a query.")
    parser.add_argument("--version", action="version", version=f"kaiseki {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=_Parser)

    ask = _command(
        commands,
        "ask",
        "answer a question, and leave a run bundle",
        *("warehouse", "store", "model", "region", "budget", "wheels", "service"),
    )
    ask.add_argument("prompt", metavar="PROMPT", help="the question, in English or Japanese; - reads standard input")
    ask.add_argument(
        "--attach", metavar="FILE", action="append", default=[], help="a CSV, Parquet or Excel file as a further table"
    )
    ask.add_argument("--follow-up-to", metavar="RUN", help="an earlier run, whose question and answer are then known")

    execute = _command(
        commands, "execute", "run a request that lies in the store", "warehouse", "store", "model", "region", "wheels"
    )
    execute.add_argument("run_id", metavar="RUN_ID")
    execute.add_argument(
        "--launch", metavar="N", type=int, help="in the service: only while the run is in its launch of that number"
    )

    replay = _command(
        commands, "replay", "run a bundle's analysis again, with no model", "warehouse", "store", "wheels"
    )
    replay.add_argument("bundle", metavar="BUNDLE", help="the bundle's folder, or a run's id in the store")
    replay.add_argument("--requery", action="store_true", help="run the SQL again too, and show what moved")

    _command(commands, "runs", "list the runs in the store, newest first", "store", "service", "region")
    show = _command(commands, "show", "show a run: its steps, facts and answer", "store", "service", "region")
    show.add_argument("run_id", metavar="RUN")
    cancel = _command(commands, "cancel", "cancel a run of the service", "service", "region")
    cancel.add_argument("run_id", metavar="RUN")

    schema = _command(commands, "schema", "show the tables of the warehouse", "warehouse")
    instead = schema.add_mutually_exclusive_group()
    instead.add_argument("--find", metavar="QUESTION", help="rank the tables for a question instead")
    instead.add_argument(
        "--grants", action="store_true", help="print the SQL that makes the Redshift user who may only read them"
    )
    reader = schema.add_mutually_exclusive_group()
    reader.add_argument("--user", metavar="NAME", help="with --grants: what that user is called (default kaiseki)")
    reader.add_argument("--role", metavar="NAME", help="with --grants: the IAM role that signs in as that user")

    query = _command(commands, "query", "run one Redshift SELECT statement, read-only", "warehouse")
    query.add_argument("sql", metavar="SQL", help="the statement; - reads standard input")
    query.add_argument("--limit", metavar="N", type=int, default=1_000, help="rows to show at most (default 1,000)")

    sandbox = commands.add_parser("sandbox", help="run Python as generated code runs")
    in_sandbox = sandbox.add_subparsers(dest="sandbox_command", required=True, metavar="COMMAND", parser_class=_Parser)
    run = in_sandbox.add_parser("run", help="run a file, or standard input")
    run.add_argument("file", metavar="FILE", help="a Python file; - reads standard input")
    run.add_argument("--json", action="store_true", help="print the result as one JSON object")
    session = in_sandbox.add_parser(
        "session", help="a code interpreter: one JSON request a line in, one result a line out"
    )
    for limited in (run, session):
        limited.add_argument("--timeout", metavar="S", type=float, help="seconds that code may take (default 120)")
        limited.add_argument("--memory", metavar="MB", type=int, help="megabytes (default 3,072)")
    doctor = in_sandbox.add_parser("doctor", help="show what holds generated code here, and try it")
    doctor.add_argument("--json", action="store_true", help="print one JSON object")
    return parser


def _command(commands: Any, name: str, summary: str, *groups: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=summary, description=_sentence(summary))
    parser.add_argument("--json", action="store_true", help="print exactly one JSON object")
    for group in groups:
        for flag, options in _FLAGS[group]:
            parser.add_argument(flag, **options)
    return parser


_FLAGS: dict[str, tuple[tuple[str, dict[str, Any]], ...]] = {
    "warehouse": (
        (
            "--warehouse",
            {
                "metavar": "duckdb:PATH",
                "help": "a folder of CSV or Parquet files, or a DuckDB file; redshift:serverless/WORKGROUP/DATABASE, "
                "redshift:cluster/CLUSTER/DATABASE, redshift://USER@HOST:PORT/DATABASE",
            },
        ),
        (
            "--schemas",
            {"metavar": "NAMES", "help": "read the tables of these schemas alone: public,sales; attached files too"},
        ),
        ("--clock", {"metavar": "TIME", "help": "what is taken for now, for example 2026-11-21T09:00"}),
    ),
    "store": (
        (
            "--store",
            {"metavar": "PLACE", "help": "where bundles lie: folder:PATH (default folder:results) or s3://BUCKET"},
        ),
    ),
    "model": (
        ("--model", {"help": "offline (default), bedrock/<model id>, recorded:<file>, <provider>/<model>"}),
        ("--record", {"metavar": "FILE", "help": "write the model's replies to a file, to be replayed later"}),
        (
            "--strict",
            {"action": "store_const", "const": True, "help": "fail where a recording no longer fits the prompt"},
        ),
    ),
    "service": (
        ("--api", {"metavar": "URL", "help": "ask the service at this address instead of working here"}),
        (
            "--env",
            {
                "metavar": "NAME",
                "dest": "api",
                "type": lambda name: f"env:{name}",
                "help": "the same, by the name of an environment that is deployed in your AWS account",
            },
        ),
    ),
    "wheels": (
        (
            "--wheels",
            {"metavar": "FOLDER", "help": "a folder of wheels that steps may use beside what is installed"},
        ),
    ),
    "region": (("--region", {"help": "the AWS region of the model, and of the service"}),),
    "budget": tuple(
        (f"--budget-{name}", {"metavar": "N", "help": f"end with a partial answer after {meaning}"})
        for name, meaning in (
            ("steps", "N replies of the model"),
            ("tokens", "N tokens"),
            ("usd", "N US dollars"),
            ("seconds", "N seconds"),
            ("rows", "N rows read"),
        )
    ),
}


def _sentence(summary: str) -> str:
    return f"{summary[0].upper()}{summary[1:]}."


def _complain(error: KaisekiError, as_json: bool) -> None:
    if as_json:
        print(json.dumps(error.as_json(), ensure_ascii=False))
    else:
        hint = f" ({error.hint})" if error.hint else ""
        print(f"kaiseki: {error.message}{hint}", file=sys.stderr)


def _unexpected(error: BaseException) -> KaisekiError:
    """A fault of ours: one line for the user, and the traceback in a file for whoever mends it."""
    with tempfile.NamedTemporaryFile("w", prefix="kaiseki-", suffix=".log", delete=False, encoding="utf-8") as log:
        traceback.print_exc(file=log)
    first = str(error).splitlines()[0] if str(error) else ""
    return KaisekiError(
        f"this should not have happened: {type(error).__name__}{': ' + first if first else ''}",
        hint=f"please report it, with {log.name}",
    )


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt
