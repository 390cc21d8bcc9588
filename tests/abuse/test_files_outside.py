"""Files outside of the session's folder: neither read nor changed, by whatever way one gets to them."""

import contextlib
import os
import pty
import shutil
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import kaiseki_kit
from kaiseki.sandbox.local import LocalSandbox

Attack = Callable[..., Any]  # of conftest.py

# FILE is an absolute path that the code is assumed to know.
READS = {
    "open": "print(open(FILE).read())",
    "os-open": "print(os.read(os.open(FILE, os.O_RDONLY), 100))",
    "relative-path": "print(open(os.path.relpath(FILE)).read())",
    "through-dots-from-its-own-folder": "print(open('outbox/..' + '/..' * 20 + FILE).read())",
    "root-link-in-proc": "print(open('/proc/self/root' + FILE).read())",
    "working-folder-link-in-proc": "os.chdir('/'); print(open('/proc/self/cwd' + FILE).read())",
    "root-link-of-the-supervisor": "print(open(f'/proc/{os.getppid()}/root' + FILE).read())",
    "folder-descriptor": (
        "folder = os.open(os.path.dirname(FILE), os.O_PATH)\n"
        "print(os.read(os.open(os.path.basename(FILE), os.O_RDONLY, dir_fd=folder), 100))"
    ),
    "path-descriptor-reopened": ("held = os.open(FILE, os.O_PATH)\nprint(open(f'/proc/self/fd/{held}').read())"),
    "openat2": (
        "how = (ctypes.c_uint64 * 3)(0, 0, 0)\n"
        "number = call(437, -100, FILE.encode(), how, 24)\n"
        "print(os.read(number, 100))"
    ),
    "file-handle": (
        "handle = ctypes.create_string_buffer(b'\\x80\\0\\0\\0' + bytes(132), 136); mount = ctypes.c_int()\n"
        "call(303, -100, FILE.encode(), handle, ctypes.byref(mount), 0, arm=264)\n"
        "number = call(304, os.open('/', os.O_RDONLY), handle, 0, arm=265)\n"
        "print(os.read(number, 100))"
    ),
    "c-library": (
        "libc.fopen.restype = ctypes.c_void_p\n"
        "held = libc.fopen(FILE.encode(), b'r'); into = ctypes.create_string_buffer(100)\n"
        "libc.fread(into, 1, 100, ctypes.c_void_p(held)); print(into.value)"
    ),
    "memory-map": "import mmap\nwith open(FILE, 'rb') as f: print(mmap.mmap(f.fileno(), 0, prot=1)[:])",
    "sendfile": "os.sendfile(1, os.open(FILE, os.O_RDONLY), 0, 100)",
    "cat": "print(subprocess.check_output(['cat', FILE]))",
    "shell": "print(subprocess.getoutput(f'base64 -w0 < {FILE} | base64 -d'))",
    "python-of-its-own": "subprocess.run([sys.executable, '-IS', '-c', f'print(open({FILE!r}).read())'])",
    "forked-child": "if os.fork() == 0: print(open(FILE).read(), flush=True); os._exit(0)\nos.wait()",
    "thread": "import threading; t = threading.Thread(target=lambda: print(open(FILE).read())); t.start(); t.join()",
    "pandas": "print(pd.read_csv(FILE, header=None).to_string())",
    "numpy": "print(np.fromfile(FILE, 'uint8').tobytes())",
    "numpy-memory-map": "print(bytes(np.memmap(FILE, 'uint8', 'r')))",
    "arrow": "import pyarrow; print(pyarrow.memory_map(FILE).read())",
    "duckdb": "import duckdb; print(duckdb.sql(f\"select content from read_text('{FILE}')\"))",
    "linecache": "import linecache; print(linecache.getlines(FILE))",
    "shown-as-a-source-line": (
        "try: exec(compile('1/0', FILE, 'exec'))\nexcept ZeroDivisionError: import traceback; traceback.print_exc()"
    ),
    "as-the-argument-file-of-a-program": "print(subprocess.getoutput(f'bash {FILE}'))",
    "glibc-error-messages": "os.environ['GCONV_PATH'] = FILE; print(subprocess.getoutput(f'date -f {FILE}'))",
    "copied-to-the-outbox": "import shutil; shutil.copy(FILE, 'outbox/x.txt')",
    "hard-link-in-the-outbox": "os.link(FILE, 'outbox/x.txt')",
    "symbolic-link-in-the-outbox": "os.symlink(FILE, 'outbox/x.txt'); print(open('outbox/x.txt').read())",
    "renamed-into-the-outbox": "os.rename(FILE, 'outbox/x.txt'); os.chmod('outbox/x.txt', 0o644)",
    "opened-as-root-again": "attempt(os.setuid, 0); attempt(os.seteuid, 0); print(open(FILE).read())",
    "chroot-there": "os.chroot(os.path.dirname(FILE)); print(open('/' + os.path.basename(FILE)).read())",
    "modes-first": (
        "for path in (os.path.dirname(FILE), FILE): attempt(os.chmod, path, 0o777)\nprint(open(FILE).read())"
    ),
}
PUBLIC_READS = {name: READS[name] for name in ("open", "root-link-in-proc", "openat2", "cat", "memory-map")}
CHANGES = {
    "overwritten": "open(FILE, 'w').write('changed')",
    "appended": "open(FILE, 'a').write('changed')",
    "cut-by-path": "os.truncate(FILE, 0)",
    "cut-when-opened": "os.open(FILE, os.O_RDONLY | os.O_TRUNC)",
    "removed": "os.unlink(FILE)",
    "renamed-away": "os.rename(FILE, FILE + '.old')",
    "replaced": "open('new', 'w').write('changed'); os.replace('new', FILE)",
    "exchanged": "open('new', 'w').write('x'); call(316, -100, b'new', -100, FILE.encode(), 2, arm=276)",
    "written-through-a-link": "os.symlink(FILE, 'link'); open('link', 'w').write('changed')",
    "written-through-a-hard-link": "os.link(FILE, 'link'); open('link', 'w').write('changed')",
    "written-through-a-memory-map": (
        "import mmap\nwith open(FILE, 'r+b') as f: m = mmap.mmap(f.fileno(), 0); m[:7] = b'changed'; m.flush()"
    ),
    "folder-removed": "import shutil; shutil.rmtree(os.path.dirname(FILE))",
    "shell": "subprocess.run(f'echo changed > {FILE}', shell=True)",
    "holes-punched": "libc.fallocate(os.open(FILE, os.O_RDWR), 3, ctypes.c_long(0), ctypes.c_long(10))",
}
ATTRIBUTES = {
    "mode": "os.chmod(FILE, 0o777)",
    "times": "os.utime(FILE, (1, 1))",
    "extended": "os.setxattr(FILE, 'user.x', b'changed')",
}
# FOLDER is outside of the session's own.
CREATIONS = {
    "file": "open(FOLDER + '/planted', 'w').write('x')",
    "folder": "os.mkdir(FOLDER + '/planted')",
    "symbolic-link": "os.symlink('/etc/passwd', FOLDER + '/planted')",
    "hard-link": "open('mine', 'w').close(); os.link('mine', FOLDER + '/planted')",
    "fifo": "os.mkfifo(FOLDER + '/planted')",
    "unix-socket": "os.mknod(FOLDER + '/planted', 0o140600)",
    "device": "os.mknod(FOLDER + '/planted', 0o20666, os.makedev(1, 5))",
    "nameless-file-that-gets-a-name": (
        "held = os.open(FOLDER, os.O_TMPFILE | os.O_RDWR)\n"
        "call(265, -100, f'/proc/self/fd/{held}'.encode(), -100, (FOLDER + '/planted').encode(), 0x400, arm=37)"
    ),
    "renamed-out-of-its-own-folder": "open('mine', 'w').close(); os.rename('mine', FOLDER + '/planted')",
    "touch": "subprocess.run(['touch', FOLDER + '/planted'])",
    "through-a-link-in-the-outbox": "os.symlink(FOLDER, 'outbox/d'); open('outbox/d/planted', 'w').close()",
    "temporary-file-placed-there": "import tempfile; tempfile.NamedTemporaryFile(dir=FOLDER, delete=False)",
    "bound-socket": "import socket; socket.socket(1).bind(FOLDER + '/planted')",
    "bytecode-cache": "import py_compile; open('m.py', 'w').close(); py_compile.compile('m.py', FOLDER + '/planted')",
}
# Opened for reading or writing only: what that would do to this machine is left undone.
SYSTEM = {
    "kernel-settings": "os.open('/proc/sys/kernel/core_pattern', os.O_WRONLY)",
    "sysrq": "os.open('/proc/sysrq-trigger', os.O_WRONLY)",
    "the-host's-own-settings": "os.open('/etc/passwd', os.O_WRONLY)",
    "password-hashes": "os.open('/etc/shadow', os.O_RDONLY)",
    "physical-memory": "os.open('/dev/mem', os.O_RDONLY)",
    "kernel-log": "os.open('/dev/kmsg', os.O_RDONLY | os.O_NONBLOCK)",
    "disk": (
        "import glob\n"
        "disks = [d for d in glob.glob('/dev/*') if stat.S_ISBLK(os.stat(d).st_mode)]\n"
        "os.open((disks or ['/dev/vda'])[0], os.O_RDONLY)"
    ),
    "virtual-machines": "os.open('/dev/kvm', os.O_RDWR)",
    "network-tunnels": "os.open('/dev/net/tun', os.O_RDWR)",
    "user-file-systems": "os.open('/dev/fuse', os.O_RDWR)",
    "control-groups": (
        "import glob\n"
        "os.open((glob.glob('/sys/fs/cgroup/cgroup.procs') + glob.glob('/sys/fs/cgroup/*/cgroup.procs'))[0], 1)"
    ),
    "a-new-file-of-the-system": (
        "os.open('/etc/planted', os.O_WRONLY | os.O_CREAT | os.O_EXCL); os.unlink('/etc/planted')"
    ),
}


