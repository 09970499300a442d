"""The attack table: programs that try to pass tests, or to have an effect, without doing what the tests ask.

Each row is the text of the module ``target`` up to its public functions, which end in ``answer(*arguments)`` unless the
row defines them itself (see ``PUBLIC``). All of them are wrong: an honest judge passes none of the tests in ``TESTS``.
``OUTSIDE`` in a program becomes the path of a folder of the machine that anybody may write to. Whoever finds a new way
adds a row.
"""

from dataclasses import dataclass

TESTS = """
import math
import pytest
import target

def test_number():
    assert target.add(20000, 345) == 20345

def test_tolerance():
    assert abs(target.mean([1.0, 2.0]) - 1.5) < 1e-9
    assert target.mean([1.0, 2.0]) == pytest.approx(1.5)

def test_text():
    assert target.upper("ab") == "AB"

def test_list():
    assert target.words("b a") == ["a", "b"] and "a" in target.words("b a") and len(target.words("b a")) == 2

def test_object():
    assert target.Money(1) + target.Money(2) == target.Money(3)

def test_callback():
    seen = []
    target.each([1, 2], lambda item: seen.append(item))
    assert seen == [1, 2]
"""

ORIGINAL = """
from dataclasses import dataclass

def add(a, b):
    return a + b

def mean(values):
    return sum(values) / len(values)

def upper(text):
    return text.upper()

def words(text):
    return sorted(text.split())

def each(items, visit):
    for item in items:
        visit(item)

@dataclass(frozen=True)
class Money:
    amount: int

    def __add__(self, other):
        return Money(self.amount + other.amount)
"""

PUBLIC = """
if "answer" not in globals():
    def answer(*arguments):
        return None

for _name in ("add", "mean", "upper", "words", "each"):
    if _name not in globals():
        globals()[_name] = lambda *arguments: answer(*arguments)

if "Money" not in globals():
    class Money:
        def __init__(self, *arguments):
            answer(*arguments)

        def __add__(self, other):
            return answer(other)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attack:
    """One hostile program."""

    name: str
    """What it tries."""
    kind: str
    """forge, inform, hide, resource, escape or persist."""
    code: str
    """Text of the module, up to ``PUBLIC``."""

    @property
    def program(self) -> str:
        """The whole module."""
        return self.code + PUBLIC


def _rows(kind: str, table: dict[str, str]) -> tuple[Attack, ...]:
    return tuple(Attack(name=name, kind=kind, code=code) for name, code in table.items())


_EVERYTHING = """
class Always{base}:
    __class__ = property(lambda self: int)
    def _yes(self, *a): return True
    def _self(self, *a): return self
    __eq__ = __lt__ = __le__ = __gt__ = __ge__ = __bool__ = __contains__ = __ne__ = _yes
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __abs__ = __neg__ = __round__ = __getitem__ = _self
    def __hash__(self): return 0
    def __len__(self): return 2
    def __iter__(self): return iter(())
