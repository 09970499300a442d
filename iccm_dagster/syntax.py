"""Python source -> syntax tree, one at a time.

CPython up to 3.12 counts the depth of the tree it builds once for all threads: two threads that parse at the same time can
end in "SystemError: AST constructor recursion depth mismatch", which takes a sound program for a broken one.

Not covered: parsing by a library in another thread at the same moment.
"""

import ast
import threading

_ONE_AT_A_TIME = threading.Lock()


def parse(source: str, *, mode: str = "exec") -> ast.AST:
    """Return `ast.parse` of a source; safe in threads.

    Raises:
        SyntaxError: It is not Python.
        ValueError: It holds a null byte.
    """
    with _ONE_AT_A_TIME:
        return ast.parse(source, mode=mode)
