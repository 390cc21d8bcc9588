"""The network: no socket of any family, by no way, towards nothing; and nothing from outside gets in."""

import contextlib
import platform
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import randint
from secrets import token_hex
from typing import Any

import pytest

from kaiseki.sandbox.session import Session

Attack = Callable[..., Any]  # of conftest.py

TCP = {
    "connect": "import socket; socket.create_connection((HOST, PORT), 1)",
    "connect-without-blocking": (
        "import socket\ns = socket.socket(); s.setblocking(False)\ns.connect_ex((HOST, PORT)); time.sleep(0.1)"
    ),
    "urllib": "import urllib.request; urllib.request.urlopen(f'http://{HOST}:{PORT}/', timeout=1)",
    "asyncio": "import asyncio; asyncio.run(asyncio.open_connection(HOST, PORT))",
    "pandas-reads-a-url": "pd.read_csv(f'http://{HOST}:{PORT}/x.csv', storage_options={})",
    "curl": "subprocess.run(['curl', '-m', '1', f'http://{HOST}:{PORT}/'])",
    "bash": "subprocess.run(['bash', '-c', f'echo x > /dev/tcp/{HOST}/{PORT}'], timeout=2)",
    "perl": (
        "subprocess.run(['perl', '-MIO::Socket::INET', '-e', "
        "f'IO::Socket::INET->new(PeerAddr => \"{HOST}:{PORT}\", Timeout => 1)'], timeout=3)"
    ),
    "a-python-of-its-own": (
        "subprocess.run([sys.executable, '-I', '-c', "
        "f'import socket; socket.create_connection((\"{HOST}\", {PORT}), 1)'], timeout=5)"
    ),
    "a-thread": (
        "import socket, threading\n"
        "t = threading.Thread(target=lambda: socket.create_connection((HOST, PORT), 1)); t.start(); t.join()"
    ),
    "a-forked-daemon": (
        "import socket\n"
        "if os.fork() == 0:\n"
        "    os.setsid()\n"
        "    try: socket.create_connection((HOST, PORT), 1)\n"
        "    finally: os._exit(0)\n"
        "os.wait()"
    ),
    "the-c-library": (
        "import struct\n"
        "s = libc.socket(2, 1, 0)\n"
        "address = bytes(map(int, HOST.split('.')))\n"
        "libc.connect(s, struct.pack('=HH4s8x', 2, __import__('socket').htons(PORT), address), 16)"
    ),
    "raw-system-calls": (
        "import socket, struct\n"
        "s = call(41, 2, 1, 0, arm=198)\n"
        "call(42, s, struct.pack('=HH4s8x', 2, socket.htons(PORT), bytes(map(int, HOST.split('.')))), 16, arm=203)"
    ),
    "multipath-tcp": "import socket; socket.socket(2, 1, 262).connect((HOST, PORT))",
    "multiprocessing-connection": "import multiprocessing.connection as c; c.Client((HOST, PORT))",
    "fast-open": "import socket; socket.socket().sendto(b'x', 0x20000000, (HOST, PORT))",
}
IPV6 = {"ipv6": "import socket; socket.create_connection(('::1', PORT), 1)"}
UDP = {
    "sendto": "import socket; socket.socket(2, 2).sendto(b'out', (HOST, PORT))",
    "connected": "import socket; s = socket.socket(2, 2); s.connect((HOST, PORT)); s.send(b'out')",
    "bash": "subprocess.run(['bash', '-c', f'echo out > /dev/udp/{HOST}/{PORT}'], timeout=2)",
}
UNIX_DATAGRAM = {
    "sendto": "import socket; socket.socket(1, 2).sendto(b'out', ADDRESS)",
    "a-pair-that-sends-to-another-address": (
        "import socket; a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM); a.sendto(b'out', ADDRESS)"
    ),
    "a-pair-that-connects-to-another-address": (
        "import socket; a, b = socket.socketpair(1, 2); a.connect(ADDRESS); a.send(b'out')"
    ),
    "the-sockets-at-hand": (
        "import socket\nfor n in sockets(): attempt(socket.socket(fileno=os.dup(n)).sendto, b'out', ADDRESS)"
    ),
    "syslog-by-the-logging-module": (
        "import logging.handlers\n"
        "attempt(lambda: logging.handlers.SysLogHandler(ADDRESS).emit(logging.makeLogRecord({'msg': 'out'})))"
    ),
}
UNIX_STREAM = {
    "connect": "import socket; socket.socket(1, 1).connect(ADDRESS)",
    "a-pair-that-connects-elsewhere": "import socket; a, b = socket.socketpair(1, 1); b.close(); a.connect(ADDRESS)",
    "the-sockets-at-hand": (
        "import socket\nfor n in sockets(): attempt(socket.socket(fileno=os.dup(n)).connect, ADDRESS)"
    ),
}
LISTENERS = {
    "tcp": "import socket; socket.create_server((HOST, PORT)).accept()[0].send(TOKEN)",
    "every-address": "import socket; socket.create_server(('', PORT)).accept()[0].send(TOKEN)",
    "http-server": (
        "import http.server\nopen(TOKEN, 'w').close()\n"
        "http.server.HTTPServer((HOST, PORT), http.server.SimpleHTTPRequestHandler).serve_forever()"
    ),
}
# An address of this machine that no other program uses: all of them come to port numbers by chance.
HOST = f"127.{randint(1, 254)}.{randint(1, 254)}.{randint(1, 254)}"
# Families that no code of ours listens on: it must not even get a socket.
FAMILIES = {
    "unix": (1, 1, 0),
    "inet": (2, 1, 0),
    "inet6": (10, 1, 0),
    "icmp-as-a-datagram": (2, 2, 1),
    "raw": (2, 3, 255),
    "netlink-route": (16, 3, 0),
    "netlink-audit": (16, 3, 9),
    "packet": (17, 3, 0),
    "rds": (21, 5, 0),
    "can": (29, 3, 1),
    "tipc": (30, 4, 0),
    "bluetooth": (31, 3, 1),
    "alg": (38, 5, 0),
    "vsock": (40, 1, 0),
    "kcm": (41, 5, 0),
    "qipcrtr": (42, 2, 0),
    "smc": (43, 1, 0),
    "xdp": (44, 3, 0),
}


