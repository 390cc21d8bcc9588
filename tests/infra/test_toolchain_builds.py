"""What the builds do, run as CodeBuild runs them, with a registry and parameters that behave as ECR and SSM do."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from infra.buildspecs import Spec, deployment, image, image_by_hand, project_tests

URI = "111122223333.dkr.ecr.us-east-1.amazonaws.com/kaiseki"
STAND_IN = '''#!{python}
"""aws, docker, make or cdk: notes how it was called, and keeps a registry with immutable tags."""
import fcntl, json, sys
from pathlib import Path

state = Path("{state}")
alone = state.with_suffix(".lock").open("w")
fcntl.flock(alone, fcntl.LOCK_EX)  # both sides of a pipe run at once
world = json.loads(state.read_text())
program, arguments = Path(sys.argv[0]).name, sys.argv[1:]
world["calls"].append(" ".join([program, *arguments]))


def after(option):
    return arguments[arguments.index(option) + 1]


def leave(code=0, told=""):
    state.write_text(json.dumps(world))
    print(told)
    sys.exit(code)


def tagged(tag, digest):
    if tag in world["tags"]:
        leave(1, "ImageTagAlreadyExistsException")
    world["tags"][tag] = digest


match [program, *arguments[:2]]:
    case ["docker", "build", _]:
        world["built"] = world["next"]
    case ["docker", "run", _]:
        leave(0 if world["starts"] else 1)
    case ["docker", "push", _]:
        tagged(arguments[-1].rsplit(":", 1)[1], world["built"])
    case ["aws", "ecr", "describe-images"]:
        tag = after("--image-ids").removeprefix("imageTag=")
        leave(0, world["tags"][tag]) if tag in world["tags"] else leave(254)
    case ["aws", "ecr", "batch-get-image"]:
        leave(0, "manifest of " + after("--image-ids").removeprefix("imageDigest="))
    case ["aws", "ecr", "put-image"]:
        tagged(after("--image-tag"), after("--image-manifest").removeprefix("manifest of "))
    case ["aws", "ssm", "put-parameter"]:
        world["parameters"][after("--name")] = after("--value")
    case ["cdk", "deploy", stacks]:
        environment = stacks.split("/")[0]
        # CloudFormation refuses a stack whose parameter is not there.
        leave(0 if f"/kaiseki/{{environment}}/image-digest" in world["parameters"] else 1)
leave()
'''


@dataclass(frozen=True)
class World:
    folder: Path

    @property
    def now(self) -> dict[str, Any]:
        return dict(json.loads((self.folder / "state.json").read_text()))

    def change(self, **values: Any) -> None:
        (self.folder / "state.json").write_text(json.dumps({**self.now, **values}))

    def run(self, spec: Spec, variables: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        """One shell for all commands, up to the first that fails; then DIGEST is told, as CodeBuild exports it."""
        assert spec["version"] == "0.2"
        assert spec["env"]["shell"] == "bash"
        commands = [f"{{ {command.strip()}\n}} || exit 1" for command in spec["phases"]["build"]["commands"]]
        script = "\n".join([*commands, 'echo "exported ${DIGEST:-}"'])
        path = f"{self.folder / 'bin'}{os.pathsep}/usr/bin{os.pathsep}/bin"
        given = {"PATH": path, "REPOSITORY": "kaiseki", "REPOSITORY_URI": URI, **variables}
        return subprocess.run(
            ["/bin/bash", "-c", script], env=given, cwd=self.folder, capture_output=True, text=True, check=False
        )


@pytest.fixture
def world(tmp_path: Path) -> World:
    state = {"calls": [], "tags": {}, "parameters": {}, "next": "sha256:1", "built": None, "starts": True}
    (tmp_path / "state.json").write_text(json.dumps(state))
    text = STAND_IN.format(python=sys.executable, state=tmp_path / "state.json")
    for name in ("bin/aws", "bin/docker", "bin/make", ".venv/bin/cdk"):
        program = tmp_path / name
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text(text)
        program.chmod(0o755)
    return World(tmp_path)


COMMIT = {"IMAGE_TAG": "0a1b2c"}


def test_an_image_is_built_tried_and_pushed_and_its_digest_given_on(world: World) -> None:
    done = world.run(image(), COMMIT)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "exported sha256:1"
    assert world.now["tags"] == {"0a1b2c": "sha256:1"}
    docker = [call.split()[1] for call in world.now["calls"] if call.startswith("docker")]
    assert docker == ["login", "build", "run", "push"]
    assert image()["env"]["exported-variables"] == ["DIGEST"]


def test_the_registry_that_is_signed_in_to_is_the_repositorys_own(world: World) -> None:
    world.run(image(), COMMIT)
    (login,) = [call for call in world.now["calls"] if call.startswith("docker login")]
    assert login.endswith(" " + URI.split("/")[0])


def test_a_commit_is_built_once(world: World) -> None:
    world.run(image(), COMMIT)
    world.change(next="sha256:2")
    again = world.run(image(), COMMIT)
    assert again.returncode == 0, again.stderr
    assert again.stdout.splitlines()[-1] == "exported sha256:1"
    assert sum(call.startswith("docker build") for call in world.now["calls"]) == 1


def test_an_image_that_does_not_start_is_not_pushed(world: World) -> None:
    world.change(starts=False)
    assert world.run(image(), COMMIT).returncode != 0
    assert world.now["tags"] == {}


def test_a_deployment_writes_the_digest_before_it_deploys(world: World) -> None:
    world.run(image(), COMMIT)
    done = world.run(deployment(), {**COMMIT, "DIGEST": "sha256:1", "PROMOTE_TO": "dev"})
    assert done.returncode == 0, done.stderr
    assert world.now["parameters"] == {"/kaiseki/dev/image-digest": "sha256:1"}
    assert world.now["calls"][-1].startswith("cdk deploy dev/* ")
    assert world.now["calls"][-2].startswith("aws ssm put-parameter")


def test_every_environment_gets_the_digest_of_the_first_and_nothing_is_built_for_it(world: World) -> None:
    world.run(image(), COMMIT)
    world.change(calls=[])
    for environment in ("dev", "staging", "prod"):
        world.run(deployment(), {**COMMIT, "DIGEST": "sha256:1", "PROMOTE_TO": environment})
    assert set(world.now["parameters"].values()) == {"sha256:1"}
    assert len(world.now["parameters"]) == 3
    assert not [call for call in world.now["calls"] if call.startswith("docker")]


def test_what_an_environment_runs_bears_its_name_so_that_it_is_kept(world: World) -> None:
    world.run(image(), COMMIT)
    for _ in ("first", "again"):
        done = world.run(deployment(), {**COMMIT, "DIGEST": "sha256:1", "PROMOTE_TO": "prod"})
        assert done.returncode == 0, done.stderr
    assert world.now["tags"] == {"0a1b2c": "sha256:1", "prod-0a1b2c": "sha256:1"}


def test_a_tag_that_is_another_image_stops_the_deployment(world: World) -> None:
    world.change(tags={"0a1b2c": "sha256:1", "prod-0a1b2c": "sha256:9"})
    done = world.run(deployment(), {**COMMIT, "DIGEST": "sha256:1", "PROMOTE_TO": "prod"})
    assert done.returncode != 0
    assert world.now["parameters"] == {}
    assert not [call for call in world.now["calls"] if call.startswith("cdk")]


def test_by_hand_the_build_writes_the_digest_of_the_environments_that_are_named(world: World) -> None:
    done = world.run(image_by_hand(), {**COMMIT, "PROMOTE_TO": "staging prod"})
    assert done.returncode == 0, done.stderr
    assert world.now["parameters"] == {
        "/kaiseki/staging/image-digest": "sha256:1",
        "/kaiseki/prod/image-digest": "sha256:1",
    }


def test_the_tests_are_the_projects_own_commands(project: Path) -> None:
    (command,) = project_tests()["phases"]["build"]["commands"]
    targets = command.removeprefix("make ").split()
    makefile = (project / "Makefile").read_text()
    assert targets == ["check", "test", "test-service", "synth", "check-infra"]
    assert all(f"\n{target}:" in makefile for target in targets)


def test_the_deployments_tools_come_from_the_projects_own_setup(project: Path, world: World) -> None:
    done = world.run(deployment(), {**COMMIT, "DIGEST": "sha256:1", "PROMOTE_TO": "dev"})
    assert done.returncode == 0, done.stderr
    assert world.now["calls"][0] == "make cdk"
    assert "\ncdk: $(BIN)/cdk\n" in (project / "Makefile").read_text()
