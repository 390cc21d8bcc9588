"""docs/api.md is true: its codes are those of the code, its limits too, and its examples sign as AWS checks."""

import ast
import hashlib
import hmac
import http.server
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[4]
PAGE = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
MODULES = ("refusals", "envelope", "faults", "budget", "uploads", "prompts", "runs", "schemas")
RUN = {"run_id": "r", "links": {"self": "/runs/r"}}
ENDED = {**RUN, "status": "SUCCEEDED", "outcome": "answered", "ended_at": "2026", "answer": "twelve", "message": ""}


def codes_of_the_code() -> set[str]:
    found = {"limit.principal_active", "limit.principal_usd_per_day"}
    for module in MODULES:
        tree = ast.parse((ROOT / "lambda" / f"{module}.py").read_text(encoding="utf-8"))
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            if isinstance(call.func, ast.Name) and call.func.id in ("invalid", "Refused"):
                texts = [a.value for a in call.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
                found |= {text for text in texts[:1] if re.fullmatch(r"[a-z_]+(\.[a-z_]+)?", text)}
    return found


def test_every_code_stands_on_the_page_and_no_other() -> None:
    table = PAGE.split("## Errors")[1].split("Some ways")[0]
    cells = [row.split("|")[2] for row in table.splitlines() if row.startswith("| ") and row[2].isdigit()]
    assert {code for cell in cells for code in re.findall(r"`([^`]+)`", cell)} == codes_of_the_code()


def test_the_limits_on_the_page_are_those_of_the_code(call: object) -> None:
    import bodies
    import envelope

    assert f"{bodies.PROMPT_LIMIT:,} characters" in PAGE
    assert f"{envelope.BODY_LIMIT:,} bytes" in PAGE
    assert f"{bodies.ATTACHMENTS} of a run" in PAGE
    assert f"{bodies.UPLOAD_BYTES // 1_000_000} MB each" in PAGE
    assert f"at most {bodies.PAGE_LIMIT}" in PAGE


def signature(method: str, path: str, heads: dict[str, str], body: bytes, secret: str) -> str:
    """What AWS computes of a call without a query, from the heads that it says are signed."""
    said = re.match(r"AWS4-HMAC-SHA256 Credential=[^/]+/([^,]+), *SignedHeaders=([^,]+),", heads["authorization"])
    assert said is not None, heads["authorization"]
    scope, names = said.groups()
    assert {"host", "x-amz-date"} <= set(names.split(";"))
    signed = "".join(f"{name}:{heads[name].strip()}\n" for name in names.split(";"))
    canonical = "\n".join((method, path, "", signed, names, hashlib.sha256(body).hexdigest()))
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    text = "\n".join(("AWS4-HMAC-SHA256", heads["x-amz-date"], scope, digest))
    key = f"AWS4{secret}".encode()
    for part in (*scope.split("/"), text):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key.hex()


class _Service(http.server.BaseHTTPRequestHandler):
    """Answers a run that ends at the second look; keeps the heads it saw."""

    seen: list[tuple[str, str, dict[str, str], bytes]]

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        heads = {name.lower(): value for name, value in self.headers.items()}
        self.seen.append((self.command, self.path, heads, body))
        looks = sum(method == "GET" for method, *_ in self.seen)
        told = RUN if self.command == "POST" else ENDED if looks > 1 else {**RUN, "ended_at": ""}
        content = json.dumps(told, separators=(",", ":")).encode()
        self.send_response(202 if self.command == "POST" else 200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = _answer  # noqa: N815

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def service() -> Iterator[tuple[str, list[tuple[str, str, dict[str, str], bytes]]]]:
    handler = type("Handler", (_Service,), {"seen": []})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", handler.seen
        server.shutdown()


# A machine without curl has no use for its example either.
@pytest.mark.parametrize("language", ["python", *(["curl"] if shutil.which("curl") else [])])
def test_the_examples_sign_ask_and_follow(
    language: str, service: tuple[str, list[tuple[str, str, dict[str, str], bytes]]]
) -> None:
    url, seen = service
    asked = {"prompt": "How many 人 are there?"}
    commands = {
        "python": [sys.executable, str(ROOT / "docs/examples/ask.py"), url, "eu-central-1", asked["prompt"]],
        "curl": ["sh", str(ROOT / "docs/examples/ask.sh"), url, "eu-central-1", json.dumps(asked)],
    }
    credentials = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_SESSION_TOKEN": "token"}
    environment = {"PATH": os.environ["PATH"], "NO_PROXY": "*", **credentials}
    ran = subprocess.run(commands[language], env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert ran.returncode == 0, ran.stderr
    assert "twelve" in ran.stdout
    assert [(method, path) for method, path, *_ in seen] == [
        ("POST", "/prompt"),
        ("GET", "/runs/r"),
        ("GET", "/runs/r"),
    ]
    assert json.loads(seen[0][3]) == asked
    for method, path, heads, body in seen:
        assert heads["authorization"].split("Signature=")[1] == signature(method, path, heads, body, "secret")
        assert "/eu-central-1/execute-api/aws4_request" in heads["authorization"]
        assert heads["x-amz-security-token"] == "token"
    assert seen[0][2]["content-type"] == "application/json"
