import pytest
from textmold import RenderError, TemplateSyntaxError, apply_filter, compile_template, escape, filter_names, lookup


def fill(text, others=None, **values):
    """Compile and render a template with the given values."""
    return compile_template(text).render(
        values, {name: compile_template(body) for name, body in (others or {}).items()}
    )


@pytest.mark.requirement("R1")
def test_values_replace_their_tags():
    assert fill("Hello {{ name }}, {{n}}{{ n }}!\n", name="Ann", n=2) == "Hello Ann, 22!\n"
    assert fill("") == ""


@pytest.mark.requirement("R1")
def test_none_and_truth_values_have_their_text():
    assert fill("[{{ a }}|{{ b }}|{{ c }}|{{ d }}]", a=None, b=True, c=False, d=1.5) == "[|true|false|1.5]"


@pytest.mark.requirement("R1")
def test_remarks_vanish_and_single_braces_stay():
    assert fill("a{# remark {{ x }} \n #}b {x} % }}") == "ab {x} % }}"


@pytest.mark.requirement("R2")
def test_hyphens_remove_blanks_on_their_side():
    assert fill("a \n {{- x }} b", x=1) == "a1 b"
    assert fill("a {{ x -}} \n b", x=1) == "a 1b"
    assert fill("a {{- x -}} b", x=1) == "a1b"
    assert fill(" a ") == " a "


@pytest.mark.requirement("R2")
def test_hyphens_work_in_every_kind_of_tag():
    assert fill("a {%- if x -%} b {%- endif %} c", x=1) == "ab c"
    assert fill("a {#- remark -#} b") == "ab"


@pytest.mark.requirement("R3")
def test_paths_walk_through_keys_and_positions():
    values = {"a": {"b": [10, (20, {"c": 30})]}, "x": None}
    assert lookup(values, "a.b.0") == 10
    assert lookup(values, "a.b.1.1.c") == 30
    assert lookup(values, "x") is None


@pytest.mark.requirement("R3")
@pytest.mark.parametrize("path", ["b", "a.x", "a.b.2", "a.b.-1", "a.b.0.c", "a.b.x", ""])
def test_missing_paths_are_errors(path):
    with pytest.raises(RenderError):
        lookup({"a": {"b": [1, 2]}}, path)


@pytest.mark.requirement("R4")
@pytest.mark.parametrize(
    "name, value, arguments, result",
    [
        ("upper", "aß", (), "ASS"),
        ("lower", "AbC", (), "abc"),
        ("title", "the end", (), "The End"),
        ("trim", " a b\n", (), "a b"),
        ("replace", "abab", ("a", "-"), "-b-b"),
        ("pad", 7, (3,), "  7"),
        ("pad", True, (5,), " true"),
        ("truncate", "abcdef", (6,), "abcdef"),
        ("truncate", "abcdef", (5,), "abcd…"),
        ("truncate", "abc", (1,), "…"),
        ("truncate", "abc", (0,), "…"),
    ],
)
def test_text_filters(name, value, arguments, result):
    assert apply_filter(name, value, *arguments) == result


@pytest.mark.requirement("R5")
@pytest.mark.parametrize(
    "name, value, arguments, result",
    [
        ("length", [1, 2], (), 2),
        ("join", ["a", 1, None, True], (", ",), "a, 1, , true"),
        ("join", ["a", "b"], (), "ab"),
        ("first", [3, 1, 2], (), 3),
        ("last", "abc", (), "c"),
        ("sort", (3, 1, 2), (), [1, 2, 3]),
        ("reverse", [1, 2, 3], (), [3, 2, 1]),
        ("round", 2.678, (2,), "2.68"),
        ("round", 2.6, (), "3"),
        ("default", None, ("x",), "x"),
        ("default", "", ("x",), "x"),
        ("default", 0, ("x",), 0),
    ],
)
def test_list_and_other_filters(name, value, arguments, result):
    assert apply_filter(name, value, *arguments) == result


@pytest.mark.requirement("R6")
@pytest.mark.parametrize(
    "name, value, arguments",
    [
        ("nope", 1, ()),
        ("upper", 1, ()),
        ("first", [], ()),
        ("replace", "a", ("b",)),
        ("length", 5, ()),
        ("round", "x", (1,)),
        ("sort", [1, "a"], ()),
    ],
)
def test_unsuitable_filters_are_errors(name, value, arguments):
    with pytest.raises(RenderError):
        apply_filter(name, value, *arguments)