def gone_through(attack: Attack, code: str) -> bool:
    return "gone through" in attack(f"{code}\nprint('gone through')").execution.stdout


@pytest.mark.parametrize("code", READS.values(), ids=READS.keys())
def test_a_private_file_is_not_read(attack: Attack, private_file: Path, canary: str, code: str) -> None:
    assert canary not in attack(code, FILE=str(private_file)).seen


@pytest.mark.parametrize("code", PUBLIC_READS.values(), ids=PUBLIC_READS.keys())
def test_a_file_that_everybody_may_read_is_not_read(
    attack: Attack, public_folder: Path, canary: str, code: str
) -> None:
    file = public_folder / "open.txt"
    file.write_text(canary)
    file.chmod(0o644)
    assert canary not in attack(code, FILE=str(file)).seen


@pytest.mark.parametrize("code", CHANGES.values(), ids=CHANGES.keys())
def test_a_private_file_is_not_changed(attack: Attack, private_file: Path, canary: str, code: str) -> None:
    attack(code, FILE=str(private_file))
    assert private_file.read_text() == canary


@pytest.mark.parametrize("code", ATTRIBUTES.values(), ids=ATTRIBUTES.keys())
def test_the_attributes_of_a_private_file_stay(attack: Attack, private_file: Path, code: str) -> None:
    def attributes() -> tuple[object, ...]:
        about = private_file.stat()
        return about.st_mode, about.st_mtime, os.listxattr(private_file)

    before = attributes()
    attack(code, FILE=str(private_file))
    assert attributes() == before


