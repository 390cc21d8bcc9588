"""As much of S3 as UNLOAD and its reader use, in memory: objects of one bucket are put, read, listed and deleted."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import boto3
from botocore.config import Config

BUCKET = "benchmark"


def serve_bucket() -> int:
    """The port on which it is served, until this process ends."""
    objects: dict[str, bytes] = {}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_PUT(self) -> None:
            objects[self._key] = self._body()
            self._answer(b"")

        def do_GET(self) -> None:
            asked = parse_qs(urlsplit(self.path).query)
            if "list-type" in asked:
                self._answer(_listed(objects, asked.get("prefix", [""])[0]))
            elif self._key in objects:
                self._answer(objects[self._key])
            else:
                self._answer(b"<Error><Code>NoSuchKey</Code></Error>", 404)

        def do_POST(self) -> None:
            """The only one is a deletion of several objects."""
            for element in ElementTree.fromstring(self._body()).iter():
                if element.tag.endswith("Key"):
                    objects.pop(str(element.text), None)
            self._answer(b"<DeleteResult/>")

        @property
        def _key(self) -> str:
            return unquote(urlsplit(self.path).path).removeprefix(f"/{BUCKET}/")

        def _body(self) -> bytes:
            return self.rfile.read(int(self.headers["Content-Length"]))

        def _answer(self, body: bytes, status: int = 200) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return int(server.server_address[1])


def _listed(objects: dict[str, bytes], prefix: str) -> bytes:
    found = [key for key in sorted(objects) if key.startswith(prefix)]
    entries = "".join(f"<Contents><Key>{escape(key)}</Key></Contents>" for key in found)
    body = f"<ListBucketResult><KeyCount>{len(found)}</KeyCount><IsTruncated>false</IsTruncated>{entries}"
    return f"{body}</ListBucketResult>".encode()


def client(port: int) -> Any:
    """A boto3 client of it."""
    return boto3.client(
        "s3",
        region_name="us-east-1",
        endpoint_url=f"http://127.0.0.1:{port}",
        aws_access_key_id="x",
        aws_secret_access_key="x",
        config=Config(
            s3={"addressing_style": "path"},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )
