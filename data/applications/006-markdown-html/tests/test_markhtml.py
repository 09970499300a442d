import pytest
from markhtml import (
    Block,
    block_html,
    escape_html,
    inline_html,
    outline,
    parse_blocks,
    plain_text,
    slug,
    to_html,
    word_count,
)


def paragraph(text):
    return Block("paragraph", text)


def heading(level, text):
    return Block("heading", text, level=level)


def item(*children):
    return Block("item", children=children)


def bullets(*items):
    return Block("list", children=items, info="unordered")


@pytest.mark.requirement("R1")
@pytest.mark.parametrize(
    "text, block",
    [
        ("# One", heading(1, "One")),
        ("###### Six", heading(6, "Six")),
        ("## Closed ##  ", heading(2, "Closed")),
        ("## C#", heading(2, "C#")),
        ("####### seven", paragraph("####### seven")),
        ("#tag", paragraph("#tag")),
        ("---", Block("rule")),
        ("* * *", Block("rule")),
        ("_____", Block("rule")),
        ("--", paragraph("--")),
        ("-*-", paragraph("-*-")),
    ],
)
def test_headings_and_rules(text, block):
    assert parse_blocks(text) == [block]


@pytest.mark.requirement("R1")
def test_paragraphs_end_at_blank_lines_and_other_blocks():
    text = "one\n  two\n\n\nthree\n# Head\nfour\r\n***\nfive  \nsix"
    assert parse_blocks(text) == [
        paragraph("one\ntwo"),
        paragraph("three"),
        heading(1, "Head"),
        paragraph("four"),
        Block("rule"),
        paragraph("five  \nsix"),
    ]
    assert parse_blocks(" \n\n") == []


@pytest.mark.requirement("R2")
def test_code_is_kept_untouched():
    assert parse_blocks("```py\n# no heading\n\n  x = 1\n```\nafter") == [
        Block("code", "# no heading\n\n  x = 1", info="py"),
        paragraph("after"),
    ]


@pytest.mark.requirement("R2")
def test_fences_end_with_the_same_sign_and_length():
    assert parse_blocks("~~~~\n```\n~~~\n~~~~~ ") == [Block("code", "```\n~~~")]
    assert parse_blocks("```\n``` x\n```") == [Block("code", "``` x")]


@pytest.mark.requirement("R2")
def test_open_code_runs_to_the_end():
    assert parse_blocks("```\na\n\nb") == [Block("code", "a\n\nb")]
    assert parse_blocks("```\n```") == [Block("code", "")]


@pytest.mark.requirement("R3")
def test_quotes_contain_blocks():
    assert parse_blocks("> # Head\n> text\n>more\n\nafter") == [
        Block("quote", children=(heading(1, "Head"), paragraph("text\nmore"))),
        paragraph("after"),
    ]


@pytest.mark.requirement("R3")
def test_quotes_nest():
    inner = Block("quote", children=(paragraph("b"),))
    assert parse_blocks("> a\n>\n> > b") == [Block("quote", children=(paragraph("a"), inner))]


@pytest.mark.requirement("R4")
def test_items_with_one_marker_form_a_list():
    assert parse_blocks("- a\n- b\n\n- c\n* d") == [
        bullets(item(paragraph("a")), item(paragraph("b")), item(paragraph("c"))),
        bullets(item(paragraph("d"))),
    ]


@pytest.mark.requirement("R4")
def test_ordered_lists_know_their_start():
    assert parse_blocks("3. a\n4. b") == [
        Block("list", children=(item(paragraph("a")), item(paragraph("b"))), level=3, info="ordered")
    ]
    assert [block.level for block in parse_blocks("1) a\n7. b")] == [1, 7]


@pytest.mark.requirement("R4")
def test_indented_lines_belong_to_the_item():
    text = "- a\n  more\n\n  second\n  - b\n    - c\n- d\nlazy\n\nend"
    assert parse_blocks(text) == [
        bullets(
            item(
                paragraph("a\nmore"), paragraph("second"), bullets(item(paragraph("b"), bullets(item(paragraph("c")))))
            ),
            item(paragraph("d\nlazy")),
        ),
        paragraph("end"),
    ]


@pytest.mark.requirement("R4")
def test_a_rule_or_heading_ends_a_list():
    assert [block.kind for block in parse_blocks("- a\n- - -\n- b\n# c\n")] == ["list", "rule", "list", "heading"]
    assert parse_blocks("-no item") == [paragraph("-no item")]


@pytest.mark.requirement("R5")
def test_tables_have_alignments_and_even_rows():
    text = "| a | b | c | d |\n|:--|--:|:-:|---|\n| 1 | 2\n| x\\|y | 2 | 3 | 4 | 5 |\n\nend"
    assert parse_blocks(text) == [
        Block(
            "table",
            rows=(("a", "b", "c", "d"), ("1", "2", "", ""), ("x|y", "2", "3", "4")),
            alignments=("left", "right", "center", ""),
        ),
        paragraph("end"),
    ]