@pytest.mark.parametrize("code", CREATIONS.values(), ids=CREATIONS.keys())
def test_a_private_folder_stays_empty(attack: Attack, tmp_path: Path, code: str) -> None:
    folder = tmp_path / "private"
    folder.mkdir(mode=0o700)
    attack(code, FOLDER=str(folder))
    assert not any(folder.iterdir())


@pytest.mark.parametrize("code", CREATIONS.values(), ids=CREATIONS.keys())
def test_a_folder_that_everybody_may_write_to_stays_empty(attack: Attack, public_folder: Path, code: str) -> None:
    public_folder.chmod(0o1777)
    attack(code, FOLDER=str(public_folder))
    assert not any(public_folder.iterdir())


@pytest.mark.parametrize("code", SYSTEM.values(), ids=SYSTEM.keys())
def test_files_of_the_system_are_not_opened(attack: Attack, code: str) -> None:
    assert not gone_through(attack, code)


@pytest.mark.parametrize("name", ["kit", "library", "interpreter"])
def test_the_program_itself_cannot_be_written(attack: Attack, name: str) -> None:
    """What later sessions and the host would run."""
    path = {"kit": kaiseki_kit.__file__, "library": contextlib.__file__, "interpreter": shutil.which("python3")}[name]
    assert not gone_through(attack, f"os.open({str(Path(str(path)).resolve())!r}, os.O_WRONLY)")


