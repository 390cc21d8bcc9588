"""Who runs as whom in a running container, and what each holds."""

import json
import subprocess
from pathlib import Path

import pytest

CANARY = "canary-6f1d2c"
CREDENTIALS = [f"--env=AWS_SECRET_ACCESS_KEY={CANARY}", f"--env=AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=/{CANARY}"]
PROGRAM_USER = 10001
SLEEP = "import time\ntime.sleep(900)"
HEALTHY = ("/opt/venv/bin/python", "-I", "/opt/entrypoint.py", "--healthy")
# Every process but the one that looks: its users (real, effective, saved), its capabilities, who owns its environment,
# and what this is, if it can be read.
LOOK = """
import json, os, time
from pathlib import Path
def field(status, name): return status.split(name + ":")[1].split("\\n")[0].split()
def look():
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal() or int(entry.name) == os.getpid(): continue
        try:
            status = (entry / "status").read_text()
            try: environment = (entry / "environ").read_bytes().decode()
            except OSError: environment = None
            found.append(dict(
                pid=int(entry.name), users=sorted(set(map(int, field(status, "Uid")[:3]))),
                groups=field(status, "Groups"), gid=int(field(status, "Gid")[0]),
                capabilities=int(field(status, "CapEff")[0], 16),
                no_new_privileges=field(status, "NoNewPrivs") == ["1"], seccomp=field(status, "Seccomp")[0],
                owner=(entry / "environ").stat().st_uid, parent=int(field(status, "PPid")[0]), environment=environment))
        except OSError: continue
    return found
def sessions_run(found):  # and none is only on its way into its bounds
    sessions = [process for process in found if max(process["users"]) > 10001]
    return bool(sessions) and all(process["seccomp"] == "2" for process in sessions)
until = time.monotonic() + 200
found = look()
while not sessions_run(found) and time.monotonic() < until:
    time.sleep(0.1)
    found = look()
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def processes(engine, tmp_path_factory: pytest.TempPathFactory) -> list[dict]:
    container = engine.start(SLEEP, tmp_path_factory.mktemp("step"), *CREDENTIALS)
    looked = container.execute("/opt/venv/bin/python", "-c", LOOK)
    assert looked.returncode == 0, looked.stderr
    return json.loads(looked.stdout)


def of(processes: list[dict], user: int) -> list[dict]:
    return [process for process in processes if user in process["users"]]


def sessions(processes: list[dict]) -> list[dict]:
    return [process for process in processes if max(process["users"]) > PROGRAM_USER]


def test_the_program_is_one_ordinary_user_without_capabilities(processes: list[dict]) -> None:
    (program,) = of(processes, PROGRAM_USER)

    assert program["users"] == [PROGRAM_USER]
    assert program["gid"] == PROGRAM_USER
    assert program["groups"] == []
    assert program["capabilities"] == 0
    assert program["no_new_privileges"]


def test_the_program_is_closed_to_other_processes_of_its_user(processes: list[dict]) -> None:
    (program,) = of(processes, PROGRAM_USER)

    assert program["owner"] == 0  # what the kernel shows of a process that may not be read


def test_a_session_has_a_user_of_its_own_and_nothing_else(processes: list[dict]) -> None:
    for session in sessions(processes):
        assert len(session["users"]) == 1
        assert session["capabilities"] == 0
        assert session["no_new_privileges"]
        assert session["seccomp"] == "2"
    assert sessions(processes)


def test_what_is_root_has_three_capabilities_at_most(processes: list[dict]) -> None:
    three = 1 << 5 | 1 << 6 | 1 << 7

    for process in of(processes, 0):
        assert process["capabilities"] & ~three == 0
    assert len(of(processes, 0)) >= 3  # the entry point, the broker, the zygote


def test_credentials_are_in_no_environment_but_those_that_nobody_can_read(processes: list[dict]) -> None:
    readable = [process for process in processes if process["environment"] is not None]

    assert not [process["pid"] for process in readable if CANARY in process["environment"]]


@pytest.mark.parametrize("pid", ["self", "1", "*"])
def test_generated_code_does_not_see_credentials(engine, pid: str) -> None:
    code = f"""
from glob import glob
import os
print(os.environ)
for path in glob("/proc/{pid}/environ"):
    try: print(open(path).read())
    except OSError as error: print(error.errno)
"""
    ran = engine.run("sandbox", "run", "-", text=code, options=CREDENTIALS)

    assert ran.returncode == 0, ran.stderr
    assert CANARY not in ran.stdout + ran.stderr


def test_the_health_check_tells_a_whole_container_from_a_broken_one(engine, tmp_path: Path) -> None:
    container = engine.start(SLEEP, tmp_path)
    container.execute("/opt/venv/bin/python", "-c", LOOK)
    assert container.execute(*HEALTHY).returncode == 0

    stop_the_broker = """
import os, time
broker = int(open('/proc/1/task/1/children').read().split()[0])
os.kill(broker, 19)
while open(f'/proc/{broker}/stat').read().rpartition(')')[2].split()[0] != 'T': time.sleep(0.01)
"""
    assert container.execute("/opt/venv/bin/python", "-c", stop_the_broker).returncode == 0

    assert container.execute(*HEALTHY).returncode == 1


def test_the_health_check_of_the_image_is_that_one(engine) -> None:
    inspected = subprocess.run(
        [engine.command, "image", "inspect", engine.image], capture_output=True, text=True, check=True, timeout=300
    )

    assert all(part in inspected.stdout for part in ("Healthcheck", "/opt/entrypoint.py", "--healthy"))
