import pytest
from pathroutes import Match, MethodNotAllowed, NotFound, RouteError, Router, match_pattern, pattern_parameters
from weburl import UrlError


@pytest.mark.requirement("R9")
@pytest.mark.parametrize(
    "pattern, path, values",
    [
        ("/users/{id:int}", "/users/007", {"id": 7}),
        ("/users/{id:int}", "/users/x7", None),
        ("/users/{id:int}", "/users/7/", None),
        ("/users/{id}", "/users/a%2Fb%20c", {"id": "a/b c"}),
        ("/users/{id}", "/users/", None),
        ("/{a:word}/{b}", "/x_1-Y/z.z", {"a": "x_1-Y", "b": "z.z"}),
        ("/{a:word}", "/a.b", None),
        ("/a b", "/a%20b", {}),
        ("/a", "/A", None),
        ("/a", "a", None),
        ("/", "/", {}),
        ("/f/{rest:path}", "/f/a/b%20c/", {"rest": "a/b c/"}),
        ("/f/{rest:path}", "/f/", {"rest": ""}),
        ("/f/{rest:path}", "/f", None),
        ("/{n:int}/{rest:path}", "/5/x", {"n": 5, "rest": "x"}),
    ],
)
def test_patterns_fit_paths(pattern, path, values):
    assert match_pattern(pattern, path) == values


@pytest.mark.requirement("R9")
def test_malformed_escapes_in_paths_are_errors():
    with pytest.raises(UrlError):
        match_pattern("/{a}", "/%zz")


@pytest.mark.requirement("R10")
def test_parameters_are_listed_with_types():
    assert pattern_parameters("/a/{b}/{c:int}/{d_1:word}/{e:path}") == {
        "b": "str",
        "c": "int",
        "d_1": "word",
        "e": "path",
    }
    assert pattern_parameters("/") == {}


@pytest.mark.requirement("R10")
@pytest.mark.parametrize(
    "pattern",
    ["", "a/{b}", "/{a}/{a:int}", "/{a:path}/b", "/{1a}", "/{}", "/{a:float}", "/a{b}", "/{a", "/b}", "/{a:}"],
)
def test_malformed_patterns_are_refused(pattern):
    with pytest.raises(RouteError):
        pattern_parameters(pattern)


@pytest.mark.requirement("R11")
@pytest.mark.parametrize(
    "path, match",
    [
        ("/u/new", Match("new", {})),
        ("/u/5", Match("number", {"id": 5})),
        ("/u/ann", Match("nick", {"name": "ann"})),
        ("/u/a.b", Match("any", {"name": "a.b"})),
        ("/u/a/b", Match("rest", {"rest": "a/b"})),
        ("/5/new", Match("left", {"n": 5})),
    ],
)
def test_the_most_specific_route_wins(path, match):
    router = Router(
        {
            "rest": "/u/{rest:path}",
            "any": "/u/{name}",
            "nick": "/u/{name:word}",
            "number": "/u/{id:int}",
            "new": "/u/new",
            "right": "/{x}/new",
            "left": "/{n:int}/new",
        }
    )
    assert router.match(path) == match


@pytest.mark.requirement("R11")
def test_left_segments_decide_first():
    router = Router({"right": "/{x}/b", "left": "/a/{y}"})
    assert router.match("/a/b") == Match("left", {"y": "b"})


@pytest.mark.requirement("R11")
@pytest.mark.parametrize("path", ["/", "/b", "/a/", "", "/api"])
def test_unknown_paths_are_not_found(path):
    with pytest.raises(NotFound):
        Router({"a": "/a"}).match(path)


@pytest.mark.requirement("R11")
def test_a_prefix_belongs_to_all_patterns():
    router = Router({"a": "/a"}, prefix="/api/")
    assert router.match("/api/a") == Match("a", {})
    with pytest.raises(NotFound):
        router.match("/a")


@pytest.mark.requirement("R12")
def test_methods_choose_the_route():
    router = Router()
    router.add("list", "/items", ("GET", "HEAD"))
    router.add("create", "/items", ("post",))
    assert router.match("/items") == Match("list", {})
    assert router.match("/items", "Post") == Match("create", {})


