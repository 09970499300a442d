"""Answers as models really write them, parsed over the interface of the tiny application (one file) and of a package."""

import json
import random
import time

import pytest

from iccm_dagster.applications.interface import Interface
from iccm_dagster.applications.stubs import Binding, Callable, Module
from iccm_dagster.harness.program import Origin
from iccm_dagster.orchestra.answers import Answer, Finish
from iccm_dagster.orchestra.parsing import Parsed, Refused, parse_answer

F, G = "def first(x):\n    return x\n", "def second(x):\n    return x + 1\n"
BOTH = f"{F}\n\n{G}"


def module(name: str, *functions: str, is_package: bool = False) -> Module:
    made = tuple(
        Callable(
            name=function,
            signature=f"def {function}(x)",
            binding=Binding.FUNCTION,
            is_async=False,
            yields=False,
            decorators=(),
        )
        for function in functions
    )
    return Module(name=name, constants=(), functions=made, classes=(), reexports=(), is_package=is_package)


ONE = Interface(modules=(module("tool", "first", "second"),))
TWO = Interface(modules=(module("kit", is_package=True), module("kit.a", "first"), module("kit.b", "second")))


def parsed(text: str, interface: Interface = ONE, finish: Finish = Finish.STOP) -> Parsed:
    answer = Answer(text=text, finish=finish, tokens_in=1, tokens_out=1, counted=True, seconds=0.0)
    return parse_answer(answer, interface)


def files(text: str, interface: Interface = ONE, finish: Finish = Finish.STOP) -> dict[str, str]:
    """Return path -> names it defines, of the program that an answer holds."""
    made = parsed(text, interface, finish).implementation
    assert made is not None and made.origin is Origin.ENDPOINT
    return {path: " ".join(n for n in ("first", "second") if f"def {n}(" in code) for path, code in made.files.items()}


ONE_FILE = {
    "fenced, as asked for": f"### FILE: tool.py\n```python\n{BOTH}```",
    "fenced without a path": f"Sure! Here it is:\n\n```python\n{BOTH}```\nHope that helps.",
    "fence without a language": f"```\n{BOTH}```",
    "tildes": f"~~~python\n{BOTH}~~~",
    "windows line ends": f"### FILE: tool.py\r\n```python\r\n{BOTH}```\r\n".replace("\n", "\r\n"),
    "path in the fence": f"```python tool.py\n{BOTH}```",
    "path after a colon": f"```python:src/tool.py\n{BOTH}```",
    "path in bold": f"**`tool.py`**\n\n```python\n{BOTH}```",
    "path in a comment": f"```python\n# tool.py\n{BOTH}```",
    "path below another root": f"### FILE: /home/me/project/tool.py\n```python\n{BOTH}```",
    "fence in a docstring": f'```python\ndef first(x):\n    """Say.\n\n```\nfirst(1)\n```\n    """\n    return x\n\n\n{G}```\nDone.',
    "longer fence outside": f"````python\n{BOTH}````",
    "thought before": f"<think>maybe ```python\nbroken(\n```</think>```python\n{BOTH}```",
    "one fence per function": f"First:\n```python\n{F}```\nThen:\n```python\n{G}```",
    "usage after the code": f"```python\n{BOTH}```\nUse it so:\n```python\nprint(first(1))\n```\n```bash\npython tool.py\n```",
    "a second, better version": f"```python\n{F}```\nSorry, I forgot one.\n```python\n{BOTH}```",
    "plain code": BOTH,
    "plain code after prose": f"Here is the program.\n\n{BOTH}",
    "plain code between prose": f"Here is the program:\n\n{BOTH}\nThis program has two functions; it's simple.",
    "plain code with a mark": f"# file: tool.py\n{BOTH}",
    "JSON of paths": json.dumps({"tool.py": BOTH}),
    "JSON of files": json.dumps({"files": [{"path": "tool.py", "content": BOTH}]}),
    "JSON, nested": json.dumps({"files": {"tool.py": BOTH}, "notes": "none"}),
    "JSON, one file": json.dumps({"filename": "tool.py", "code": BOTH}),
    "JSON in a fence": f"```json\n{json.dumps({'tool.py': BOTH})}\n```",
}


@pytest.mark.parametrize("text", ONE_FILE.values(), ids=ONE_FILE.keys())
def test_one_file(text):
    assert files(text) == {"tool.py": "first second"}


INIT = "from kit.a import first\nfrom kit.b import second\n"
PACKAGE = {
    "fenced": f"### FILE: kit/__init__.py\n```python\n{INIT}```\n### FILE: kit/a.py\n```python\n{F}```\n### FILE: kit/b.py\n```python\n{G}```",
    "unnamed, told apart by their names": f"```python\n{F}```\n```python\n{G}```\n### FILE: kit/__init__.py\n```python\n{INIT}```",
    "in one fence, with marks": f"```python\n# file: kit/__init__.py\n{INIT}\n# file: kit/a.py\n{F}\n# file: kit/b.py\n{G}```",
    "unfenced, with marks": f"### FILE: kit/__init__.py\n{INIT}\n### FILE: kit/a.py\n{F}\n### FILE: kit/b.py\n{G}",
    "JSON": json.dumps({"kit/__init__.py": INIT, "kit/a.py": F, "kit/b.py": G}),
}


@pytest.mark.parametrize("text", PACKAGE.values(), ids=PACKAGE.keys())
def test_several_files(text):
    assert files(text, TWO) == {"kit/__init__.py": "", "kit/a.py": "first", "kit/b.py": "second"}


