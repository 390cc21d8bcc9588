"""Credentials of the program: in its environment, its memory, its open files, its arguments' neighbours, its home."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from secrets import token_hex

import pytest

SECRET = token_hex(16)
# The code may know how the secret begins, but not the secret.
CANARY = f"begins-{SECRET}"
PROGRAM = """
import json, os, sys
from datetime import UTC, datetime
from pathlib import Path
from kaiseki.sandbox.local import LocalSandbox

kept = [os.environ["AWS_SECRET_ACCESS_KEY"] + "-in-memory", open(sys.argv[1])]
os.set_inheritable(kept[1].fileno(), True)
with LocalSandbox(clock=datetime(2026, 11, 21, tzinfo=UTC), preload=()) as sandbox:
    bystander = sandbox.open(Path(sys.argv[2]))
    bystander.execute("x = 42", 1, 60)
    print("ready", flush=True)
    for line in sys.stdin:
        with sandbox.open(Path(sys.argv[2])) as session:
            shown = session.execute(json.loads(line), 1, 60).model_dump_json()
        print(json.dumps([shown, bystander.execute("print(x)", 2, 60).stdout]), flush=True)
"""
# Finds the rest of a string that begins as the secret does, without containing it.
SCAN = """
import re
def scan(blob):
    for rest in re.findall(b'begins' + b'-([0-9a-f]{32})', blob): print(rest.decode())
