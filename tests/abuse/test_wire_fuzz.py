"""Bytes that are no conversation, in both directions: nobody hangs or fails otherwise than foreseen, or is deceived."""

import contextlib
import json
import os
import socket
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kaiseki.sandbox import wire
from kaiseki.sandbox.conversation import PATIENCE_SECONDS
from kaiseki.sandbox.local import LocalSandbox

pytestmark = pytest.mark.timeout(900)  # many examples, on machines of any speed

LARGEST = 4_096
IDS = st.one_of(st.none(), st.booleans(), st.integers(-2, 5), st.text(max_size=3), st.floats(), st.just("ready"))
ANSWERS = st.fixed_dictionaries(
    {"id": IDS},
    optional={
        "exit_code": st.one_of(st.integers(-1, 1), st.text(max_size=2), st.none()),
        "failure": st.one_of(st.none(), st.dictionaries(st.text(max_size=4), st.integers(), max_size=2)),
        "stdout": st.just("forged"),
        "killed": st.sampled_from(["", "memory"]),
    },
)


def frame(message: object) -> bytes:
    body = json.dumps(message).encode()
    return len(body).to_bytes(4, "big") + body


FRAMES = st.one_of(
    st.binary(max_size=64),  # garbage
    ANSWERS.map(frame),
    ANSWERS.map(lambda answer: frame(answer) * 3),
    ANSWERS.flatmap(lambda answer: st.integers(1, 40).map(lambda cut: frame(answer)[:-cut])),  # truncated
    st.integers(LARGEST, 2**32 - 1).map(lambda length: length.to_bytes(4, "big") + b"{}"),  # oversized
    st.recursive(st.none() | st.integers(), st.lists, max_leaves=20).map(frame),  # not an object
    st.just((3_000).to_bytes(4, "big") + b"[" * 3_000),
)
CONVERSATIONS = st.lists(FRAMES, max_size=8).flatmap(st.permutations).map(b"".join)
# No machine is too slow: what hangs is ended by the test's own timeout.
QUICK = settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
FEW = settings(QUICK, max_examples=25)


@QUICK
@given(CONVERSATIONS, st.integers(1, 50))
def test_a_decoder_gives_objects_or_says_that_there_are_none(data: bytes, piece: int) -> None:
    decoder = wire.Decoder(LARGEST)
    with contextlib.suppress(wire.BadFrame):
        for at in range(0, len(data), piece):
            decoder.feed(data[at : at + piece])
            while (message := decoder.next()) is not None:
                assert isinstance(message, dict)


@QUICK
@given(st.lists(ANSWERS, max_size=6), st.integers(1, 50))
def test_what_was_sent_arrives_however_it_was_cut(messages: list[dict[str, Any]], piece: int) -> None:
    data = b"".join(map(wire.encode, messages))
    decoder = wire.Decoder()
    arrived = []
    for at in range(0, len(data), piece):
        decoder.feed(data[at : at + piece])
        while (message := decoder.next()) is not None:
            arrived.append(message)
    assert repr(arrived) == repr(messages)


@QUICK
@given(CONVERSATIONS, st.booleans())
def test_a_channel_waits_for_nobody_longer_than_it_was_told(data: bytes, hang_up: bool) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(data)
        if hang_up:
            theirs.close()
        channel = wire.Channel(ours)
        with contextlib.suppress(EOFError, TimeoutError, wire.BadFrame):
            while True:
                assert isinstance(channel.receive(0.005), dict)


@FEW
@given(CONVERSATIONS)
def test_a_session_whose_code_writes_to_the_wire_forges_nothing(
    sandbox: LocalSandbox, data: Path, noise: bytes
) -> None:
    with sandbox.open(data) as session:
        code = f"import os\nprint('mine', flush=True)\nos.write(4, {noise!r})\n1/0"
        execution = session.execute(code, 1, 0.7)
        following = session.execute("print('next')", 2, 1.0)
    assert execution.stdout == "mine\n" or (execution.stdout, execution.killed) == ("", "time")
    assert execution.failure is not None
    assert following.stdout == "next\n" or following.failure is not None


@FEW
@given(CONVERSATIONS)
def test_a_session_that_hears_noise_from_the_host_ends_and_no_other(
    sandbox: LocalSandbox, data: Path, bystander: Any, noise: bytes
) -> None:
    session = sandbox.open(data)
    folder = session.execute("import os; print(os.getcwd())", 1, 60).stdout.strip()
    with contextlib.suppress(OSError):
        session._supervisor._channel._socket.sendall(noise)
    started = time.monotonic()
    session.close()
    assert time.monotonic() - started < PATIENCE_SECONDS  # the supervisor did it, unforced
    assert not os.path.lexists(folder)
    bystander.check()
