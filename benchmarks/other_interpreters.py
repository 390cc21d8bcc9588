"""Other programs that run generated code, each started as its documentation shows."""

import logging
import os
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from comparison import Place

Execute = Callable[[str], object]
_ENVIRONMENT = Path(__file__).with_name(".venv")
_REQUIREMENTS = Path(__file__).with_name("requirements.txt")


def install() -> str:
    """What is not in the project's lock goes into an environment of the benchmark's own. Returns why it cannot."""
    uv = Path(sys.executable).with_name("uv")
    python = _ENVIRONMENT / "bin/python"
    for command in (
        (uv, "venv", "--quiet", "--allow-existing", "--python", sys.executable, _ENVIRONMENT),
        (uv, "pip", "install", "--quiet", "--python", python, "--requirement", _REQUIREMENTS),
    ):
        try:
            subprocess.run(list(map(str, command)), check=True, capture_output=True, text=True)
        except OSError as error:
            return f"{_REQUIREMENTS.name} cannot be installed: {error}"
        except subprocess.CalledProcessError as error:
            return f"{_REQUIREMENTS.name} cannot be installed: {error.stderr.strip().splitlines()[0]}"
    # Behind the project's own packages: of what both have, the project's is taken.
    sys.path.append(sysconfig.get_path("purelib", vars={"base": str(_ENVIRONMENT)}))
    os.environ["PATH"] = os.pathsep.join((str(_ENVIRONMENT / "bin"), os.environ["PATH"]))
    return ""


@contextmanager
def ipykernel() -> Iterator[Execute]:
    from jupyter_client.manager import start_new_kernel

    logging.disable(logging.WARNING)
    manager, client = start_new_kernel(stderr=subprocess.DEVNULL)

    def execute(code: str) -> None:
        reply = client.execute_interactive(code, output_hook=lambda _: None)
        if reply["content"]["status"] != "ok":
            raise RuntimeError(reply["content"]["evalue"])

    try:
        yield execute
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


@contextmanager
def dspy_local_interpreter() -> Iterator[Execute]:
    from dspy.primitives.local_interpreter import LocalInterpreter

    with LocalInterpreter() as interpreter:
        yield interpreter.execute


@contextmanager
def dspy_python_interpreter() -> Iterator[Execute]:
    from dspy.primitives import PythonInterpreter

    with PythonInterpreter() as interpreter:
        yield interpreter.execute


@contextmanager
def smolagents_local_executor() -> Iterator[Execute]:
    from smolagents.local_python_executor import LocalPythonExecutor  # type: ignore[import-not-found,unused-ignore]

    executor = LocalPythonExecutor(additional_authorized_imports=["pandas"])
    executor.send_tools({})
    yield executor


PLACES: dict[str, Place] = {
    "ipykernel": ipykernel,
    "DSPy LocalInterpreter (a process, not confined)": dspy_local_interpreter,
    "DSPy PythonInterpreter (Deno and Pyodide)": dspy_python_interpreter,
    "smolagents local executor (no process of its own)": smolagents_local_executor,
}
