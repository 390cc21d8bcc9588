"""An identity provider as API Gateway looks at one: its OpenID configuration and its keys; and tokens signed by it."""

import base64
import json
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from harness.emulator import Emulator

AUDIENCE = "kaiseki-e2e"
_KEY_ID = "one"


@dataclass(frozen=True)
class Issuer:
    url: str
    key: rsa.RSAPrivateKey

    def token(self, subject: str, **claims: object) -> str:
        """For five minutes; `claims` go before the usual ones."""
        now = int(time.time())
        held = {"iss": self.url, "aud": AUDIENCE, "sub": subject, "iat": now - 1, "exp": now + 300, **claims}
        signed = f"{_encoded({'alg': 'RS256', 'typ': 'JWT', 'kid': _KEY_ID})}.{_encoded(held)}"
        signature = self.key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{signed}.{_base64url(signature)}"


@contextmanager
def issuer(emulator: Emulator) -> Iterator[Issuer]:
    key = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
    public = key.public_key().public_numbers()
    told: dict[str, Any] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(told[self.path]).encode() if self.path in told else b""
            self.send_response(200 if body else 404)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(emulator.certificate, emulator.certificate.with_name("key.pem"))
    server.socket = tls.wrap_socket(server.socket, server_side=True)
    url = f"https://127.0.0.1:{server.server_port}"
    told["/.well-known/openid-configuration"] = {"issuer": url, "jwks_uri": f"{url}/keys"}
    told["/keys"] = {"keys": [{"kid": _KEY_ID, "kty": "RSA", "n": _number(public.n), "e": _number(public.e)}]}
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield Issuer(url, key)
    finally:
        server.shutdown()
        server.server_close()


def _encoded(value: object) -> str:
    return _base64url(json.dumps(value).encode())


def _number(value: int) -> str:
    return _base64url(value.to_bytes((value.bit_length() + 7) // 8, "big"))


def _base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