class Listener:
    """Counts what arrives at a socket of this test's own."""

    def __init__(self, server: socket.socket) -> None:
        self.server = server
        self.arrived = 0
        server.settimeout(0.05)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while not self._stop.is_set():
            with contextlib.suppress(TimeoutError):
                if self.server.type == socket.SOCK_DGRAM:
                    self.server.recv(100)
                else:
                    connection = self.server.accept()[0]
                    connection.close()
                self.arrived += 1

    def close(self) -> None:
        time.sleep(0.06)  # what is on its way arrives
        self._stop.set()
        self._thread.join()
        self.server.close()


Listen = Callable[[int, int, object], Listener]


@pytest.fixture
def listen() -> Iterator[Listen]:
    """Opens listeners on the loopback interface or at a path."""
    opened: list[Listener] = []

    def start(family: int, kind: int, address: object) -> Listener:
        server = socket.socket(family, kind)
        server.bind(address)  # type: ignore[arg-type]
        if kind == socket.SOCK_STREAM:
            server.listen()
        opened.append(Listener(server))
        return opened[-1]

    yield start
    for listener in opened:
        if listener.server.fileno() >= 0:
            listener.close()


def assert_nothing_arrived(listener: Listener) -> None:
    listener.close()
    assert listener.arrived == 0


@pytest.mark.parametrize("code", TCP.values(), ids=TCP.keys())
def test_nothing_connects_by_tcp(attack: Attack, listen: Listen, code: str) -> None:
    listener = listen(socket.AF_INET, socket.SOCK_STREAM, (HOST, 0))
    attack(code, HOST=HOST, PORT=listener.server.getsockname()[1])
    assert_nothing_arrived(listener)


@pytest.mark.parametrize("code", IPV6.values(), ids=IPV6.keys())
def test_nothing_connects_by_ipv6(attack: Attack, listen: Listen, code: str) -> None:
    try:
        listener = listen(socket.AF_INET6, socket.SOCK_STREAM, ("::1", 0))
    except OSError:  # a machine without IPv6 has nothing to reach
        return
    attack(code, PORT=listener.server.getsockname()[1])
    assert_nothing_arrived(listener)


@pytest.mark.parametrize("code", UDP.values(), ids=UDP.keys())
def test_nothing_is_sent_by_udp(attack: Attack, listen: Listen, code: str) -> None:
    listener = listen(socket.AF_INET, socket.SOCK_DGRAM, (HOST, 0))
    attack(code, HOST=HOST, PORT=listener.server.getsockname()[1])
    assert_nothing_arrived(listener)


@pytest.mark.parametrize("kind", ["path", "abstract"])
@pytest.mark.parametrize("code", UNIX_DATAGRAM.values(), ids=UNIX_DATAGRAM.keys())
def test_nothing_is_sent_to_a_unix_socket(
    attack: Attack, listen: Listen, public_folder: Path, code: str, kind: str
) -> None:
    address = str(public_folder / "socket") if kind == "path" else f"\0{public_folder}"
    listener = listen(socket.AF_UNIX, socket.SOCK_DGRAM, address)
    if kind == "path":
        (public_folder / "socket").chmod(0o777)  # as /dev/log is
    attack(code, ADDRESS=address)
    assert_nothing_arrived(listener)