"""
ENVIRONMENT = {
    "its-own-environment": "import os; print(dict(os.environ))",
    "its-own-environment-in-proc": "print(open('/proc/self/environ', 'rb').read())",
    "the-environment-of-the-c-library": (
        "import ctypes\n"
        "strings = ctypes.POINTER(ctypes.c_char_p).in_dll(ctypes.CDLL(None), 'environ')\n"
        "n = 0\n"
        "while strings[n]: print(strings[n]); n += 1"
    ),
    "a-child-that-prints-its-environment": "import subprocess; print(subprocess.check_output(['env']))",
    "the-supervisor-in-proc": "import os; print(open(f'/proc/{os.getppid()}/environ', 'rb').read())",
    "the-program-in-proc": "print(open(f'/proc/{HOST}/environ', 'rb').read())",
    "a-thread-of-the-program-in-proc": "print(open(f'/proc/{HOST}/task/{HOST}/environ', 'rb').read())",
    "the-program-by-a-shell": "import subprocess; print(subprocess.getoutput(f'cat /proc/{HOST}/environ'))",
    "every-process-in-proc": (
        "import glob\n"
        "for path in glob.glob('/proc/[0-9]*/environ'):\n"
        "    try: scan(open(path, 'rb').read())\n"
        "    except OSError: pass"
    ),
    "every-ancestor-in-proc": (
        "import os\n"
        "pid = os.getpid()\n"
        "while pid > 1:\n"
        "    try: scan(open(f'/proc/{pid}/environ', 'rb').read())\n"
        "    except OSError: pass\n"
        "    pid = int(open(f'/proc/{pid}/stat').read().rpartition(')')[2].split()[1])"
    ),
    "ps-with-environments": "import subprocess; print(subprocess.getoutput('ps auxeww'))",
    "the-default-chain-of-boto3": (
        "import os\n"
        "os.environ['AWS_EC2_METADATA_DISABLED'] = 'true'\n"
        "import boto3\n"
        "print(boto3.Session().get_credentials().secret_key)"
    ),
}
MEMORY = {
    "its-own-memory": (
        "for line in open('/proc/self/maps'):\n"
        "    area, mode = line.split()[:2]\n"
        "    start, end = (int(x, 16) for x in area.split('-'))\n"
        "    if mode[0] == 'r' and end - start < 1 << 28 and '[v' not in line:\n"
        "        with open('/proc/self/mem', 'rb', 0) as memory:\n"
        "            memory.seek(start)\n"
        "            try: scan(memory.read(end - start))\n"
        "            except OSError: pass"
    ),
    "the-memory-of-the-program": (
        "for line in open(f'/proc/{HOST}/maps'):\n"
        "    area, mode = line.split()[:2]\n"
        "    start, end = (int(x, 16) for x in area.split('-'))\n"
        "    if mode == 'rw-p' and end - start < 1 << 26:\n"
        "        with open(f'/proc/{HOST}/mem', 'rb', 0) as memory:\n"
        "            memory.seek(start)\n"
        "            try: scan(memory.read(end - start))\n"
        "            except OSError: pass"
    ),
    "the-memory-of-every-ancestor": (
        "import os\n"
        "pid = os.getppid()\n"
        "while pid > 1:\n"
        "    try:\n"
        "        for line in open(f'/proc/{pid}/maps'):\n"
        "            start, end = (int(x, 16) for x in line.split()[0].split('-'))\n"
        "            if ' rw-p ' in line and end - start < 1 << 26:\n"
        "                memory = open(f'/proc/{pid}/mem', 'rb', 0); memory.seek(start)\n"
        "                scan(memory.read(end - start))\n"
        "    except OSError: pass\n"
        "    pid = int(open(f'/proc/{pid}/stat').read().rpartition(')')[2].split()[1])"
    ),
    "strings-among-all-objects": (
        "import gc\n"
        "for thing in gc.get_objects():\n"
        "    if isinstance(thing, dict):\n"
        "        for value in list(thing.values()):\n"
        "            if isinstance(value, str): scan(value.encode('utf-8', 'replace'))"
    ),
    "inherited-files": (
        "import os\n"
        "for number in range(512):\n"
        "    try: os.set_blocking(number, False); os.lseek(number, 0, 0); scan(os.read(number, 4096))\n"
        "    except OSError: pass"
    ),
    "open-files-of-the-program": (
        "import os\n"
        "for name in os.listdir(f'/proc/{HOST}/fd'):\n"
        "    try: scan(os.read(os.open(f'/proc/{HOST}/fd/{name}', os.O_RDONLY | os.O_NONBLOCK), 4096))\n"
        "    except OSError: pass"
    ),
}
FILES = {
    "the-home-of-the-program": "print(open(HOME + '/.aws/credentials').read())",
    "boto3-told-where-they-are": (
        "import os\n"
        "os.environ['AWS_SHARED_CREDENTIALS_FILE'] = HOME + '/.aws/credentials'\n"
        "os.environ['AWS_EC2_METADATA_DISABLED'] = 'true'\n"
        "import boto3\n"
        "print(boto3.Session().get_credentials().secret_key)"
    ),
    "a-search-through-all-homes": (
        "import glob, os, pwd\n"
        "for home in [HOME, *(user.pw_dir for user in pwd.getpwall())]:\n"
        "    for path in glob.glob(home + '/.aws/*'):\n"
        "        try: scan(open(path, 'rb').read())\n"
        "        except OSError: pass"
    ),
}


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], str]]:
    """A host with credentials in its environment, as it is started in earnest. Gives what an attack showed."""
    home = tmp_path_factory.mktemp("home")
    (home / ".aws").mkdir(mode=0o700)
    credentials = home / ".aws" / "credentials"
    credentials.write_text(f"[default]\naws_access_key_id = A\naws_secret_access_key = {CANARY}\n")
    credentials.chmod(0o600)
    environment = os.environ | {
        "HOME": str(home),
        "AWS_ACCESS_KEY_ID": CANARY,
        "AWS_SECRET_ACCESS_KEY": CANARY,
        "AWS_SESSION_TOKEN": CANARY,
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": f"/v2/credentials/{CANARY}",
    }
    command = [sys.executable, "-c", PROGRAM, str(credentials), str(tmp_path_factory.mktemp("data"))]
    host = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert host.stdin is not None
    assert host.stdout is not None
    assert host.stdout.readline() == "ready\n"
    known = f"HOST = {host.pid}\nHOME = {str(home)!r}\n{SCAN}"

    def steal(code: str) -> str:
        host.stdin.write(json.dumps(known + code) + "\n")  # type: ignore[union-attr]
        host.stdin.flush()  # type: ignore[union-attr]
        shown, kept = json.loads(host.stdout.readline())  # type: ignore[union-attr]
        assert kept == "42\n", "a bystander lost its state"
        assert isinstance(shown, str)
        return shown

    yield steal
    host.stdin.close()
    assert host.wait(60) == 0


@pytest.mark.parametrize("code", ENVIRONMENT.values(), ids=ENVIRONMENT.keys())
def test_credentials_of_the_environment_are_not_read(program: Callable[[str], str], code: str) -> None:
    assert SECRET not in program(code)


@pytest.mark.parametrize("code", MEMORY.values(), ids=MEMORY.keys())
def test_credentials_in_memory_and_open_files_are_not_read(program: Callable[[str], str], code: str) -> None:
    assert SECRET not in program(code)


@pytest.mark.parametrize("code", FILES.values(), ids=FILES.keys())
def test_credentials_of_files_are_not_read(program: Callable[[str], str], code: str) -> None:
    assert SECRET not in program(code)