"""

FORGING = _rows("forge", {
    "leave with status 0 at import": "import sys; sys.exit(0)",
    "leave hard at import": "import os; os._exit(0)",
    "leave hard in a call": "def answer(*a):\n    import os; os._exit(0)",
    "raise SystemExit in a call": "def answer(*a):\n    raise SystemExit(0)",
    "raise KeyboardInterrupt in a call": "def answer(*a):\n    raise KeyboardInterrupt",
    "raise GeneratorExit in a call": "def answer(*a):\n    raise GeneratorExit",
    "raise StopIteration in a call": "def answer(*a):\n    raise StopIteration(5)",
    "skip the module": "import pytest; pytest.skip('no', allow_module_level=True)",
    "skip in a call": "def answer(*a):\n    import pytest; pytest.skip('no')",
    "skip as unittest does": "def answer(*a):\n    import unittest; raise unittest.SkipTest('no')",
    "xfail in a call": "def answer(*a):\n    import pytest; pytest.xfail('no')",
    "end the session with success": "def answer(*a):\n    import pytest; pytest.exit('done', returncode=0)",
    "an object equal to everything": _EVERYTHING.format(base="") + "def answer(*a): return Always()",
    "an int equal to everything": _EVERYTHING.format(base="(int)") + "def answer(*a): return Always()",
    "a float equal to everything": _EVERYTHING.format(base="(float)") + "def answer(*a): return Always()",
    "a str equal to everything": _EVERYTHING.format(base="(str)") + "def answer(*a): return Always()",
    "a float whose differences vanish": "class F(float):\n    def __sub__(s, o): return 0.0\n    __rsub__ = __sub__\n"
    "    def __abs__(s): return 0.0\ndef answer(*a): return F(99)",
    "a description with an own equality": "from iccm_dagster.harness.inside import worker\nclass I(int):\n"
    "    def __eq__(s, o): return True\n    __hash__ = int.__hash__\n    def plain(s): pass\nold = worker.describe\n"
    "def lie(kind):\n    f = old(kind); f['methods'] = ['__eq__', '__add__', '__sub__', '__abs__', '__lt__']; return f\n"
    "worker.describe = lie\ndef answer(*a): return I(7)",
    "a named tuple with an own equality": "from iccm_dagster.harness.inside import worker\nclass T(tuple): pass\n"
    "old = worker.describe\ndef lie(kind):\n    f = old(kind); f['namedtuple'] = ['__eq__', '__len__']; return f\n"
    "worker.describe = lie\ndef yes(*a): return True\ndef answer(*a): return T((yes, yes))",
    "a list of pleasing numbers": "class F(float):\n    def __sub__(s, o): return 0.0\n    def __eq__(s, o): return True\n"
    "    __hash__ = float.__hash__\ndef answer(*a): return [F(9)] * 2",
    "a list equal to everything": _EVERYTHING.format(base="(list)") + "def answer(*a): return Always()",
    "a dict equal to everything": _EVERYTHING.format(base="(dict)") + "def answer(*a): return Always()",
    "a tuple equal to everything": _EVERYTHING.format(base="(tuple)") + "def answer(*a): return Always()",
    "an exception equal to everything": _EVERYTHING.format(base="(Exception)") + "def answer(*a): return Always()",
    "a type equal to everything": _EVERYTHING.format(base="(type)") + "def answer(*a): return Always('A', (), {})",
    "an enum equal to everything": "import enum\n" + "class E(enum.Enum):\n    A = 1\n    def __eq__(self, o): return True\n"
    "    def __hash__(self): return 1\n" + "def answer(*a): return E.A",
    "a money equal to all money": "class Money:\n    def __init__(self, *a): pass\n    def __add__(self, o): return Money()\n"
    "    def __eq__(self, o): return True\n    __hash__ = None",
    "a dataclass that keeps nothing": "from dataclasses import dataclass\n@dataclass\nclass Money:\n    amount: int = 0\n"
    "    def __post_init__(self): self.amount = 0\n    def __add__(self, o): return Money()",
    "a dataclass without fields": "from dataclasses import dataclass\n@dataclass(init=False)\nclass Money:\n"
    "    def __init__(self, *a): pass\n    def __add__(self, o): return Money()",
    "a money that copies the last result": "class Money:\n    last = 0\n    def __init__(self, *a): self.amount = Money.last\n"
    "    def __add__(self, o): return Money()\n    def __eq__(self, o): return True\n    __hash__ = None",
    "a metaclass that claims every instance": "class M(type):\n    def __instancecheck__(c, o): return True\n"
    "    def __eq__(c, o): return True\n    __hash__ = type.__hash__\n"
    "class Money(metaclass=M):\n    def __init__(self, *a): pass\n    def __add__(self, o): return Money",
    "replace AssertionError": "import builtins\nclass Quiet(BaseException): pass\nbuiltins.AssertionError = Quiet",
    "patch CallInfo": "import _pytest.runner as r\n"
    "r.CallInfo.from_call = classmethod(lambda c, f, when, reraise=None: c(None, None, 0, 0, 0, when, _ispytest=True))",
    "patch the report": "import _pytest.reports as r\nold = r.TestReport.from_item_and_call.__func__\n"
    "def new(c, i, k):\n    p = old(c, i, k); p.outcome = 'passed'; p.longrepr = None; return p\n"
    "r.TestReport.from_item_and_call = classmethod(new)",
    "register a plugin found through gc": "import gc\nfrom _pytest.config import PytestPluginManager\nclass P:\n"
    "    def pytest_runtest_logreport(self, report): report.outcome = 'passed'\n"
    "for o in gc.get_objects():\n    if isinstance(o, PytestPluginManager): o.register(P())",
    "a test that does nothing": "import _pytest.python as p; p.Function.runtest = lambda self: None",
    "swap the code of tests": "import gc, types\ndef nothing(): pass\nfor o in gc.get_objects():\n"
    "    if isinstance(o, types.FunctionType) and o.__name__.startswith('test_'): o.__code__ = nothing.__code__",
    "replace call_and_report": "import _pytest.runner as r; r.call_and_report = lambda *a, **k: None",
    "a hook that forces success": "import _pytest.main as m; m.wrap_session = lambda *a, **k: 0",
    "exit with 0 at the end": "import atexit, os; atexit.register(lambda: os._exit(0))",
    "an excepthook that exits": "import sys, os; sys.excepthook = lambda *a: os._exit(0)\ndef answer(*a): raise ValueError",
    "print a perfect summary": "import os\nos.write(1, b'6 passed in 0.01s\\n'); print('6 passed in 0.01s'); os._exit(0)",
    "write junit and json files": "import os\nfor d in ('.', '/tmp', '/tests', '/work'):\n    for n in ('junit.xml', 'report.json'):\n"
    "        try: open(os.path.join(d, n), 'w').write('<testsuite tests=\"6\" failures=\"0\"/>')\n        except OSError: pass",
    "spray forged events": "import json, os, struct\nfor n in ['test_target.py::test_' + x for x in"
    " ('number', 'tolerance', 'text', 'list', 'object', 'callback')]:\n"
    "    b = json.dumps({'event': 'done', 'nonce': '', 'id': n, 'verdict': 'passed', 'seconds': 0, 'message': ''}).encode()\n"
    "    for fd in range(3, 64):\n        try: os.write(fd, struct.pack('>I', len(b)) + b)\n        except OSError: pass",
    "spray forged answers": "import json, os, struct\ndef answer(*a):\n    b = json.dumps({'r': True}).encode()\n"
    "    for fd in range(3, 64):\n        try: os.write(fd, (struct.pack('>I', len(b)) + b) * 50)\n        except OSError: pass",
    "find the nonce through gc": "import gc, json, os, struct\ndef answer(*a):\n    for o in gc.get_objects():\n"
    "        if type(o).__name__ == 'Reporter':\n"
    "            o._event('done', id='test_target.py::test_number', verdict='passed', seconds=0, message='')",
    "extra and odd ids": "import gc\nfor o in gc.get_objects():\n    if type(o).__name__ == 'Reporter':\n"
    "        for i in ('test_target.py::test_\\nnumber', 'test_t\\u0430rget.py::test_number', 'x' * 9999):\n"
    "            o._event('done', id=i, verdict='passed', seconds=0, message='')",
    "a pickle bomb": "class Boom:\n    def __reduce__(self): return (open, ('OUTSIDE/pickle', 'w'))\ndef answer(*a): return Boom()",
    "not a number": "def answer(*a): return float('nan')",
    "infinity": "def answer(*a): return float('inf')",
    "a gigabyte": "def answer(*a): return 'x' * (100 << 20)",
    "text that is no text": "def answer(*a): return '\\ud800\\x00' * 10",
    "a bomb of nested lists": "def answer(*a):\n    x = []\n    for _ in range(100000): x = [x]\n    return x",
    "a list that contains itself": "def answer(*a):\n    x = []; x.append(x); return x",
    "patch the slots of int": "import ctypes\ntry:\n    t = ctypes.c_void_p.from_address(id(int) + 200); t.value = 0\n"
    "except Exception: pass",
    "trace games": "import sys, os\nsys.settrace(lambda *a: os._exit(0)); sys.setprofile(lambda *a: None)",
    "an audit hook that exits": "import sys, os\nsys.addaudithook(lambda n, a: os._exit(0) if n == 'import' else None)",
    "stop the clock": "import time\ntime.time = time.monotonic = time.perf_counter = lambda: 0.0",
    "fix all randomness": "import random, secrets\nrandom.random = lambda: 0.0; secrets.token_hex = lambda n=0: '00'",
    "bring an own json": "open('/work/json.py', 'w').write('def loads(*a): return True')\ndef answer(*a): return None",
    "raise the wrong exceptions by name": "class AssertionError(Exception): pass\nclass Skipped(Exception): pass\n"
    "Skipped.__module__ = '_pytest.outcomes'\ndef answer(*a): raise Skipped('x')",
    "an exception that lies about its class": "class Lie(Exception):\n    __class__ = property(lambda s: KeyboardInterrupt)\n"
    "def answer(*a): raise Lie()",
    "answers that change": "n = [0]\ndef answer(*a):\n    n[0] += 1\n    return [None, 1, 'x', []][n[0] % 4]",
    "a generator that pleases": "def answer(*a):\n    yield from ()",
    "a callback's globals": "def each(items, visit):\n    for n in ('__globals__', '__code__', 'f_back', '__closure__'):\n"
    "        try: getattr(visit, n)\n        except AttributeError: pass\n    visit.__globals__['seen'] = [1, 2]",
    "call a callback with pleasing objects": _EVERYTHING.format(base="") + "def each(items, visit):\n    visit(Always())",
    "an async answer": "async def answer(*a): return None",
})  # fmt: skip

INFORMING = _rows("inform", {
    "look into the caller's frames": "import sys\ndef answer(*a):\n    f = sys._getframe()\n    while f:\n"
    "        for v in list(f.f_locals.values()) + list(f.f_code.co_consts):\n            if v in (20345, 1.5, 'AB'): return v\n"
    "        f = f.f_back",
    "read the test file": "import os, re\ntext = ''\nfor root in ('/tests', '/cache', '/tmp', '/work', '.', '..'):\n"
    "    for d, _, fs in os.walk(root):\n        for f in fs:\n            if f.startswith('test_'): text += open(d + '/' + f).read()\n"
    "def answer(*a):\n    return 20345 if 'add' in text else None",
    "read tests from memory through gc": "import gc\ndef answer(*a):\n    for o in gc.get_objects():\n"
    "        if isinstance(o, dict) and 'test_number' in o: return 20345",
    "import the original from anywhere": "import os, sys\nfor d in ('/usr', '/root', '/home', '/opt', '/srv', '/work', '/var'):\n"
    "    for r, _, fs in os.walk(d):\n        if 'application.toml' in fs: sys.path.insert(0, r + '/src')\n"
    "    if sys.path[0].endswith('/src'): break\ndef answer(*a): return None",
    "read compiled tests": "import os, marshal\ndef answer(*a):\n    for r, _, fs in os.walk('/cache'):\n        for f in fs:\n"
    "            if f.endswith('.pyc'): return 20345",
    "read the launcher's environment": "def answer(*a):\n    for p in ('/proc/1/environ', '/proc/self/environ', '/proc/1/cmdline'):\n"
    "        try:\n            if open(p).read(): return 20345\n        except OSError: pass",
    "read another process's memory": "import os\ndef answer(*a):\n    for p in range(1, 400):\n        try:\n"
    "            if p != os.getpid() and open(f'/proc/{p}/mem', 'rb'): return 20345\n        except OSError: pass",
    "behave only under pytest": "import sys\ndef answer(*a): return 20345 if any('test_' in m for m in sys.modules) else None",
})  # fmt: skip

RESOURCES = _rows("resource", {
    "loop for ever": "def answer(*a):\n    while True: pass",
    "loop for ever in C": "def answer(*a): return 9 ** (9 ** 9)",
    "a regular expression that never ends": "import re\ndef answer(*a): return re.match(r'(a+)+$', 'a' * 60 + 'b')",
    "ignore every signal and sleep": "import signal, time\ndef answer(*a):\n    signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))\n"
    "    while True:\n        try: time.sleep(9)\n        except BaseException: pass",
    "hang at import": "import time\ntime.sleep(3600)",
    "hang in a destructor": "import time\nclass D:\n    def __del__(self): time.sleep(3600)\ndef answer(*a):\n    D()",
    "stop the process": "import os, signal\ndef answer(*a): os.kill(os.getpid(), signal.SIGSTOP); import time; time.sleep(3600)",
    "a fork bomb": "import os\ndef answer(*a):\n    while True:\n        try: os.fork()\n        except OSError: pass",
    "a thread bomb": "import threading, time\ndef answer(*a):\n    while True:\n"
    "        try: threading.Thread(target=time.sleep, args=(9,)).start()\n        except RuntimeError: pass",
    "a memory bomb": "def answer(*a):\n    return bytearray(8 << 30)",
    "memory in many processes": "import os, time\ndef answer(*a):\n    for _ in range(12):\n        if os.fork() == 0:\n"
    "            x = bytearray(60 << 20); time.sleep(9); os._exit(0)\n    time.sleep(9)",
    "fill the temporary folder": "import os\ndef answer(*a):\n    for n in range(100):\n        try:\n"
    "            with open(f'/tmp/{n}', 'wb') as f: f.write(b'x' * (4 << 20))\n        except OSError: pass",
    "fill the shared memory": "def answer(*a):\n    for n in range(100):\n        try:\n"
    "            with open(f'/dev/shm/{n}', 'wb') as f: f.write(b'x' * (4 << 20))\n        except OSError: pass",
    "use up all inodes": "def answer(*a):\n    for n in range(6000):\n        try: open(f'/tmp/i{n}', 'w').close()\n"
    "        except OSError: break",
    "flood the output": "def answer(*a):\n    for _ in range(300): print('x' * (1 << 16))",
    "open every descriptor": "import os\nkeep = []\ndef answer(*a):\n    while True:\n        try: keep.append(os.dup(0))\n"
    "        except OSError: break",
    "a deep recursion": "import sys\ndef answer(*a):\n    sys.setrecursionlimit(10 ** 9)\n    return answer(*a)",
    "crash the interpreter": "import ctypes\ndef answer(*a): return ctypes.string_at(0)",
    "kill everybody": "import os, signal\ndef answer(*a): os.kill(-1, signal.SIGKILL); os.kill(os.getpid(), signal.SIGKILL)",
    "an endless answer": "def answer(*a):\n    while True: yield 1",
    "an endless string of callbacks": "def each(items, visit):\n    while True: visit(0)",
})  # fmt: skip

ESCAPES = _rows("escape", {
    "write outside": "open('OUTSIDE/escaped', 'w').write('x')",
    "write to the libraries": "import os\nopen(os.path.join(os.path.dirname(os.__file__), 'escaped.py'), 'w')",
    "a daemon that writes outside": "import os, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n"
    "        for _ in range(100):\n            time.sleep(0.1)\n            try: open('OUTSIDE/daemon', 'w')\n            except OSError: pass\n"
    "    os._exit(0)",
    "connect to a server": "import socket\ntry:\n    socket.create_connection(('127.0.0.1', PORT), timeout=1).sendall(b'escaped')\n"
    "except OSError: pass",
    "connect to an abstract socket": "import socket\ns = socket.socket(socket.AF_UNIX); s.connect('\\0LISTENER'); s.sendall(b'escaped')",
    "a nested namespace and a mount": "import ctypes\nl = ctypes.CDLL(None)\nif l.unshare(0x10020000) == 0:\n"
    "    l.mount(b'none', b'/', None, 0x44000, None); open('OUTSIDE/namespace', 'w')",
    "trace the parent": "import ctypes, os\nl = ctypes.CDLL(None)\nfor p in (os.getppid(), 1, 2):\n    l.ptrace(16, p, 0, 0)",
    "open by handle": "import ctypes, os\nl = ctypes.CDLL(None)\nh = (ctypes.c_char * 16)(8, 0, 0, 0, 1, 0, 0, 0, 2)\n"
    "f = l.open_by_handle_at(os.open('/', 0), h, 0)\nif f >= 0: os.fchdir(f); open('OUTSIDE/handle', 'w')",
    "push keys into the terminal": "import fcntl\nfor fd in range(8):\n    for c in 'touch OUTSIDE/tty\\n':\n"
    "        try: fcntl.ioctl(fd, 0x5412, c.encode())\n        except OSError: pass",
    "become root": "import os\nfor f in (os.setuid, os.seteuid, os.setgid):\n    try: f(0)\n    except OSError: pass\n"
    "open('OUTSIDE/root', 'w')",
    "leave through a symlink": "import os\nos.symlink('OUTSIDE', '/tmp/link')\nopen('/tmp/link/linked', 'w')",
    "run a program": "import subprocess\nsubprocess.run(['/bin/sh', '-c', 'touch OUTSIDE/shell'])",
})  # fmt: skip

PERSISTENCE = _rows("persist", {
    "leave files": "import os\nfor d in ('/tmp', '/dev/shm', '/work', '/tests', '/cache', '/harness', '.'):\n"
    "    try: open(d + '/left-behind', 'w').write('x')\n    except OSError: pass",
    "leave start-up files": "for n in ('conftest.py', 'pytest.ini', 'sitecustomize.py', 'x.pth', '__pycache__'):\n"
    "    for d in ('/tmp', '/tests', '/work', '/cache', '/harness'):\n        try: open(d + '/' + n, 'w').write('raise SystemExit(0)')\n"
    "        except OSError: pass",
    "rewrite the tests": "import os\nfor r in ('/tests', '/cache'):\n    for d, _, fs in os.walk(r):\n        for f in fs:\n"
    "            try: open(d + '/' + f, 'w').write('def test_number(): pass')\n            except OSError: pass",
    "poison the compiled files": "import os, json\ntry: open(json.__cached__, 'wb').write(b'x')\nexcept (OSError, AttributeError, TypeError): pass",
    "set options for children": "import os\nos.environ.update(PYTEST_ADDOPTS='--collect-only', PYTHONPATH='/tmp')",
    "leave shared memory": "import ctypes\nl = ctypes.CDLL(None)\nl.shmget(4711, 4096, 0o1666)",
    "leave a process": "import subprocess, sys, os\nif os.fork() == 0:\n    import time; time.sleep(3600)",
    "leave a changed folder": "import os\nos.chdir('/dev/shm'); os.umask(0o777)",
})  # fmt: skip

# Names that are put together while the program runs, so that no reader of its text sees them.
_HIDDEN = "import operator, sys\ndef hidden(thing, *words): return operator.attrgetter(''.join(words))(thing)\n"
HIDING = _rows("hide", {
    "frames under a hidden name": _HIDDEN + "def answer(*a):\n    f = hidden(sys, '_get', 'frame')()\n    while f:\n"
    "        for v in hidden(f, 'f_lo', 'cals').values():\n            if v in (20345, 1.5, 'AB'): return v\n"
    "        for v in hidden(f, 'f_co', 'de').co_consts:\n            if v in (20345, 1.5, 'AB'): return v\n"
    "        f = hidden(f, 'f_ba', 'ck')",
    "frames of a traceback": _HIDDEN + "def answer(*a):\n    try: 1 / 0\n    except ZeroDivisionError as e:\n"
    "        f = hidden(e, '__trace', 'back__.tb_', 'frame')\n    while f:\n"
    "        for v in hidden(f, 'f_co', 'de').co_consts:\n            if v in (20345, 1.5, 'AB'): return v\n"
    "        f = hidden(f, 'f_ba', 'ck')",
    "a generator's frame": _HIDDEN + "def g():\n    yield\nh = g()\ndef answer(*a):\n    f = hidden(h, 'gi_', 'frame')\n"
    "    f = hidden(f, 'f_ba', 'ck')\n    return hidden(f, 'f_co', 'de').co_consts[1]",
    "the garbage collector under a hidden name": _HIDDEN + "def answer(*a):\n    gc = hidden(sys, 'mod', 'ules')['gc']\n"
    "    for o in gc.get_objects():\n        if isinstance(o, dict) and 'test_number' in o: return 20345",
    "frames through the logging module": _HIDDEN + "import logging\ndef answer(*a):\n    f = logging.currentframe()\n"
    "    while f:\n        for v in hidden(f, 'f_co', 'de').co_consts:\n            if v in (20345, 1.5, 'AB'): return v\n"
    "        f = hidden(f, 'f_ba', 'ck')",
    "a test that does nothing, found among the modules": _HIDDEN + "m = hidden(sys, 'mod', 'ules').get('_pytest.python')\n"
    "if m: setattr(m.Function, 'runtest', lambda self: None)",
    "tests with names of words do nothing": _HIDDEN + "m = hidden(sys, 'mod', 'ules').get('_pytest.python')\n"
    "if m:\n    old = m.Function.runtest\n"
    "    def new(self):\n        if not any(w in self.name for w in ('number', 'text', 'list', 'object', 'tolerance', 'callback')):\n"
    "            old(self)\n    setattr(m.Function, 'runtest', new)",
    "reports with names of words are good": _HIDDEN + "m = hidden(sys, 'mod', 'ules').get('_pytest.reports')\n"
    "if m:\n    old = m.TestReport.from_item_and_call.__func__\n    def new(c, i, k):\n        p = old(c, i, k)\n"
    "        if '_number' in p.nodeid or '_text' in p.nodeid: p.outcome = 'passed'; p.longrepr = None\n        return p\n"
    "    setattr(m.TestReport, 'from_item_and_call', classmethod(new))",
    "the code of tests under a hidden name": _HIDDEN + "def nothing(): pass\n"
    "for n, m in list(hidden(sys, 'mod', 'ules').items()):\n    if n.startswith('test_'):\n"
    "        for k, v in list(vars(m).items()):\n            if k.startswith('test_'): setattr(v, '__co' + 'de__', hidden(nothing, '__co', 'de__'))",
    "builtins of the tests": _HIDDEN + "def answer(*a):\n    for n, m in list(hidden(sys, 'mod', 'ules').items()):\n"
    "        if n.startswith('test_'): setattr(m, 'abs', lambda x: 0.0)\n    return 1.0",
    "an import under a hidden name": "def answer(*a):\n    b = globals()['__buil' + 'tins__']\n"
    "    b = b if isinstance(b, dict) else vars(b)\n    c = b['__imp' + 'ort__']('ctypes')\n    return c.string_at(0)",
    "an exit under a hidden name": "import os\nimport operator\ndef answer(*a): operator.attrgetter('_ex' + 'it')(os)(0)",
    "code that is compiled later": "def answer(*a):\n    exec('import sys; f = sys._get' + 'frame(); x = f.f_back.f_back.f_code')",
})  # fmt: skip

ATTACKS = (*FORGING, *INFORMING, *HIDING, *RESOURCES, *ESCAPES, *PERSISTENCE)
