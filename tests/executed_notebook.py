"""Executes a notebook in a kernel of its own, also as a program: `executed_notebook.py NOTEBOOK RESULT`."""

import os
import sys
import tempfile
from pathlib import Path
from unittest.mock import patch

import nbformat
from nbclient import NotebookClient
from traitlets.config import Config


def execute(notebook: nbformat.NotebookNode, folder: Path) -> None:
    """In `folder`. Its sockets are files: a port that was free may be taken a moment later."""
    config = Config({"ConnectionFileMixin": {"transport": "ipc"}})
    where = {"metadata": {"path": str(folder)}}
    with (
        tempfile.TemporaryDirectory() as sockets,  # pytest's own paths are too long for one
        patch.dict(os.environ, {"JUPYTER_RUNTIME_DIR": sockets}),
    ):
        NotebookClient(notebook, timeout=100, kernel_name="python3", resources=where, config=config).execute()


if __name__ == "__main__":
    read = nbformat.read(sys.argv[1], as_version=4)
    execute(read, Path.cwd())
    nbformat.write(read, sys.argv[2])
