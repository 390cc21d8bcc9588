"""python -m infra.checks FOLDER: writes the templates there; ends with 1, after saying what, if something is wrong."""

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from infra.checks.programs import programs_of, refused
from infra.checks.synthesis import synthesize
from infra.environments import ENVIRONMENTS


def main(folder: Path) -> int:
    shutil.rmtree(folder, ignore_errors=True)
    try:
        synthesize(folder)
    except RuntimeError as error:
        print(str(error).splitlines()[0], file=sys.stderr)
        return 1
    lacking = list(_lacking(folder))
    print("\n".join(lacking), end="\n" if lacking else "", file=sys.stderr)
    return 1 if lacking else 0


def _lacking(folder: Path) -> Iterator[str]:
    for environment in ENVIRONMENTS:
        (path,) = (folder / f"assembly-{environment.name}").glob("*.template.json")
        template = json.loads(path.read_text(encoding="utf-8"))
        for program in programs_of(environment):
            for request in refused(program, environment, template):
                yield f"{environment.name}: {program.role} is not allowed {request}, which its code calls"


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
