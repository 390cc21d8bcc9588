"""Where the rows of a query lie: in one Parquet file, or, where they are many, in several in a folder of its name."""

import contextlib
import shutil
from pathlib import Path

PARTS = "part-*.parquet"


def data_files(file: Path) -> list[Path]:
    """The files that hold what a warehouse was told to write to `file`, in the order of the rows; [] if none does."""
    return [file] if file.is_file() else sorted(parts_folder(file).glob(PARTS))


def parts_folder(file: Path) -> Path:
    return file.with_suffix("")


def remove_data(file: Path) -> None:
    """Both forms of it."""
    folder = parts_folder(file)
    for each in (file, *folder.glob(PARTS)):
        each.unlink(missing_ok=True)
    with contextlib.suppress(FileNotFoundError):
        folder.rmdir()


def copy_data(file: Path, to: Path) -> None:
    """Whichever form it has. `to` ends in the same name."""
    for each in data_files(file):
        target = to.parent / each.relative_to(file.parent)
        target.parent.mkdir(exist_ok=True)
        shutil.copyfile(each, target)
