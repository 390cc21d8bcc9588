"""What the service adds to a run: the API's function, the way to the task's first call of a model, the entry point.

    .venv/bin/python benchmarks/service.py [--rounds N] [--only PART] [--markdown]

Exits with 1 where a target is missed. `--markdown` writes what was measured into benchmarks/README.md.
"""

import argparse
import contextlib
import io
import os
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "lambda")]

import lambda_api  # noqa: E402
from comparison import Table  # noqa: E402
from conditions import conditions, write_figures  # noqa: E402
from service_entry import entry  # noqa: E402
from service_posts import posts  # noqa: E402


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rounds", type=int, default=9)
    options.add_argument("--only", action="append", choices=tuple(PARTS), help="one part; may be given again")
    options.add_argument("--markdown", action="store_true", help="write the tables into benchmarks/README.md")
    chosen = options.parse_args()
    about = conditions()
    print(about)
    tables = []
    for name, part in PARTS.items():
        if name in (chosen.only or PARTS):
            tables.append(str(part(chosen.rounds)))
            print(f"\n{tables[-1]}", flush=True)
    if chosen.markdown:
        write_figures("figures of the service", about, tables)
    return int(any("**no**" in table for table in tables))


def function(rounds: int) -> Table:
    """Those of lambda_api.py."""
    with contextlib.redirect_stdout(io.StringIO()) as said:
        ratio = lambda_api.report_imports(rounds)
        lambda_api.report_handler(rounds * 5)
    kept = "yes" if ratio <= lambda_api.AT_MOST else "**no**"
    target = f"\nCold import, beside boto3 with one client: {ratio:.2f}, at most {lambda_api.AT_MOST}: {kept}."
    return Table(f"The API's function, cold and warm ({rounds} rounds)", (said.getvalue().strip(), target))


def journey(rounds: int) -> Table:
    from service_journey import journey  # starts Node and an emulator

    return journey(rounds)


PARTS = {"entry": entry, "function": function, "posts": posts, "journey": journey}

if __name__ == "__main__":
    os.chdir(ROOT)
    sys.exit(main())