@pytest.mark.requirement("R5")
def test_tables_need_no_outer_bars():
    assert parse_blocks("a | b\n- | -\n1 | 2") == [Block("table", rows=(("a", "b"), ("1", "2")), alignments=("", ""))]


@pytest.mark.requirement("R5")
@pytest.mark.parametrize("text", ["a | b\n--- | --- | ---", "a | b", "a | b\nc | d"])
def test_without_a_matching_rule_there_is_no_table(text):
    assert parse_blocks(text) == [paragraph(text)]


@pytest.mark.requirement("R6")
@pytest.mark.parametrize(
    "block, html",
    [
        (heading(2, "A *b*"), "<h2>A <em>b</em></h2>"),
        (paragraph("a\nb"), "<p>a\nb</p>"),
        (Block("rule"), "<hr>"),
        (Block("code", "a < *b*"), "<pre><code>a &lt; *b*\n</code></pre>"),
        (Block("code", "", info="py"), '<pre><code class="language-py"></code></pre>'),
        (Block("quote", children=(paragraph("a"), Block("rule"))), "<blockquote>\n<p>a</p>\n<hr>\n</blockquote>"),
    ],
)
def test_simple_blocks_are_written(block, html):
    assert block_html(block) == html


@pytest.mark.requirement("R6")
def test_tables_are_written():
    table = Block("table", rows=(("a", "b"), ("*1*", "<")), alignments=("right", ""))
    assert block_html(table) == (
        '<table>\n<tr><th align="right">a</th><th>b</th></tr>\n<tr><td align="right"><em>1</em></td><td>&lt;</td></tr>\n</table>'
    )


@pytest.mark.requirement("R7")
def test_lists_are_written():
    assert (
        block_html(bullets(item(paragraph("a")), item(heading(1, "b"))))
        == "<ul>\n<li>a</li>\n<li><h1>b</h1></li>\n</ul>"
    )


@pytest.mark.requirement("R7")
@pytest.mark.parametrize("start, tag", [(1, "<ol>"), (0, '<ol start="0">'), (5, '<ol start="5">')])
def test_ordered_lists_tell_an_unusual_start(start, tag):
    block = Block("list", children=(item(paragraph("a")),), level=start, info="ordered")
    assert block_html(block) == f"{tag}\n<li>a</li>\n</ol>"


@pytest.mark.requirement("R7")
def test_items_with_several_blocks():
    nested = bullets(item(paragraph("b")))
    assert block_html(item(paragraph("a"), nested)) == "<li>a\n<ul>\n<li>b</li>\n</ul>\n</li>"
    assert block_html(item(paragraph("a"), paragraph("b"))) == "<li><p>a</p>\n<p>b</p>\n</li>"
    assert block_html(item(Block("rule"), paragraph("a"))) == "<li><hr>\n<p>a</p>\n</li>"


@pytest.mark.requirement("R8")
@pytest.mark.parametrize(
    "text, html",
    [
        ("**a** *b* _c_ ~~d~~ `e`", "<strong>a</strong> <em>b</em> <em>c</em> <del>d</del> <code>e</code>"),
        ("*a **b** c*", "<em>a <strong>b</strong> c</em>"),
        ("**a *b***", "<strong>a <em>b</em></strong>"),
        ("a*b*c", "a<em>b</em>c"),
        ("snake_case_name", "snake_case_name"),
        ("2 * 3 * 4", "2 * 3 * 4"),
        ("** a **", "** a **"),
        ("*open", "*open"),
        ("`*a* <b>`", "<code>*a* &lt;b&gt;</code>"),
        ("``a ` b``", "<code>a ` b</code>"),
        ("`` `a` ``", "<code>`a`</code>"),
        ("` `", "<code> </code>"),
        ("` a`", "<code> a</code>"),
        ("~~a *b*~~", "<del>a <em>b</em></del>"),
    ],
)
def test_inline_marks(text, html):
    assert inline_html(text) == html


@pytest.mark.requirement("R9")
@pytest.mark.parametrize(
    "text, html",
    [
        ("[a *b*](http://x.y/?q=1&r=2)", '<a href="http://x.y/?q=1&amp;r=2">a <em>b</em></a>'),
        ('[a](/b "Say <hi>")', '<a href="/b" title="Say &lt;hi&gt;">a</a>'),
        ("![a *b*](c.png)", '<img src="c.png" alt="a b">'),
        ('![](c.png "t")', '<img src="c.png" alt="" title="t">'),
        ("<https://x.y/a_b_c>", '<a href="https://x.y/a_b_c">https://x.y/a_b_c</a>'),
        ("[a] (b)", "[a] (b)"),
        ("[a](b c)", "[a](b c)"),
        ("[a]()", '<a href="">a</a>'),
    ],
)
def test_links_and_images(text, html):
    assert inline_html(text) == html


