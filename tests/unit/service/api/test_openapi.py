"""The OpenAPI document: that of the code, and true to it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[4]


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    held = json.loads((ROOT / "docs" / "openapi.json").read_text(encoding="utf-8"))
    assert isinstance(held, dict)
    return held


def calls(document: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {(method, path): call for path, item in document["paths"].items() for method, call in item.items()}


def test_the_document_is_what_the_code_writes() -> None:
    command = [sys.executable, str(ROOT / "lambda" / "openapi.py")]
    written = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert written == (ROOT / "docs" / "openapi.json").read_text(encoding="utf-8"), (
        "write it anew: python lambda/openapi.py > docs/openapi.json"
    )


def test_every_call_is_there_and_none_is_open(document: dict[str, Any]) -> None:
    assert set(calls(document)) == {
        ("post", "/prompt"),
        ("post", "/uploads"),
        ("get", "/runs"),
        ("get", "/runs/{run_id}"),
        ("delete", "/runs/{run_id}"),
    }
    schemes = document["components"]["securitySchemes"]
    assert schemes["SigV4"]["x-amazon-apigateway-authtype"] == "awsSigv4"
    assert (schemes["JWT"]["type"], schemes["JWT"]["scheme"]) == ("http", "bearer")
    assert all(call["security"] == [{"SigV4": []}, {"JWT": []}] for call in calls(document).values())


def test_every_error_has_the_one_shape_and_an_example_of_it(document: dict[str, Any]) -> None:
    for name, call in calls(document).items():
        errors = {code: answer for code, answer in call["responses"].items() if int(code) >= 400}
        assert {"403", "500"} <= set(errors), name
        for answer in errors.values():
            content = answer["content"]["application/json"]
            assert content["schema"] == {"$ref": "#/components/schemas/ErrorBody"}
            for example in content["examples"].values():
                assert set(example["value"]["error"]) == {"code", "message", "hint"}


def test_the_examples_are_of_the_types_they_stand_for(document: dict[str, Any]) -> None:
    from pydantic import BaseModel

    import bodies

    shown = {
        name: schema["examples"] for name, schema in document["components"]["schemas"].items() if "examples" in schema
    }
    assert {"PromptBody", "Accepted", "RunState", "RunList", "Cancelled", "UploadsBody", "Uploads"} <= set(shown)
    for name, examples in shown.items():
        model = getattr(bodies, name)
        assert issubclass(model, BaseModel)
        for example in examples:
            model.model_validate(example)


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    text = json.dumps(document)
    for name in {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}:
        assert name in document["components"]["schemas"]


def test_a_request_may_hold_what_the_container_knows() -> None:
    """The API writes requests without the container's models, so that it starts fast: both are held together here."""
    from bodies import PROMPT_LIMIT, UsageState
    from budget import Budget, Caps
    from kaiseki import models, settings

    assert vars(Budget()) == models.Budget().model_dump()
    assert set(vars(Caps())) == set(models.Budget.model_fields)
    assert all(getattr(Caps(), name) >= value for name, value in vars(Budget()).items())
    assert UsageState().model_dump() == models.Usage().model_dump()
    assert PROMPT_LIMIT == settings.PROMPT_LIMIT