@pytest.mark.parametrize(
    "way",
    ["open(FILE, 'r+b').write(b'changed')", "os.unlink(FILE)", "os.truncate(FILE, 1)"],
    ids=["written", "removed", "cut"],
)
def test_the_data_of_the_run_stay_as_they_are(attack: Attack, data: Path, way: str) -> None:
    """All sessions read them, and a replay must find them as they were."""
    (file,) = data.iterdir()
    before = file.read_bytes()
    found = "import glob\nFILE = (glob.glob(os.environ['KAISEKI_DATA'] + '/*') or [FILE])[0]\n"
    attack(found + way, FILE=str(file))
    there = file.read_bytes() if file.exists() else b""
    file.write_bytes(before)
    assert there == before


@pytest.fixture
def terminal() -> Iterator[tuple[int, str]]:
    """What the user of the program would see, and the name of their terminal."""
    screen, keyboard = pty.openpty()
    os.set_blocking(screen, False)
    yield screen, os.ttyname(keyboard)
    os.close(screen)
    os.close(keyboard)


@pytest.mark.parametrize(
    "code",
    [
        "os.write(os.open(TERMINAL, os.O_WRONLY | os.O_NOCTTY), b'fooled')",
        "import fcntl; fcntl.ioctl(os.open(TERMINAL, os.O_RDONLY | os.O_NOCTTY), 0x5412, b'x')",
        "import fcntl\n"
        "if os.fork() == 0:\n"
        "    os.setsid(); fcntl.ioctl(os.open(TERMINAL, os.O_RDWR), 0x540E, 1); open('/dev/tty', 'w').write('fooled')\n"
        "os.wait()",
    ],
    ids=["writing", "typing", "taking-it-over"],
)
def test_the_terminal_is_out_of_reach(attack: Attack, terminal: tuple[int, str], code: str) -> None:
    screen, name = terminal
    attack(code, TERMINAL=name)
    with contextlib.suppress(BlockingIOError):
        assert os.read(screen, 100) == b""


def test_a_program_of_root_runs_without_its_rights(attack: Attack, public_folder: Path) -> None:
    program = public_folder / "python"
    shutil.copy(Path("/bin/cat").resolve(), program)
    program.chmod(0o4755)
    secret = public_folder / "shadow"
    secret.write_text("a secret of root")
    secret.chmod(0o600)
    assert stat.S_IMODE(program.stat().st_mode) == 0o4755
    attempt = attack("subprocess.run([PROGRAM, FILE])", PROGRAM=str(program), FILE=str(secret))
    assert "a secret of root" not in attempt.seen


def test_removing_a_session_follows_no_link(sandbox: LocalSandbox, data: Path, private_file: Path, canary: str) -> None:
    """Its folder is removed by somebody with more rights than the code had."""
    before = private_file.stat().st_mode, private_file.parent.stat().st_mode
    code = (
        "import os, shutil\n"
        f"FILE = {str(private_file)!r}\n"
        "os.makedirs('c/d')\n"
        "for name in ('a', 'c/a', 'c/d/a'): os.symlink(os.path.dirname(FILE), name); os.symlink(FILE, name + 'b')\n"
        "shutil.rmtree('outbox'); os.symlink(os.path.dirname(FILE), 'outbox'); print('laid')"
    )
    with sandbox.open(data) as session:
        assert session.execute(code, 1, 60).stdout == "laid\n"
        folder = Path(session.execute("print(os.getcwd())", 2, 60).stdout.strip())
    assert not folder.exists()
    assert private_file.read_text() == canary
    assert (private_file.stat().st_mode, private_file.parent.stat().st_mode) == before
