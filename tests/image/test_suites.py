"""The sandbox's own tests, in the image: as root with the three capabilities, and as an ordinary user."""

import os

import pytest

SUITES = (
    "tests/abuse",
    "tests/contract/test_sandbox_broker.py",
    "tests/contract/test_sandbox_collector.py",
    "tests/contract/test_sandbox_lifecycle.py",
    "tests/contract/test_sandbox_limits.py",
    "tests/contract/test_sandbox_sessions.py",
    "tests/contract/test_sandbox_tracebacks.py",
    "tests/contract/test_sandbox_workdir.py",
)


@pytest.mark.timeout(1800)
@pytest.mark.parametrize(("user", "capabilities"), [("0", "three"), ("0", "default"), ("10001", "none")])
def test_the_sandbox_holds_in_the_image(engine, user: str, capabilities: str) -> None:
    mounts = [
        f"--volume={engine.repository / name}:/kaiseki/{name}:ro" for name in ("tests", "input", "pyproject.toml")
    ]
    options = [f"--user={user}", "--workdir=/kaiseki", "--entrypoint=/opt/venv/bin/python", *mounts]

    ran = engine.run(
        *("-m", "pytest", "-p", "no:cacheprovider", "--tb=short", *SUITES),
        image=f"{engine.image}-test",
        options=[*options, "--env=HYPOTHESIS_STORAGE_DIRECTORY=/tmp/hypothesis"],
        capabilities=capabilities,
        seconds=1700,
    )

    print(ran.stdout[-20_000:])
    assert ran.returncode == os.EX_OK, ran.stderr[-2_000:]