@pytest.mark.requirement("R6")
def test_filters_are_listed_in_order():
    names = filter_names()
    assert names == sorted(names)
    assert {"upper", "join", "escape", "default"} <= set(names)


@pytest.mark.requirement("R7")
def test_filters_are_chained():
    assert fill("{{ name | trim|upper | truncate: 3 }}", name="  abcd ") == "AB…"
    assert fill("{{ items | sort | join: ', ' }}", items=[3, 1]) == "1, 3"


@pytest.mark.requirement("R7")
def test_literals_and_arguments():
    assert fill("{{ 'a|b' | replace: '|', \"-\" }}{{ 2.50 }}{{ -3 }}{{ true }}{{ none }}") == "a-b2.5-3true"
    assert fill("{{ x | default: 'none' }}{{ y.z | default: 0 | pad: 2 }}") == "none 0"


@pytest.mark.requirement("R7")
def test_escaping_is_a_filter():
    assert fill("{{ x }} {{ x | escape }}", x="<b>") == "<b> &lt;b&gt;"


@pytest.mark.requirement("R8")
@pytest.mark.parametrize("n, text", [(0, "none"), (1, "one"), (2, "two"), (3, "many")])
def test_the_first_true_branch_is_rendered(n, text):
    template = "{% if n == 0 %}none{% elif n == 1 %}one{% elif n <= 2 %}two{% else %}many{% endif %}"
    assert fill(template, n=n) == text


@pytest.mark.requirement("R8")
@pytest.mark.parametrize(
    "condition, holds",
    [
        ("a", True),
        ("zero", False),
        ("missing", False),
        ("not missing", True),
        ("a.b.c", False),
        ("not a", False),
        ("a == 5", True),
        ("a != 5", False),
        ("a < 5", False),
        ("a <= 5", True),
        ("a > 4", True),
        ("a > 5", False),
        ("a >= 5", True),
        ("a >= 6", False),
        ("not a > 5", True),
        ("a in items", True),
        ("'x' in items", False),
        ("items | length == 2", True),
        ("word == 'inner'", True),
    ],
)
def test_conditions(condition, holds):
    result = fill(f"{{% if {condition} %}}yes{{% endif %}}", a=5, zero=0, items=[4, 5], word="inner")
    assert result == ("yes" if holds else "")


@pytest.mark.requirement("R8")
def test_conditionals_nest():
    template = "{% if a %}{% if b %}ab{% else %}a{% endif %}{% else %}-{% endif %}"
    assert [fill(template, a=a, b=b) for a, b in [(1, 1), (1, 0), (0, 1)]] == ["ab", "a", "-"]


@pytest.mark.requirement("R9")
def test_loops_run_over_items():
    assert fill("{% for x in items %}<{{ x.n }}>{% endfor %}", items=[{"n": 1}, {"n": 2}]) == "<1><2>"
    assert fill("{% for x in 'ab' %}{{ x }}.{% endfor %}") == "a.b."


@pytest.mark.requirement("R9")
def test_loops_tell_position_and_ends():
    template = (
        "{% for x in items %}{{ loop.index }}{% if loop.first %}f{% endif %}{% if loop.last %}l{% endif %} {% endfor %}"
    )
    assert fill(template, items="abc") == "1f 2 3l "


@pytest.mark.requirement("R9")
def test_loops_over_pairs():
    template = "{% for k, v in items %}{{ k }}={{ v }};{% endfor %}"
    assert fill(template, items={"a": 1, "b": 2}) == "a=1;b=2;"
    assert fill(template, items=[("x", 1), ["y", 2]]) == "x=1;y=2;"
    assert fill("{% for k in items %}{{ k }}{% endfor %}", items={"a": 1, "b": 2}) == "ab"


@pytest.mark.requirement("R9")
@pytest.mark.parametrize("items", [["xy"], [(1, 2, 3)]])
def test_loops_over_pairs_need_pairs(items):
    with pytest.raises(RenderError):
        fill("{% for k, v in items %}{{ k }}{% endfor %}", items=items)


@pytest.mark.requirement("R9")
def test_an_empty_loop_renders_its_alternative():
    template = "{% for x in items %}{{ x }}{% else %}nothing{% endfor %}"
    assert fill(template, items=[]) == "nothing"
    assert fill(template, items=[1]) == "1"


