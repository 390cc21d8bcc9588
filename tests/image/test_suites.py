"""The sandbox's own tests in the image: as root with what it needs, with what engines give, and as an ordinary user."""

import os

import pytest

ABUSE = ("tests/abuse",)
SUITES = (
    *ABUSE,
    "tests/contract/test_sandbox_broker.py",
    "tests/contract/test_sandbox_collector.py",
    "tests/contract/test_sandbox_lifecycle.py",
    "tests/contract/test_sandbox_limits.py",
    "tests/contract/test_sandbox_sessions.py",
    "tests/contract/test_sandbox_tracebacks.py",
    "tests/contract/test_sandbox_workdir.py",
)


@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    ("user", "capabilities", "suites"),
    [("0", "three", SUITES), ("0", "default", ABUSE), ("10001", "none", ABUSE)],
    ids=["as_deployed", "with_all_that_engines_give", "as_an_ordinary_user"],
)
def test_the_sandbox_holds_in_the_image(engine, user: str, capabilities: str, suites: tuple[str, ...]) -> None:
    mounts = [
        f"--volume={engine.repository / name}:/kaiseki/{name}:ro" for name in ("tests", "input", "pyproject.toml")
    ]
    options = [f"--user={user}", "--workdir=/kaiseki", "--entrypoint=/opt/venv/bin/python", *mounts]

    ran = engine.run(
        *("-m", "pytest", "-p", "no:cacheprovider", "--tb=short", *suites),
        image=f"{engine.image}-test",
        options=[*options, "--env=HYPOTHESIS_STORAGE_DIRECTORY=/tmp/hypothesis"],
        capabilities=capabilities,
        seconds=1700,
    )

    print(ran.stdout[-20_000:])
    assert ran.returncode == os.EX_OK, ran.stderr[-2_000:]