@pytest.mark.requirement("R10")
@pytest.mark.parametrize(
    "text, html",
    [
        (r"\*a\* \\ \[b\](c)", r"*a* \ [b](c)"),
        (r"\a \<", r"\a \&lt;"),
        (r"**a\*b**", "<strong>a*b</strong>"),
        (r"`a\`", r"<code>a\</code>"),
    ],
)
def test_escapes(text, html):
    assert inline_html(text) == html


@pytest.mark.requirement("R10")
@pytest.mark.parametrize(
    "text, html",
    [("a  \nb", "a<br>\nb"), ("a\\\nb", "a<br>\nb"), ("a \nb", "a \nb"), ("a    \nb", "a<br>\nb"), ("a  ", "a  ")],
)
def test_line_breaks(text, html):
    assert inline_html(text) == html


@pytest.mark.requirement("R11")
def test_markup_is_escaped():
    assert inline_html('<b>a</b> & "c" &amp;') == "&lt;b&gt;a&lt;/b&gt; &amp; &quot;c&quot; &amp;amp;"
    assert escape_html("<'&\">") == "&lt;'&amp;&quot;&gt;"


@pytest.mark.requirement("R11")
@pytest.mark.parametrize("target", ["javascript:alert", "JavaScript:x", "data:text/html,x", "vbscript:x"])
def test_unsafe_targets_are_replaced(target):
    assert inline_html(f"[a]({target})") == '<a href="#">a</a>'
    assert inline_html(f"![a]({target})") == '<img src="#" alt="a">'


@pytest.mark.requirement("R11")
@pytest.mark.parametrize("target", ["http://a", "HTTPS://a", "mailto:a@b.c", "a/b:c", "#a", "?a:b", "a.html", "/a"])
def test_safe_targets_are_kept(target):
    assert inline_html(f"[a]({target})") == f'<a href="{target}">a</a>'


@pytest.mark.requirement("R12")
def test_documents_are_converted():
    assert to_html("# A\n\nb\n\n- c\n") == "<h1>A</h1>\n<p>b</p>\n<ul>\n<li>c</li>\n</ul>\n"
    assert to_html("") == ""


@pytest.mark.requirement("R12")
def test_headings_get_unique_identifiers():
    html = to_html("# A b\n## A *b*\n# c\n# A b!", heading_ids=True)
    assert (
        html == '<h1 id="a-b">A b</h1>\n<h2 id="a-b-2">A <em>b</em></h2>\n<h1 id="c">c</h1>\n<h1 id="a-b-3">A b!</h1>\n'
    )


@pytest.mark.requirement("R12")
def test_tabs_and_line_ends_are_normalised():
    assert to_html("1.\ta\r\n\r\n\tb") == "<ol>\n<li><p>a</p>\n<p>b</p>\n</li>\n</ol>\n"


@pytest.mark.requirement("R13")
@pytest.mark.parametrize(
    "text, result",
    [
        ("Hello, World!", "hello-world"),
        ("Don't  *stop*", "dont-stop"),
        ("1.2 `x_y`", "1-2-x_y"),
        ("Über uns", "über-uns"),
        ("?!", ""),
    ],
)
def test_slugs(text, result):
    assert slug(text) == result


@pytest.mark.requirement("R13")
def test_the_outline_lists_outer_headings():
    blocks = [
        heading(1, "A *b*"),
        paragraph("x"),
        heading(3, "C"),
        Block("quote", children=(heading(2, "no"),)),
        heading(2, "C"),
    ]
    assert outline(blocks) == [(1, "A b", "a-b"), (3, "C", "c"), (2, "C", "c-2")]


@pytest.mark.requirement("R14")
def test_plain_text_is_what_a_reader_sees():
    text = r"**a** _b_ ~~c~~ ` d` [e *f*](g) ![h](i) \* <http://j> & <b>"
    assert plain_text(text) == "a b c  d e f h * http://j & <b>"
    assert plain_text("a  \nb") == "a\nb"


@pytest.mark.requirement("R14")
def test_words_are_counted_without_code():
    blocks = [
        heading(1, "one *two*"),
        Block("code", "not counted"),
        bullets(item(paragraph("three [four](x y)"), bullets(item(paragraph("six"))))),
        Block("table", rows=(("seven", "eight nine"), ("", "ten"))),
    ]
    assert word_count(blocks) == 10
    assert word_count([Block("quote", children=(paragraph("one two"), paragraph("three")))]) == 3
    assert word_count([]) == 0
