"""The OpenAPI document of the API, from its code: `python lambda/openapi.py > docs/openapi.json`."""

import json
import sys
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path.insert(1, str(Path(__file__).parents[1] / "container"))

from aws_lambda_powertools.event_handler.openapi.models import APIKey, HTTPBearer

from api import app
from documented import SECURITY, SIGNED, TOKEN
from kaiseki import __version__

_DESCRIPTION = (
    "Ask a question of the warehouse; follow the run; read the answer and its bundle. Each environment has an address "
    "of its own, and takes either AWS signatures (the default) or JWTs. A run belongs to who asked, and nobody else."
)

_SIGNATURE = {
    "in": "header",
    "name": "Authorization",
    "x-amazon-apigateway-authtype": "awsSigv4",
    "description": "AWS Signature Version 4 for the service execute-api, by a principal that may call "
    "execute-api:Invoke.",
}
_OF_THE_LIBRARY = {"HTTPValidationError", "ValidationError", "ResponseValidationError"}  # errors have a shape of ours


def document() -> str:
    """As JSON in a stable order."""
    held = json.loads(
        app.get_openapi_json_schema(
            title="Kaiseki",
            version=__version__,
            description=_DESCRIPTION,
            security=SECURITY,
            security_schemes={
                SIGNED: APIKey.model_validate(_SIGNATURE),
                TOKEN: HTTPBearer(bearerFormat="JWT", description="Where the environment is set to an issuer."),
            },
        )
    )
    for name in _OF_THE_LIBRARY:
        held["components"]["schemas"].pop(name, None)
    for call in (call for path in held["paths"].values() for call in path.values()):
        call["responses"] = {code: answer for code, answer in call["responses"].items() if not _is_foreign(answer)}
    return json.dumps(held, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _is_foreign(answer: dict[str, Any]) -> bool:
    return any(name in json.dumps(answer) for name in _OF_THE_LIBRARY)


if __name__ == "__main__":
    sys.stdout.write(document())
