"""Names for tables and columns, made from the names of files and the header cells of a CSV."""

import re

MAX_BYTES = 127  # Redshift's limit


def quoted(name: str) -> str:
    """`name` as DuckDB must read it."""
    return '"' + name.replace('"', '""') + '"'


def table_name(stem: str) -> str:
    """An identifier that needs no quotes: lower case, letters of any script, digits and underscores."""
    name = re.sub(r"\W+", "_", stem.lower()).strip("_")
    return _within_limit(f"t_{name}" if not name or name[0].isdigit() else name)


def column_names(header: list[str]) -> list[str]:
    """One distinct name per header cell: lower case as Redshift folds it, `column_3` where the third cell is empty."""
    names: list[str] = []
    for position, cell in enumerate(header, 1):
        plain = " ".join(cell.replace('"', "").split()).lower() or f"column_{position}"
        plain = _within_limit(plain)
        name, count = plain, 1
        while name in names:
            count += 1
            name = f"{plain}_{count}"
        names.append(name)
    return names


def _within_limit(name: str) -> str:
    return name.encode()[:MAX_BYTES].decode(errors="ignore")
