"""What lies in the outbox when the host collects: no names, links, kinds or sizes that lead it astray, nothing run."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kaiseki.sandbox.limits import Limits

Attack = Callable[..., Any]  # of conftest.py

# Each is tried in the outbox; PRIVATE is a file that the host may read and the code may not.
LINKS = {
    "symlink": "os.symlink(PRIVATE, 'x.csv')",
    "symlink-in-a-folder": "os.mkdir('tables'); os.symlink(PRIVATE, 'tables/x.csv')",
    "symlink-to-a-symlink": "os.symlink(PRIVATE, '../hop'); os.symlink('../hop', 'x.csv')",
    "symlink-to-the-folder": "os.symlink(os.path.dirname(PRIVATE), 'tables')",
    "symlink-upwards": "os.symlink('../' * 20 + PRIVATE, 'x.csv')",
    "symlink-to-the-root": "os.symlink('/', 'root')",
    "symlink-to-files-of-the-host-in-proc": f"os.symlink('/proc/{os.getpid()}/environ', 'x.csv')",
    "symlink-to-the-readers-own-files": "os.symlink('/proc/self/environ', 'x.csv'); os.symlink('/proc/self/fd', 'fd')",
    "symlink-to-its-root-in-proc": "os.symlink('/proc/self/root', 'root')",
    "hard-link": "os.link(PRIVATE, 'x.csv')",
    "hard-link-to-a-symlink": "os.symlink(PRIVATE, '../s'); os.link('../s', 'x.csv', follow_symlinks=False)",
    "hard-link-through-a-descriptor": "os.link(f'/proc/self/fd/{os.open(PRIVATE, os.O_PATH)}', 'x.csv')",
    "a-moved-file": "os.rename(PRIVATE, 'x.csv')",
    "a-symlink-with-two-names": "os.symlink(PRIVATE, 'x.csv'); os.link('x.csv', 'y.csv', follow_symlinks=False)",
}


@pytest.mark.parametrize("code", LINKS.values(), ids=LINKS.keys())
def test_no_link_leads_the_collector_elsewhere(attack: Attack, private_file: Path, canary: str, code: str) -> None:
    attempt = attack(f"os.chdir('outbox')\nattempt(lambda: exec({code!r}, globals()))", PRIVATE=str(private_file))
    assert canary not in attempt.seen
    assert "PATH=" not in attempt.seen
    assert private_file.read_text() == canary


KINDS = {
    "fifo": "os.mkfifo('x.csv')",
    "fifo-in-a-folder": "os.makedirs('a/b'); os.mkfifo('a/b/x.csv')",
    "socket": "os.mknod('x.csv', stat.S_IFSOCK | 0o600)",
    "device-null": "os.mknod('x.csv', stat.S_IFCHR | 0o666, os.makedev(1, 3))",
    "device-zero": "os.mknod('x.csv', stat.S_IFCHR | 0o666, os.makedev(1, 5))",
    "device-disk": "os.mknod('x.csv', stat.S_IFBLK | 0o666, os.makedev(254, 0))",
    "symlink-to-a-device": "os.symlink('/dev/zero', 'x.csv')",
    "symlink-to-a-fifo": "os.mkfifo('../p'); os.symlink('../p', 'x.csv')",
    "symlink-to-the-terminal": "os.symlink('/dev/tty', 'x.csv')",
    "loop": "os.symlink('x.csv', 'x.csv')",
    "loop-of-folders": "os.mkdir('a'); os.symlink('..', 'a/up')",
    "unreadable": "open('x.csv', 'w').write('x'); os.chmod('x.csv', 0)",
    "unreadable-folder": "os.mkdir('a'); open('a/x.csv', 'w').close(); os.chmod('a', 0)",
}


@pytest.mark.parametrize("code", KINDS.values(), ids=KINDS.keys())
def test_what_is_no_file_holds_the_collector_up_no_moment(session: Any, tmp_path: Path, code: str) -> None:
    session.execute(f"import os, stat\nos.chdir('outbox')\nopen('zz.csv', 'w').write('good')\n{code}", 1, 60)
    session.collect(tmp_path / "into")
    assert (tmp_path / "into" / "zz.csv").read_text() == "good"
    for path in (tmp_path / "into").rglob("*"):
        assert path.is_dir() or path.is_file()
        assert not path.is_symlink()


NAMES = (
    "..", ".", "...", "..x", "-rf", "--help", "~", "~root", "$HOME", "$(id)", "`id`", "a;b", "a|b", "a b", "a\tb",
    "a\nb", "a\rb", "a\x1b[31mb", "a\\b", "..\\..\\x", "C:x", "con", "a:b", "a*", "a?", "<b>", "&amp;", "'", '"',
    "%2e%2e", "%00", ".part-x", ".git", ".ssh", "\u202etxt.exe", "\u200bx", "ｘ．csv", "é.csv", "e\u0301.csv",
    "\udcff.csv", "x" * 200, "x" * 255, "a/../../x", "=cmd", "@x", "+x", "x.", "x ",
)  # fmt: skip


def test_odd_names_are_left_or_taken_within_the_folder(session: Any, tmp_path: Path) -> None:
    code = (
        "import os\nos.chdir('outbox')\nfor n, name in enumerate(NAMES):\n"
        "    for make in (lambda: open(name, 'w').write('odd'), lambda: os.mkdir(name), "
        "lambda: open(os.path.join(name, 'inner.csv'), 'w').write('odd')):\n"
        "        try: make()\n"
        "        except (OSError, ValueError): pass\n"
    )
    session.execute(f"NAMES = {NAMES!a}\n{code}", 1, 60)
    into = tmp_path / "deep" / "into"
    taken = session.collect(into)
    assert all(set(name) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/") for name in taken)
    assert all(not part.startswith(("-", ".")) for name in taken for part in name.split("/"))
    assert all((into / name).resolve().is_relative_to(into.resolve()) for name in taken)
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["into"]
    for refused in session.refused:
        refused.path.encode()


SIZES = {
    "huge": "for n in range(4): open(f'x{n}.csv', 'wb').write(b'x' * 6_000_000)",
    "sparse": "open('x.csv', 'wb').truncate(19_000_000)",
    "many-that-fit-alone": "for n in range(9): open(f'x{n}.csv', 'wb').write(b'x' * 1_200_000)",
    "thousands": "for n in range(1_500): open(f'x{n}.csv', 'w').write('x')",
    "thousands-in-folders": (
        "for n in range(40):\n    os.mkdir(f'd{n}')\n    for m in range(30): open(f'd{n}/x{m}', 'w').write('x')"
    ),
    "deep": "for n in range(200): os.mkdir('d'); os.chdir('d'); open('x.csv', 'w').write('x')",
    "compressed-a-thousand-times": (
        "import gzip\nopen('x.csv.gz', 'wb').write(gzip.compress(bytes(400_000_000 // 20), 9) * 20)"
    ),
    "parquet-of-one-value": "pd.DataFrame({'a': np.zeros(5_000_000)}).to_parquet('x.parquet')",
    "growing": (
        "import threading\n"
        "def grow():\n"
        "    with open('x.csv', 'ab', 0) as f:\n"
        "        for _ in range(180): f.write(b'x' * 100_000)\n"
        "threading.Thread(target=grow).start()"
    ),
}


@pytest.mark.parametrize("code", SIZES.values(), ids=SIZES.keys())
def test_no_more_is_taken_than_allowed(session: Any, tmp_path: Path, limits: Limits, code: str) -> None:
    session.execute(f"import os\nos.chdir('outbox')\n{code}", 1, 60)
    session.collect(tmp_path / "into")
    files = [path for path in (tmp_path / "into").rglob("*") if path.is_file()]
    assert len(files) <= limits.artifacts
    assert sum(path.stat().st_size for path in files) <= limits.artifact_bytes


# Whoever unpickles one of these touches the file MARK.
PICKLES = {
    "model": (
        "fact('x', 1); os.makedirs('models/m', exist_ok=True); pickle.dump(Bomb(), open('models/m/model.pkl', 'wb'))"
    ),
    "joblib": "import joblib; os.makedirs('models/m', exist_ok=True); joblib.dump(Bomb(), 'models/m/model.joblib')",
    "numpy": "np.save('x.npy', np.array([Bomb()], dtype=object), allow_pickle=True)",
    "frame": "pd.Series([1]).to_pickle('y.pkl'); pickle.dump(Bomb(), open('tables.pkl', 'wb'))",
    "as-a-table": "os.makedirs('tables', exist_ok=True); pickle.dump(Bomb(), open('tables/x.csv', 'wb'))",
    "as-the-records": "pickle.dump(Bomb(), open('records.jsonl', 'ab'))",
    "module": (
        "open('kaiseki_kit.py', 'w').write(f'open({MARK!r}, \"w\")'); "
        "open('sitecustomize.py', 'w').write(f'open({MARK!r}, \"w\")')"
    ),
    "path-file": "open('x.pth', 'w').write(f'import os; open({MARK!r}, \"w\")')",
    "test-settings": "open('conftest.py', 'w').write(f'open({MARK!r}, \"w\")')",
    "error": "class E(Exception):\n    def __reduce__(self): return Bomb().__reduce__()\nraise E",
    "exit-code": "raise SystemExit(Bomb())",
    "value-of-a-fact": "fact('x', Bomb())",
    "on-the-wire": "body = pickle.dumps(Bomb()); os.write(4, len(body).to_bytes(4, 'big') + body)",
}


@pytest.mark.parametrize("code", PICKLES.values(), ids=PICKLES.keys())
def test_the_host_runs_nothing_of_what_it_collects(session: Any, tmp_path: Path, code: str) -> None:
    mark = tmp_path / "mark"
    bomb = "class Bomb:\n    def __reduce__(self): return open, (MARK, 'w')\n"
    session.execute(f"import os, pickle\nMARK = {str(mark)!r}\n{bomb}os.chdir('outbox')\n{code}", 1, 60)
    session.collect(tmp_path / "into")
    session.execute("1", 2, 60)
    assert not mark.exists()


SWAPS = {
    "file-for-a-symlink": "os.replace('a', 'x.csv') if n % 2 else (os.symlink(PRIVATE, 'b'), os.replace('b', 'x.csv'))",
    "folder-for-a-symlink": (
        "os.rename('d', 'e'), os.symlink(os.path.dirname(PRIVATE), 'd'), os.unlink('d'), os.rename('e', 'd')"
    ),
    "outbox-for-a-symlink": (
        "os.rename('../outbox', '../o'), os.symlink(os.path.dirname(PRIVATE), '../outbox'), "
        "os.unlink('../outbox'), os.rename('../o', '../outbox')"
    ),
}


@pytest.mark.parametrize("code", SWAPS.values(), ids=SWAPS.keys())
def test_what_changes_while_it_is_collected_leads_nowhere(
    session: Any, tmp_path: Path, private_file: Path, canary: str, code: str
) -> None:
    swap = (
        "import os, threading, time\nos.chdir('outbox'); os.mkdir('d'); open('d/secret.txt', 'w').close()\n"
        "def swap():\n"
        "    n, until = 0, time.monotonic() + 3\n"
        "    while time.monotonic() < until:\n"
        "        n += 1\n"
        "        try: open('a', 'w').close(); " + code + "\n"
        "        except OSError: pass\n"
        "threading.Thread(target=swap, daemon=True).start()"
    )
    session.execute(f"PRIVATE = {str(private_file)!r}\n{swap}", 1, 60)
    for number in range(60):
        into = tmp_path / f"into-{number}"
        session.collect(into)
        assert not any(canary in path.read_text() for path in into.rglob("*") if path.is_file())
    assert private_file.read_text() == canary