def test_a_private_module_inside_a_package_comes_along_and_a_missing_file_is_named():
    made = parsed(f"### FILE: kit/_deep/help.py\n```python\nX = 1\n```\n### FILE: kit/a.py\n```python\n{F}```", TWO)
    assert set(made.implementation.files) == {"kit/_deep/help.py", "kit/a.py"}
    assert made.remarks == ("kit/__init__.py is missing", "kit/b.py is missing")


CUT = f"{F}\n\ndef second(x):\n    if x:\n        return ["
TRUNCATED = {
    "open fence": f"### FILE: tool.py\n```python\n{CUT}",
    "unfenced": CUT,
    "JSON": '{"tool.py": "' + CUT.replace("\n", "\\n"),
}


@pytest.mark.parametrize("text", TRUNCATED.values(), ids=TRUNCATED.keys())
def test_a_truncated_answer_keeps_its_whole_statements(text):
    assert files(text, finish=Finish.LENGTH) == {"tool.py": "first"}
    assert "cut off at the limit of tokens" in parsed(text, finish=Finish.LENGTH).remarks


def test_a_truncated_package_keeps_the_files_before_the_cut():
    text = f"### FILE: kit/a.py\n```python\n{F}```\n### FILE: kit/b.py\n```python\ndef sec"
    assert files(text, TWO, Finish.LENGTH) == {"kit/a.py": "first"}


REFUSED = {
    "nothing": ("", Finish.STOP, Refused.EMPTY),
    "blank": (" \n\n", Finish.STOP, Refused.EMPTY),
    "thought only": ("<think>hm", Finish.LENGTH, Refused.NO_CODE),
    "an apology": ("I'm sorry, but I cannot write this program.", Finish.STOP, Refused.NO_CODE),
    "one word": ("Sure", Finish.STOP, Refused.NO_CODE),
    "HTML": ("<html><body>502</body></html>", Finish.STOP, Refused.NO_CODE),
    "JSON of something else": ('{"error": "overloaded"}', Finish.STOP, Refused.NO_CODE),
    "broken Python": ("```python\ndef first(x:\n    return\n```", Finish.STOP, Refused.SYNTAX),
    "another language": ("```javascript\nfunction first(x) { return x }\n```", Finish.STOP, Refused.SYNTAX),
    "other names": ("```python\ndef third():\n    return 3\n```", Finish.STOP, Refused.FOREIGN),
    "another file": (f"### FILE: other.py\n```python\n{F}```", Finish.STOP, Refused.FOREIGN),
    "null bytes": ("```python\ndef first(x): return '\0'\n```", Finish.STOP, Refused.SYNTAX),
    "too deep": ("```python\nfirst = " + "(" * 5000 + ")" * 5000 + "\n```", Finish.STOP, Refused.SYNTAX),
    "withheld": ("", Finish.FILTERED, Refused.FILTERED),
    "prompt too long": ("", Finish.TOO_LONG, Refused.TOO_LONG),
}


@pytest.mark.parametrize(("text", "finish", "refusal"), REFUSED.values(), ids=REFUSED.keys())
def test_everything_else_is_a_named_refusal(text, finish, refusal):
    made = parsed(text, finish=finish)
    assert made.implementation is None and made.refusal is refusal


FOREIGN = [
    "conftest.py", "tests/test_tool.py", "test_tool.py", "../tool2.py", "/etc/cron.py", "json.py", "sitecustomize.py",
    "pytest.py", "kit2/tool3.py", "_pytest/main.py", "tool/__init__.py",
]  # fmt: skip


@pytest.mark.parametrize("path", FOREIGN)
def test_files_that_nobody_asked_for_are_left_out_and_named(path):
    made = parsed(f"### FILE: tool.py\n```python\n{BOTH}```\n### FILE: {path}\n```python\nprint('in')\n```")
    assert set(made.implementation.files) == {"tool.py"}
    assert made.remarks == (f"left out: {path}",)


@pytest.mark.parametrize("path", ["kit/test_a.py", "kit/conftest.py", "kit/../../a.py", "kit/a b.py", "kit/x.pth"])
def test_a_package_takes_in_no_tests_and_no_strange_paths(path):
    made = parsed(json.dumps({"kit/a.py": F, path: "X = 1\n"}), TWO)
    assert set(made.implementation.files) == {"kit/a.py"}


def test_whatever_a_model_writes_becomes_a_program_or_a_refusal_and_only_files_of_the_interface():
    """Every good answer is cut, and pieces of answers are put together at random."""
    dice = random.Random(0)
    good = [*ONE_FILE.values(), *TRUNCATED.values(), *(text for text, *_ in REFUSED.values())]
    pieces = [
        "```",
        "```python\n",
        "~~~",
        "{",
        '"tool.py": "',
        "\\",
        "\0",
        "\ud800",
        "# file: tool.py\n",
        F,
        G,
        "    ",
        ")",
    ]
    cut = [text[: dice.randrange(len(text))] for text in good if text for _ in range(12)]
    mixed = ["".join(dice.choices(pieces, k=dice.randrange(1, 12))) for _ in range(600)]
    for text in cut + mixed:
        made = parsed(text, finish=dice.choice([Finish.STOP, Finish.LENGTH]))
        assert (made.implementation is None) is (made.refusal is not None)
        assert made.implementation is None or set(made.implementation.files) == {"tool.py"}


@pytest.mark.parametrize(
    "line", [" " * 50_000 + "x", "`" * 50_000, "# " * 30_000, "a/" * 30_000, "```" + " " * 50_000 + "`"]
)
def test_long_lines_take_no_long_time(line):
    started = time.process_time()
    parsed(f"{line}\n```python\n{BOTH}```\n{line}")
    assert time.process_time() - started < 2, "milliseconds; a search that goes back and forth takes minutes"
