"""Code that turns on the interpreter it runs in: whatever it breaks is its own session's, and soon over."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from kaiseki.models import Execution
from kaiseki.sandbox.conversation import PATIENCE_SECONDS

Attack = Callable[..., Any]  # of conftest.py

# How the interpreter may end, or not.
ENDS = {
    "exit-in-a-thread": "import threading\nthreading.Thread(target=os._exit, args=(3,)).start(); time.sleep(2)",
    "null-pointer": "ctypes.string_at(0)",
    "written-null-pointer": "ctypes.memset(0, 1, 8)",
    "a-call-of-nothing": "ctypes.CFUNCTYPE(None)(0)()",
    "a-broken-object": "ctypes.memset(id(object()), 0xff, 16); print(object())",
    "none-freed": "ctypes.memset(id(None), 0, 8); x = [None] * 10; del x",
    "broken-bytecode": "f = lambda: 0\nf.__code__ = f.__code__.replace(co_code=b'\\x97\\x00' + b'\\xff' * 60); f()",
    "deep-recursion": "sys.setrecursionlimit(10 ** 9)\ndef f(): f()\nf()",
    "deep-recursion-in-c": "sys.setrecursionlimit(10 ** 9)\nx = []\nfor _ in range(10 ** 6): x = [x]\nrepr(x)",
    "deep-deletion": "x = None\nfor _ in range(10 ** 6): x = (x,)\ndel x",
    "deep-syntax": "eval('(' * 100_000 + ')' * 100_000)",
    "deep-operators": "compile('-' * 200_000 + '1', 'x', 'eval')",
    "deep-expression": "eval('+'.join(['1'] * 200_000))",
    "aborted": "libc.abort()",
    "exited-by-c": "libc.exit(0)",
    "exited-by-a-raw-call": "call(231, 0, arm=94)",
    "another-program": "os.execv('/bin/true', ['true'])",
    "another-program-that-answers": "os.execv(sys.executable, ['python', '-c', 'print(\"forged\")'])",
    "stopped": "import signal; os.kill(os.getpid(), signal.SIGSTOP)",
    "its-group-stopped": "import signal; os.killpg(0, signal.SIGSTOP)",
    "alarm": "import signal; signal.setitimer(signal.ITIMER_REAL, 0.05); time.sleep(1)",
    "not-enough-stack": (
        "import threading; threading.stack_size(32768)\ndef f(): f()\n"
        "t = threading.Thread(target=f); t.start(); t.join()"
    ),
    "faults-handled": "import signal\nsignal.signal(signal.SIGSEGV, lambda *_: None); ctypes.string_at(0)",
    "handler-gone": (
        "import faulthandler, signal\n"
        "faulthandler.disable(); signal.signal(signal.SIGUSR1, signal.SIG_IGN); time.sleep(9)"
    ),
    "sigusr1-blocked": "import signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65)); time.sleep(9)",
    "dumps-that-drip": (
        "import threading\n"
        "def drip():\n    while True: os.write(3, b'.'); time.sleep(0.005)\n"
        "threading.Thread(target=drip).start(); time.sleep(600)"
    ),
    "the-end-of-all-modules": "for m in list(sys.modules): sys.modules[m] = None",
}


@pytest.mark.parametrize("code", ENDS.values(), ids=ENDS.keys())
def test_an_interpreter_that_breaks_takes_nobody_along(attack: Attack, code: str) -> None:
    attempt = attack(code, timeout=1.5)
    assert isinstance(attempt.execution, Execution)
    assert attempt.in_time
    assert attempt.alive or attempt.following.failure is not None
    assert "forged" not in attempt.following.stdout
    if not attempt.alive and attempt.execution.killed:
        assert attempt.following.failure.type == "SessionGone"


# What stays behind when the step is over; each is harmless to the next one, or ends the session.
LEFT = {
    "atexit": "import atexit\nfor _ in range(9): atexit.register(lambda: print('haunted'))",
    "atexit-that-hangs": "import atexit; atexit.register(time.sleep, 600)",
    "finalizer-that-hangs": "class G:\n    def __del__(self): time.sleep(600)\nsys.kept = G()",
    "finalizer-in-a-cycle": "class G:\n    def __del__(self): raise SystemExit\na = G(); a.me = a; del a",
    "finalizer-of-weakref": "import weakref\nclass G: pass\ng = G(); weakref.finalize(g, time.sleep, 600)",
    "finalizer-that-comes-back": "class G:\n    def __del__(self): sys.kept = self\ng = G(); del g",
    "collector-called-back": "import gc; gc.callbacks.append(lambda *_: 1 / 0)",
    "collector-off": "import gc; gc.disable(); gc.set_threshold(1); gc.set_debug(gc.DEBUG_LEAK)",
    "trace": "sys.settrace(lambda *_: print('traced'))",
    "profile": "sys.setprofile(lambda *_: None)",
    "trace-of-threads": (
        "import threading; threading.settrace(lambda *_: 1 / 0); threading.setprofile(lambda *_: 1 / 0)"
    ),
    "audit": "sys.addaudithook(lambda *_: None)",
    "handlers-of-all-signals": (
        "import signal\nfor n in range(1, 65):\n    try: signal.signal(n, lambda *_: print('caught'))\n"
        "    except (OSError, ValueError): pass"
    ),
    "interrupt-later": "import threading, _thread; threading.Timer(0.1, _thread.interrupt_main).start()",
    "alarms-for-ever": (
        "import signal; signal.signal(signal.SIGALRM, lambda *_: 1 / 0); "
        "signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)"
    ),
    "thread": "import threading; threading.Thread(target=time.sleep, args=(600,)).start()",
    "threads-that-print": (
        "import threading\ndef noise():\n    until = time.monotonic() + 5\n"
        "    while time.monotonic() < until: print('noise'); time.sleep(0.05)\nthreading.Thread(target=noise).start()"
    ),
    "exceptions-in-threads": (
        "import threading\n"
        "main, throw = threading.main_thread().ident, ctypes.pythonapi.PyThreadState_SetAsyncExc\n"
        "threading.Timer(0.1, lambda: throw(ctypes.c_ulong(main), ctypes.py_object(KeyboardInterrupt))).start()"
    ),
    "json-patched": "import json; json.dumps = json.loads = lambda *_: {'id': 2, 'exit_code': 0, 'failure': None}",
    "json-encoder-patched": (
        "import json.encoder; json.encoder.JSONEncoder.encode = lambda *_: '{}'; json._default_encoder = None"
    ),
    "open-patched": "import builtins, io; builtins.open = io.open = lambda *_, **__: 1 / 0",
    "len-patched": "import builtins; builtins.len = lambda *_: 10 ** 9; builtins.isinstance = lambda *_: True",
    "print-patched": "import builtins; builtins.print = lambda *_: None",
    "exec-patched": "import builtins; builtins.exec = builtins.compile = lambda *_, **__: None",
    "import-patched": "import builtins; builtins.__import__ = lambda *_, **__: 1 / 0",
    "socket-patched": "import socket; socket.socket.recv = socket.socket.sendall = lambda *_: b''",
    "os-patched": "os.write = os.read = os.dup2 = os.getpid = lambda *_: 0",
    "traceback-patched": "import traceback; traceback.TracebackException.from_exception = lambda *_, **__: 1 / 0",
    "descriptors-closed": "os.closerange(0, 100)",
    "channel-closed": "os.close(4)",
    "channel-over-stdout": "os.dup2(4, 1)",
    "stdout-over-the-channel": "os.dup2(1, 4)",
    "streams-over-each-other": "os.dup2(1, 2); os.dup2(2, 1); os.dup2(0, 1)",
    "streams-into-a-file": "f = os.open('x', os.O_CREAT | os.O_WRONLY); os.dup2(f, 1); os.dup2(f, 2)",
    "stdout-replaced": "import io; sys.stdout = io.StringIO(); sys.__stdout__ = sys.stderr = None",
    "stdout-that-fails": (
        "class S:\n    def write(self, x): raise SystemExit\n"
        "    def flush(self): raise KeyboardInterrupt\nsys.stdout = sys.stderr = S()"
    ),
    "stdout-that-hangs": (
        "class S:\n    def write(self, x): time.sleep(600)\n    def flush(self): time.sleep(600)\nsys.stdout = S()"
    ),
    "channel-not-waiting": "import socket; os.set_blocking(4, False)",
    "channel-shut": "import socket; socket.socket(fileno=os.dup(4)).shutdown(socket.SHUT_RDWR)",
    "main-gone": "del sys.modules['__main__']",
    "builtins-emptied": "__builtins__.__dict__.clear()",
    "recursion-limit": "sys.setrecursionlimit(30)",
    "switch-interval": "sys.setswitchinterval(1000)",
    "integers-without-digits": "sys.set_int_max_str_digits(640)",
    "clock": "time.sleep = time.monotonic = time.time = lambda *_: 0",
    "folder-gone": "os.mkdir('d'); os.chdir('d'); os.rmdir('../d')",
    "environment-emptied": "os.environ.clear(); os.environ['PYTHONPATH'] = '/nowhere'",
    "module-in-the-folder": "open('json.py', 'w').write('1 / 0'); open('socket.py', 'w').write('1 / 0')",
    "module-path": "sys.path[:] = ['.']; sys.meta_path.clear(); sys.path_hooks.clear()",
    "encoding-gone": "import codecs; codecs.register(lambda n: 1 / 0); sys.stdout.reconfigure(encoding='utf-16')",
    "display": "sys.displayhook = lambda v: os._exit(0)",
    "excepthook": "sys.excepthook = sys.unraisablehook = lambda *_: os._exit(0)",
    "linecache": "import linecache; linecache.cache = None; linecache.getlines = None",
    "exit-patched": "os._exit = lambda *_: None; sys.exit = None",
}


@pytest.mark.parametrize("code", LEFT.values(), ids=LEFT.keys())
def test_what_a_step_leaves_behind_ends_with_its_session(session: Any, code: str) -> None:
    session.execute(f"import ctypes, os, sys, time\n{code}", 1, 1.5)
    following = session.execute("print('ali' + 've')\n1/0", 2, 1.5)
    assert following.failure is not None or not following.stdout, "the failure of a step was lost, and its output not"
    started = time.monotonic()
    session.close()
    assert time.monotonic() - started < PATIENCE_SECONDS  # the supervisor did it, unforced


ERRORS = {
    "text-fails": "class E(Exception):\n    def __str__(self): raise self\n    __repr__ = __str__",
    "text-is-none": "class E(Exception):\n    def __str__(self): return None",
    "text-is-endless": "class E(Exception):\n    def __str__(self): return 'x' * 10 ** 8",
    "text-hangs": "class E(Exception):\n    def __str__(self): time.sleep(600)",
    "text-exits": "class E(Exception):\n    def __str__(self): os._exit(0)",
    "text-with-surrogates": "class E(Exception):\n    def __str__(self): return '\\udcff\\x00\\x1b[2J'",
    "text-of-another-kind": (
        "class T(str):\n    def __len__(self): return -1\nclass E(Exception):\n    def __str__(self): return T('x')"
    ),
    "base": "class E(BaseException): pass",
    "exit": "class E(SystemExit):\n    code = property(lambda self: 1 / 0)",
    "exit-zero": "class E(SystemExit):\n    def __init__(self): self.code = 10 ** 400",
    "generator-exit": "E = GeneratorExit",
    "interrupt": "E = KeyboardInterrupt",
    "stop": "E = StopIteration",
    "memory": "E = MemoryError",
    "name-is-hostile": (
        "class M(type):\n    __name__ = property(lambda self: 1 / 0)\nclass E(Exception, metaclass=M): pass"
    ),
    "name-is-no-text": "E = type('\\udcff', (Exception,), {})",
    "class-is-hostile": (
        "class E(Exception):\n    __class__ = property(lambda self: 1 / 0)\n"
        "    def __getattribute__(self, n): raise self"
    ),
    "cause-is-a-loop": "class E(Exception):\n    def __init__(self): self.__cause__ = self; self.__context__ = self",
    "notes-are-hostile": "class E(Exception):\n    __notes__ = property(lambda self: 1 / 0)",
    "notes-are-many": "class E(Exception):\n    def __init__(self): self.__notes__ = ['x' * 1000] * 10_000",
    "traceback-is-set": "class E(Exception):\n    __traceback__ = property(lambda self: 1 / 0)",
    "group-of-itself": (
        "class E(ExceptionGroup):\n"
        "    def __new__(c): return super().__new__(c, 'g', [ValueError(1)])\n"
        "    exceptions = property(lambda self: [self])"
    ),
    "syntax-error-of-lies": (
        "class E(SyntaxError):\n"
        "    def __init__(self): self.lineno = 'x'; self.text = 5; self.filename = self; self.msg = self"
    ),
    "unpickled": "class E(Exception):\n    def __reduce__(self): return os._exit, (0,)",
}


@pytest.mark.parametrize("code", ERRORS.values(), ids=ERRORS.keys())
def test_an_error_that_is_made_to_resist_is_told_all_the_same(attack: Attack, code: str) -> None:
    attempt = attack(f"{code}\nraise E()", timeout=2)
    assert attempt.execution.failure is not None
    attempt.execution.failure.model_dump_json().encode()
    assert len(attempt.execution.failure.model_dump_json()) < 200_000
    assert attempt.alive or attempt.execution.killed
    assert attempt.in_time


SHOWN = {
    "surrogates": "print('\\udcff\\ud800')",
    "surrogates-on-stderr": "print('\\udcff', file=sys.stderr)",
    "binary": "os.write(1, bytes(range(256)) * 20)",
    "binary-on-stderr": "os.write(2, bytes(range(256)) * 20)",
    "half-a-character": "os.write(1, 'é'.encode()[:1])",
    "nulls": "os.write(1, bytes(10_000))",
    "escapes": "print('\\x1b[2J\\x1b]0;title\\x07\\r\\b')",
    "value-whose-text-fails": "class V:\n    def __repr__(self): raise KeyError\nV()",
    "value-whose-text-exits": "class V:\n    def __repr__(self): raise SystemExit\nV()",
    "value-with-surrogates": "'\\udcff'",
}


@pytest.mark.parametrize("code", SHOWN.values(), ids=SHOWN.keys())
def test_whatever_is_shown_can_be_stored(attack: Attack, code: str) -> None:
    attempt = attack(code)
    text = attempt.execution.model_dump_json()
    text.encode("utf-8")
    assert Execution.model_validate_json(text) == attempt.execution
    assert attempt.alive


REACH = (
    "import gc, json\n"
    "frames, frame = [], sys._getframe()\n"
    "while frame: frames.append(frame); frame = frame.f_back\n"
    "names = ('Interpreter', 'Channel', 'Decoder', 'Setting', 'socket')\n"
    "found = [o for o in gc.get_objects() if type(o).__name__ in names]\n"
    "found += [v for f in frames for v in f.f_locals.values() if type(v).__module__.startswith('kaiseki')]\n"
)
REACHED = {
    "a-request-of-its-own": (
        "for o in found:\n    if hasattr(o, 'send'): o.send({'id': 2, 'exit_code': 0, 'stdout': 'forged'})"
    ),
    "methods-replaced": (
        "for o in found:\n"
        "    if type(o).__name__ == 'Interpreter': type(o).execute = lambda *_: {'id': 'x', 'exit_code': 0}"
    ),
    "namespace-replaced": (
        "for o in found:\n"
        "    if type(o).__name__ == 'Interpreter': o._namespace = {}; o._saved_streams = []; o._pid = 0"
    ),
    "buffer-filled": "for o in found:\n    if type(o).__name__ == 'Decoder': o.feed(b'\\xff' * 1000)",
    "channel-closed": "[o.close() for o in found if type(o).__name__ in ('Channel', 'socket')]",
    "names-of-frames-cleared": "for f in frames[1:]:\n    f.f_globals.clear()",
    "frames-traced": "def t(f, e, a): raise SystemExit\nfor f in frames: f.f_trace = t\nsys.settrace(t)",
    "lines-jumped": "for f in frames[1:]:\n    attempt(setattr, f, 'f_lineno', 1)",
    "everything-referred-to": (
        "for o in found:\n    for r in gc.get_referrers(o):\n"
        "        if isinstance(r, dict) and r is not globals(): attempt(r.clear)"
    ),
}


@pytest.mark.parametrize("code", REACHED.values(), ids=REACHED.keys())
def test_the_interpreters_own_objects_lead_no_further(attack: Attack, bystander: Any, code: str) -> None:
    attempt = attack(f"{REACH}{code}\nprint('mine')", timeout=2, patience=1)
    assert "forged" not in attempt.execution.stdout + attempt.following.stdout
    assert attempt.execution.killed in ("", "time", "exit")
    assert attempt.in_time
    assert attempt.alive or attempt.following.failure is not None or attempt.following.stdout == ""