@pytest.mark.requirement("R12")
def test_a_wrong_method_tells_the_allowed_ones():
    router = Router()
    router.add("one", "/items", ("PUT", "DELETE"))
    router.add("two", "/{x}", ("POST",))
    with pytest.raises(MethodNotAllowed, match="POST") as caught:
        router.match("/items", "GET")
    assert caught.value.allowed == ("DELETE", "POST", "PUT")


@pytest.mark.requirement("R12")
def test_a_less_specific_route_may_answer_the_method():
    router = Router({"any": "/{x}"})
    router.add("items", "/items", ("POST",))
    assert router.match("/items", "GET") == Match("any", {"x": "items"})
    assert router.match("/items", "POST") == Match("items", {})


@pytest.mark.requirement("R13")
def test_allowed_methods_are_listed():
    router = Router()
    router.add("one", "/items", ("put", "GET"))
    router.add("two", "/{x}", ("POST",))
    assert router.allowed("/items") == ["GET", "POST", "PUT"]
    assert router.allowed("/other") == ["POST"]


@pytest.mark.requirement("R13")
def test_a_star_stands_for_all_methods():
    router = Router({"any": "/{x}"})
    router.add("one", "/items", ("PUT",))
    assert router.allowed("/items") == ["*"]
    assert router.allowed("/a/b") == []


@pytest.mark.requirement("R14")
def test_names_come_in_order():
    router = Router({"b": "/b", "a": "/a"})
    router.add("c", "/{x:int}")
    assert router.names() == ["b", "a", "c"]


@pytest.mark.requirement("R14")
@pytest.mark.parametrize(
    "name, pattern, methods",
    [
        ("a", "/other", ()),
        ("c", "/u/{other:int}", ()),
        ("c", "/u/{id:int}", ("GET",)),
        ("c", "/p", ("GET", "PUT")),
        ("c", "/p", ()),
    ],
)
def test_conflicting_routes_are_refused(name, pattern, methods):
    router = Router({"a": "/u/{id:int}"})
    router.add("p", "/p", ("PUT",))
    with pytest.raises(RouteError):
        router.add(name, pattern, methods)


@pytest.mark.requirement("R14")
def test_similar_routes_are_fine():
    router = Router({"a": "/u/{id:int}"})
    router.add("p", "/p", ("PUT",))
    router.add("b", "/u/{id}")
    router.add("c", "/v/{id:int}")
    router.add("q", "/p", ("GET",))


@pytest.mark.requirement("R15")
@pytest.mark.parametrize(
    "name, values, path",
    [
        ("home", {}, "/"),
        ("user", {"id": 7}, "/u/7"),
        ("user", {"id": "12"}, "/u/12"),
        ("tag", {"t": "a b/c"}, "/t%20t/a%20b%2Fc"),
        ("file", {"rest": "a/b c"}, "/f/a/b%20c"),
        ("file", {"rest": ""}, "/f/"),
    ],
)
def test_paths_are_built(name, values, path):
    router = Router({"home": "/", "user": "/u/{id:int}", "tag": "/t t/{t}", "file": "/f/{rest:path}"})
    assert router.build(name, values) == path


@pytest.mark.requirement("R15")
@pytest.mark.parametrize(
    "name, values",
    [
        ("x", {}),
        ("user", None),
        ("user", {"id": 1, "x": 2}),
        ("user", {"id": "a"}),
        ("user", {"id": -1}),
        ("tag", {"t": ""}),
    ],
)
def test_unusable_values_are_refused(name, values):
    with pytest.raises(RouteError):
        Router({"user": "/u/{id:int}", "tag": "/t/{t}"}).build(name, values)


@pytest.mark.requirement("R15")
def test_building_includes_the_prefix_and_keeps_the_values():
    values = {"a": 1}
    assert Router({"a": "/{a}"}, prefix="/api").build("a", values) == "/api/1"
    assert values == {"a": 1}