@pytest.mark.parametrize("kind", ["path", "abstract"])
@pytest.mark.parametrize("code", UNIX_STREAM.values(), ids=UNIX_STREAM.keys())
def test_nothing_connects_to_a_unix_socket(
    attack: Attack, listen: Listen, public_folder: Path, code: str, kind: str
) -> None:
    address = str(public_folder / "socket") if kind == "path" else f"\0{public_folder}"
    listener = listen(socket.AF_UNIX, socket.SOCK_STREAM, address)
    if kind == "path":
        (public_folder / "socket").chmod(0o777)  # as docker.sock is in careless places
    attack(code, ADDRESS=address)
    assert_nothing_arrived(listener)


@pytest.mark.parametrize("code", LISTENERS.values(), ids=LISTENERS.keys())
def test_nothing_listens(session: Session, code: str) -> None:
    with socket.socket() as reserved:
        reserved.bind((HOST, 0))
        port = reserved.getsockname()[1]
    token = token_hex(8).encode()  # what answers without it is somebody else's
    reached = False

    def knock() -> None:
        nonlocal reached
        until = time.monotonic() + 0.6
        while time.monotonic() < until and not reached:
            with contextlib.suppress(OSError), socket.create_connection((HOST, port), 0.1) as knocking:
                knocking.sendall(b"GET / HTTP/1.0\r\n\r\n")
                reached = token in knocking.makefile("rb").read(10_000)
            time.sleep(0.02)

    knocking = threading.Thread(target=knock)
    knocking.start()
    session.execute(f"HOST, PORT, TOKEN = {HOST!r}, {port}, {token!r}\n{code}", 1, 0.8)
    knocking.join()
    assert not reached


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES.keys())
def test_no_socket_of_any_family_is_given_out(attack: Attack, family: tuple[int, int, int]) -> None:
    attempt = attack("number = call(41, *FAMILY, arm=198)\nif number >= 0: print('opened', number)", FAMILY=family)
    assert "opened" not in attempt.execution.stdout


@pytest.mark.parametrize("address", ["169.254.170.2", "169.254.169.254", "fd00:ec2::254"])
def test_metadata_and_task_credentials_are_out_of_reach(attack: Attack, address: str) -> None:
    """Nothing is sent: already the socket, without which nothing could be, is refused."""
    code = (
        "import socket\n"
        "s = socket.socket(socket.AF_INET6 if ':' in ADDRESS else socket.AF_INET)\n"
        "s.bind(('::1' if ':' in ADDRESS else '127.0.0.1', 0)); print('opened', s.fileno())"
    )
    assert "opened" not in attack(code, ADDRESS=address).execution.stdout


def test_no_socket_comes_in_by_the_channel(session: Session) -> None:
    """A descriptor that is sent to the other end of the channel is not taken, nor does it disturb anything."""
    code = (
        "import array, os, socket, stat\n"
        "for n in range(64):\n"
        "    try:\n"
        "        if stat.S_ISSOCK(os.fstat(n).st_mode):\n"
        "            s = socket.socket(fileno=os.dup(n)); s.sendmsg([b'\\0'], [(1, 1, array.array('i', [0] * 50))])\n"
        "    except OSError: pass\n"
    )
    session.execute(code, 1, 2)


# Machine code of the 32-bit system call socket(AF_INET, SOCK_STREAM, 0), for processors that still have it.
INT_80 = (
    "import mmap\n"
    "page = mmap.mmap(-1, 4096, prot=7)\n"
    "page.write(bytes.fromhex('53 b867010000 bb02000000 b901000000 31d2 cd80 5b c3'))\n"
    "function = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))\n"
    "number = function()\n"
    "if number >= 0: print('opened', number)"
)
# socketcall(SYS_SOCKET, ...), the older way: its arguments lie on the stack.
INT_80_SOCKETCALL = (
    "import mmap\n"
    "low = libc.mmap; low.restype = ctypes.c_void_p\n"
    "at = low(ctypes.c_void_p(0x10000000), ctypes.c_size_t(8192), 7, 0x62, -1, ctypes.c_long(0))\n"
    "ctypes.memmove(at + 4096, (ctypes.c_uint32 * 3)(2, 1, 0), 12)\n"
    "arguments = (at + 4096).to_bytes(4, 'little')\n"
    "code = bytes.fromhex('53 b866000000 bb01000000 b9') + arguments + bytes.fromhex('cd80 5b c3')\n"
    "ctypes.memmove(at, code, len(code))\n"
    "number = ctypes.CFUNCTYPE(ctypes.c_int)(at)()\n"
    "if number >= 0: print('opened', number)"
)
X32 = "number = libc.syscall(ctypes.c_long(41 | 0x40000000), 2, 1, 0)\nif number >= 0: print('opened', number)"
FOREIGN = {"int-0x80": INT_80, "int-0x80-socketcall": INT_80_SOCKETCALL, "x32": X32}


if platform.machine() == "x86_64":

    @pytest.mark.parametrize("code", FOREIGN.values(), ids=FOREIGN.keys())
    def test_no_socket_by_the_system_calls_of_another_architecture(attack: Attack, code: str) -> None:
        assert not re.search(r"opened \d", attack(code, 5).execution.stdout)
