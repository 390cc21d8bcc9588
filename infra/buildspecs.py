"""What the toolchain's builds do, as CodeBuild reads it: commands of one shell, up to the first that fails.

IMAGE_TAG      of the image that is built: the commit, or what the checkout hashes to
REPOSITORY     in ECR; REPOSITORY_URI with the registry before it
DIGEST         of the image that was pushed; the image's build gives it on
PROMOTE_TO     the environments that shall run it, separated by blanks
"""

from typing import Any

PYTHON = "3.13"
Spec = dict[str, Any]

_DESCRIBE = 'aws ecr describe-images --repository-name "$REPOSITORY" --image-ids imageTag='
_DIGEST_OF = "--query 'imageDetails[0].imageDigest' --output text"

# As docs/image.md has it run, as far as it goes without input.
_STARTS = (
    "docker run --rm --read-only --tmpfs /tmp:mode=1777 --network none"
    " --cap-drop all --cap-add SETUID --cap-add SETGID --cap-add KILL"
)
# A tag is never written twice, so a build that is repeated gives the image of the first.
_BUILD_ONCE = f"""\
if {_DESCRIBE}"$IMAGE_TAG" >/dev/null 2>&1; then
  echo "$REPOSITORY:$IMAGE_TAG is there already"
else
  docker build --file container/Dockerfile --tag "$REPOSITORY_URI:$IMAGE_TAG" . &&
  {_STARTS} "$REPOSITORY_URI:$IMAGE_TAG" --help >/dev/null &&
  docker push --quiet "$REPOSITORY_URI:$IMAGE_TAG"
fi
"""
BUILD_IMAGE = (
    'aws ecr get-login-password | docker login --username AWS --password-stdin "${REPOSITORY_URI%%/*}"',
    _BUILD_ONCE,
    f'DIGEST="$({_DESCRIBE}"$IMAGE_TAG" {_DIGEST_OF})"',
    "export DIGEST",
)

# The tag keeps the image for as long as the environment may run it, or want it back.
_PROMOTE = f"""\
(
  set -eu
  for ENVIRONMENT in $PROMOTE_TO; do
    TAG="$ENVIRONMENT-$IMAGE_TAG"
    if ! {_DESCRIBE}"$TAG" >/dev/null 2>&1; then
      MANIFEST="$(aws ecr batch-get-image --repository-name "$REPOSITORY" --image-ids imageDigest="$DIGEST" \
--query 'images[0].imageManifest' --output text)"
      aws ecr put-image --repository-name "$REPOSITORY" --image-tag "$TAG" --image-manifest "$MANIFEST" >/dev/null
    fi
    test "$({_DESCRIBE}"$TAG" {_DIGEST_OF})" = "$DIGEST" || {{ echo "$TAG is another image than $DIGEST"; exit 1; }}
    aws ssm put-parameter --name "/kaiseki/$ENVIRONMENT/image-digest" --value "$DIGEST" --type String --overwrite
  done
)
"""
DEPLOY = (
    "make cdk",
    _PROMOTE,
    '.venv/bin/cdk deploy "$PROMOTE_TO/*" --require-approval never --ci',
)


def project_tests() -> Spec:
    return _spec(("make check test test-service synth check-infra",), python=True)


def image() -> Spec:
    return _spec(BUILD_IMAGE, exported=("DIGEST",))


def image_by_hand() -> Spec:
    return _spec((*BUILD_IMAGE, _PROMOTE))


def deployment() -> Spec:
    return _spec(DEPLOY, python=True)


def _spec(commands: tuple[str, ...], python: bool = False, exported: tuple[str, ...] = ()) -> Spec:
    install = {"install": {"runtime-versions": {"python": PYTHON}}} if python else {}
    return {
        "version": "0.2",
        "env": {"shell": "bash", **({"exported-variables": list(exported)} if exported else {})},
        "phases": {**install, "build": {"commands": list(commands)}},
    }
