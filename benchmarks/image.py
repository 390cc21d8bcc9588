"""What `sandbox.py --only boot` prints inside of the image, started as ECS starts it.

.venv/bin/python benchmarks/image.py [--engine podman] [--image kaiseki] [--rounds 15] [--engine-option=...]
"""

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

_CAPABILITIES = ("SETUID", "SETGID", "KILL")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", default=next(filter(shutil.which, ("docker", "podman")), "docker"))
    parser.add_argument("--image", default="kaiseki")
    parser.add_argument("--rounds", default="15")
    parser.add_argument("--engine-option", action="append", default=[], help="for `run`; may be given several times")
    options = parser.parse_args()
    command = [options.engine, "run", "--rm", "--read-only", "--tmpfs", "/tmp:mode=1777", "--network", "none"]
    command += ["--cap-drop", "all", *(word for name in _CAPABILITIES for word in ("--cap-add", name))]
    command += ["--volume", f"{Path(__file__).parent}:/benchmarks:ro", *options.engine_option]
    command += ["--entrypoint", "/opt/venv/bin/python", options.image, "-P", "-s"]
    program = "import sys; sys.path.insert(0, '/benchmarks'); import sandbox; sandbox.main()"
    return subprocess.run(
        [*command, "-c", program, "--only", "boot", "--rounds", options.rounds], check=False
    ).returncode


if __name__ == "__main__":
    sys.exit(main())
