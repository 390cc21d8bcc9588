"""The files of a company's knowledge in a folder; what they say is for others to read."""

from pathlib import Path

from kaiseki.errors import InputError

ENDINGS = (".yaml", ".yml")
_MOST_FILES = 200


def read_folder(folder: Path) -> dict[str, str]:
    """Name, with the folder's own, -> text of each YAML file in `folder`. Raises InputError."""
    if not folder.is_dir():
        raise InputError(f"there is no folder {folder} with knowledge", hint="mend the setting KAISEKI_KNOWLEDGE")
    files = sorted(path for path in folder.iterdir() if path.suffix in ENDINGS and path.is_file())
    require_few(len(files), str(folder))
    try:
        return {f"{folder.name}/{path.name}": path.read_text(encoding="utf-8-sig") for path in files}
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"the knowledge in {folder} cannot be read: {error}", hint="save its files as UTF-8") from None


def require_few(count: int, place: str) -> None:
    if count > _MOST_FILES:
        raise InputError(f"{place} has {count:,} files of knowledge, at most {_MOST_FILES} are read", "join some")
