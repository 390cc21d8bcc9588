"""How long generated code waits for its sandbox, beside other ways to run it.

make bench-sandbox                                           (or: .venv/bin/python benchmarks/sandbox.py)
.venv/bin/python benchmarks/sandbox.py --markdown            writes the tables into benchmarks/README.md
.venv/bin/python benchmarks/sandbox.py --only boot
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from boot import boot
from comparison import Contender, Place, Start, Table, Target, compare, fresh, warm
from conditions import conditions, write_figures
from sessions import Sessions, bare_exec, plain_python

from kaiseki.sandbox.local import LocalSandbox

_HELLO = "print('hello world')"
_FRAME = (
    "import pandas as pd\nframe = pd.read_csv({path!r})\nprint(frame.describe())\nprint(frame['kind'].value_counts())"
)
_ROWS = 300_000
_PLAIN = "plain python -c"
_ZYGOTE_IMPORTS_SECONDS = 8.0
_PARTS = ("boot", "fresh", "warm", "frame", "memory")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--only", choices=_PARTS, help="one part of the measurements")
    parser.add_argument("--markdown", action="store_true", help="write the tables into README.md too")
    options = parser.parse_args()
    about = conditions()
    tables = []
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        for part in (options.only,) if options.only else _PARTS:
            for table in _measure(part, Path(folder), options.rounds):
                print(table, end="\n\n", flush=True)
                tables.append(table)
    if options.markdown:
        write_figures("figures", about, tables)


def _measure(part: str, data: Path, rounds: int) -> Iterator[Table]:
    if part == "boot":
        yield boot(data, rounds)
        return
    with LocalSandbox(datetime.now(UTC)) as sandbox:
        sandbox.open(data).close()
        time.sleep(_ZYGOTE_IMPORTS_SECONDS)
        sessions = Sessions(sandbox, data)
        match part:
            case "fresh":
                yield _fresh(sessions, rounds)
            case "warm":
                yield _warm(sessions)
            case "frame":
                yield _frame(sessions, data, rounds)
            case "memory":
                from memory import side_by_side

                yield side_by_side(sandbox, data)


def _others(start: Callable[[Place], Start]) -> list[Contender]:
    import other_interpreters

    if why_not := other_interpreters.install():
        print(why_not)
    return [Contender(name, start(place), may_be_missing=True) for name, place in other_interpreters.PLACES.items()]


def _fresh(sessions: Sessions, rounds: int) -> Table:
    pause = sessions.TO_MAKE_ONE_AHEAD
    contenders = (
        Contender(_PLAIN, fresh(plain_python, pause)),
        Contender("fresh session", fresh(sessions.open, pause), Target(_PLAIN, milliseconds=10)),
        Contender("fresh session, when none was made ahead", sessions.forked_at_once, Target(_PLAIN, milliseconds=10)),
        Contender("closing a session", sessions.closing),
        *_others(lambda place: fresh(place, pause)),
    )
    return compare("Fresh to first result, `print('hello world')`", contenders, _HELLO, rounds)


def _warm(sessions: Sessions) -> Table:
    bare = "bare exec in this process"
    contenders = (
        Contender(bare, warm(bare_exec)),
        Contender("warm session", warm(sessions.open), Target(bare, milliseconds=1)),
        *_others(warm),
    )
    return compare("Warm, `x = 1`", contenders, "x = 1", 200)


def _frame(sessions: Sessions, data: Path, rounds: int) -> Table:
    import numpy as np
    import pandas as pd

    path = data / "rows.csv"
    rng = np.random.default_rng(0)
    numbers = {name: rng.normal(size=_ROWS) for name in ("x", "y", "z")}
    pd.DataFrame({"kind": rng.choice(list("abcdef"), _ROWS), **numbers}).to_csv(path, index=False)
    path.chmod(0o644)
    contenders = (
        Contender(_PLAIN, fresh(plain_python, sessions.TO_MAKE_ONE_AHEAD)),
        Contender("fresh session", fresh(sessions.open, sessions.TO_MAKE_ONE_AHEAD), Target(_PLAIN, 0.7)),
        *_others(warm),
        Contender("warm session", warm(sessions.open), Target("ipykernel")),
    )
    title = f"{_ROWS:,} x 4 CSV: read, describe, value_counts; a fresh Python and session, then warm ones"
    return compare(title, contenders, _FRAME.format(path=str(path)), rounds)


if __name__ == "__main__":
    main()