@pytest.mark.requirement("R10")
def test_assignments_hold_for_their_block():
    assert fill("{% set a = 'x' | upper %}{{ a }}{% set a = 2 %}{{ a }}") == "X2"
    assert fill("{% set a = 1 %}{% for i in 'ab' %}{% set a = i %}{{ a }}{% endfor %}{{ a }}") == "ab1"
    assert fill("{% if true %}{% set a = 5 %}{% endif %}{{ a }}") == "5"


@pytest.mark.requirement("R10")
def test_included_templates_see_the_values():
    others = {"row": "<{{ x }}{% include end %}", "end": "{% set x = 0 %}{{ x }}>"}
    assert fill("{% for x in 'ab' %}{% include row %}{{ x }}{% endfor %}", others) == "<a0>a<b0>b"


@pytest.mark.requirement("R10")
def test_rendering_leaves_the_values_alone():
    values = {"a": 1}
    assert compile_template("{% set a = 2 %}{{ a }}").render(values) == "2"
    assert values == {"a": 1}


@pytest.mark.requirement("R11")
@pytest.mark.parametrize(
    "text, line",
    [
        ("a\n{{ x", 2),
        ("{{ x %}", 1),
        ("{% if x %}\n\ny", 1),
        ("\n{% endif %}", 2),
        ("{% for x in y %}\n{% endif %}", 2),
        ("{% if x %}\n{% else %}\n{% else %}{% endif %}", 3),
        ("{% if x %}\n{% endfor %}", 2),
        ("{{ 1x }}", 1),
        ("{{ }}", 1),
        ("a\n\n{{ x | nope }}", 3),
        ("{{ x | pad: y }}", 1),
        ("{% loop %}", 1),
        ("{% for in y %}{% endfor %}", 1),
        ("{# a\nb #}\n{% set 1 = 2 %}", 3),
        ("{{ x\n}}\n{% set a %}", 3),
        ("{% include %}", 1),
        ("{% if a < b < c %}{% endif %}", 1),
        ("{% if %}{% endif %}", 1),
        ("{{ a }}\n{# open", 2),
    ],
)
def test_broken_templates_name_their_line(text, line):
    with pytest.raises(TemplateSyntaxError) as caught:
        compile_template(text)
    assert caught.value.line == line


@pytest.mark.requirement("R11")
def test_the_message_tells_the_line():
    with pytest.raises(ValueError, match="line 2"):
        compile_template("\n{{ ? }}")


@pytest.mark.requirement("R12")
@pytest.mark.parametrize(
    "text",
    [
        "{{ missing }}",
        "{{ a.b }}",
        "{% if a < 'x' %}{% endif %}",
        "{% if missing == 1 %}{% endif %}",
        "{% for x in a %}{% endfor %}",
        "{% for x, y in 'ab' %}{% endfor %}",
        "{% include nowhere %}",
        "{{ a | upper }}",
        "{{ missing | upper | default: 'x' }}",
    ],
)
def test_rendering_errors(text):
    with pytest.raises(RenderError):
        fill(text, a=1)


@pytest.mark.requirement("R12")
def test_endless_inclusion_is_an_error():
    with pytest.raises(RenderError):
        fill("{% include a %}", {"a": "x{% include a %}"})


@pytest.mark.requirement("R13")
def test_needed_names_are_listed():
    template = compile_template(
        "{{ a.b | upper }}{% if c == d %}{{ e }}{% else %}{{ 'x' }}{{ 5 }}{% endif %}{% if not f %}{% endif %}"
    )
    assert template.variables() == {"a", "c", "d", "e", "f"}


@pytest.mark.requirement("R13")
def test_bound_names_are_not_needed():
    template = compile_template(
        "{{ early }}{% set early = a %}{% set late = 1 %}{{ late }}{% for x, y in items %}{{ x }}{{ loop.index }}{{ z }}{% else %}{{ y }}{% endfor %}"
    )
    assert template.variables() == {"early", "a", "items", "z", "y"}


@pytest.mark.requirement("R14")
def test_escaping():
    assert escape('<a href="x">T&J\'s</a>') == "&lt;a href=&quot;x&quot;&gt;T&amp;J&#39;s&lt;/a&gt;"


@pytest.mark.requirement("R14")
def test_escaping_leaves_the_rest():
    assert escape("é = 1; {}\n") == "é = 1; {}\n"
    assert escape("&amp;") == "&amp;amp;"
