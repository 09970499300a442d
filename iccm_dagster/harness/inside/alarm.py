"""The interpreter's audit events, watched where tests and implementation share a process.

What the import policy cannot see because names are put together while the program runs, it meets here: frames, code
objects, the garbage collector's lists, ctypes, tracing, refused modules and the text of the tests. The run is over when
foreign code reaches for one of them, by itself or through a library function that does nothing else. An audit hook cannot
be taken off again. Not covered: what the interpreter does not announce, such as the attributes of a frame that was come by
otherwise, or ``sys.modules``.
"""

import os
import sys
import threading
from collections.abc import Callable, Collection
from types import FrameType

_EVENTS = {
    "sys._getframe": "_getframe",
    "sys._current_frames": "_current_frames",
    "sys._current_exceptions": "_current_frames",
    "sys.settrace": "settrace",
    "sys.setprofile": "setprofile",
    "sys.addaudithook": "addaudithook",
    "sys.excepthook": "excepthook",
    "gc.get_objects": "gc",
    "gc.get_referrers": "gc",
    "gc.get_referents": "gc",
    "signal.pthread_kill": "signal",
    "code.__new__": "__code__",
}
"""Event -> the name of the policy that stands for it."""
_MEMBERS = ("object.__getattr__", "object.__setattr__")
_INNARDS = frozenset("__code__ tb_frame f_code gi_frame gi_code cr_frame cr_code ag_frame ag_code".split())
_PATHS = ("open", "os.listdir", "os.scandir", "shutil.copyfile")
# Library code that reaches for these things only because its caller wants them.
_GO_BETWEENS = ("inspect.py", "traceback.py", "linecache.py", "runpy.py", "pkgutil.py", "threading.py")


# What a module of the standard library does for a caller who may import it.
_COMES_WITH = {"inspect": {"_getframe", "__code__"}, "traceback": {"_getframe"}}


def install(
    *, work: str, tests: str, refused: Collection[str], allowed: Collection[str], report: Callable[[str], None]
) -> None:
    """Watch this process from here on.

    ``work`` and ``tests``: the folders of the implementation and of the tests. ``refused``: modules that may not be
    imported. ``allowed``: names and modules of the policy that the original uses as well. ``report`` is called with what
    was tried before the process ends.
    """
    permitted = {name.partition(".")[0] for name in allowed} | set(allowed)
    permitted |= {name for module, names in _COMES_WITH.items() if module in permitted for name in names}
    busy: set[int] = set()
    get_frame, ident, leave = sys._getframe, threading.get_ident, os._exit

    def is_foreign() -> bool:
        """Whether the implementation is who wants it: the nearest frame that is no go-between's."""
        frame: FrameType | None = get_frame(3)
        while frame is not None:
            name = frame.f_code.co_filename
            if name.startswith(work):
                return True
            # Text that was compiled in the process belongs to whoever runs it.
            if not name.startswith("<") and not name.endswith(_GO_BETWEENS):
                return False
            frame = frame.f_back
        return False

    def suspicion(event: str, arguments: tuple) -> str | None:
        if event in _EVENTS:
            name = _EVENTS[event]
        elif event in _MEMBERS and arguments[1] in _INNARDS:
            name = str(arguments[1])
        elif event == "import":
            name = str(arguments[0]).partition(".")[0]
            if name not in refused:
                return None
        elif event in _PATHS and isinstance(arguments[0], (str, bytes)):
            path = os.path.abspath(os.fsdecode(arguments[0]))
            is_test = path == tests or (path.startswith(tests + "/") and path.endswith((".py", ".pyc")))
            return path if is_test and is_foreign() else None
        elif event.startswith("ctypes."):
            name = "ctypes"
        else:
            return None
        return name if name not in permitted and is_foreign() else None

    def hook(event: str, arguments: tuple) -> None:
        me = ident()
        if me in busy:
            return
        busy.add(me)
        try:
            found = suspicion(event, arguments)
            if found is not None:
                report(found)
                leave(71)
        finally:
            busy.discard(me)

    sys.addaudithook(hook)
