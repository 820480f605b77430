"""No text that a person, a file or a link wrote is given to Streamlit as Markdown.

All calls of the pages are read: a text is sound that is the program's own word, a number, or what
``plain`` made. A name counts as what is assigned to it in its function or module. ``OWN`` lists the
expressions that cannot be followed and hold the program's own words.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from gan_lab.ui.escape import LONGEST, plain

ROOT = Path(__file__).parents[2]
PAGES = [*sorted((ROOT / "gan_lab" / "ui").glob("*.py")), *sorted((ROOT / "pages").glob("*.py"))]

MARKDOWN = {  # calls of Streamlit whose texts are read as Markdown: places of positional texts
    **dict.fromkeys(
        "markdown caption write info error warning success toast title header subheader spinner"
        " button form_submit_button link_button popover expander status badge download_button"
        " metric toggle checkbox radio selectbox multiselect select_slider slider number_input"
        " text_input text_area file_uploader segmented_control pills table exception latex"
        " dialog".split(),
        (0,),
    ),
    "progress": (1,),
    "tabs": (0,),
    "page_link": (),
}
TEXTS = ("label", "body", "help", "caption", "text", "title", "placeholder")
NUMBERS = set(",.dfgeExnb%0123456789")
SOUND_CALLS = {"plain", "reason", "len", "round", "sum", "min", "max", "strftime"}

OWN = {  # by file
    # letters, players, titles of the app's own presets, sets and generators; texts of the schema
    "compare.py": {"letter", "other"},
    "pages/compare.py": {"letter"},
    "controls.py": {"known[shown].about", "player", "KNOBS['data.name'].help"},
    "data.py": {"entry.title", "entry.megabytes"},
    "knobs.py": {"title", "knob.help", "why_not(knob, config)", "locked"},
    "latent.py": {"one.machine", "one.date", "one.data"},
    "pages/latent.py": {"now.about"},
    "live.py": {
        "entry.title",
        "entry.megabytes",
        "plane.title",
        "config.objective.game",
        "config.objective.loss",
        "config.latent.noise",
        "config.training.seed",
    },
    "look.py": {"title", "value", "words", "what"},
    "own_data.py": {"words", "what"},
    "pairing.py": {"moment.state", "letter", "began"},
    "share.py": {
        "base.title",
        # whatever the link brought stands in backticks there: see decode in gan_lab/share.py
        "mine.ignored",
        "note",
        "words",
        "hint",
        "usual",
    },
    "trial.py": {"KNOBS[path].help"},
    "welcome.py": {"words.turns", "words.tells", "words.real"},
}


def problems(source: str, name: str) -> list[str]:
    """Texts of a page that may hold what somebody wrote, each as ``line: expression``."""
    tree = ast.parse(source)
    return [
        f"{name}:{text.lineno}: {ast.unparse(text)}"
        for scopes, call in _calls(tree, [tree])
        for text in _texts(call)
        if not _sound(text, scopes, OWN.get(name, set()), set())
    ]


def _calls(node: ast.AST, scopes: list[ast.AST]) -> Iterator[tuple[list[ast.AST], ast.Call]]:
    for child in ast.iter_child_nodes(node):
        inner = [*scopes, child] if isinstance(child, ast.FunctionDef | ast.Lambda) else scopes
        if isinstance(child, ast.Call) and _drawn(child):
            yield scopes, child
        yield from _calls(child, inner)


def _drawn(call: ast.Call) -> bool:
    """Whether Streamlit is called: ``st.caption`` or a method of a column, a tab or a form."""
    if not isinstance(call.func, ast.Attribute) or call.func.attr not in (*MARKDOWN, "image"):
        return False
    of = call.func.value
    return call.func.attr != "table" or (isinstance(of, ast.Name) and of.id == "st")


def _texts(call: ast.Call) -> Iterator[ast.expr]:
    assert isinstance(call.func, ast.Attribute)
    for place in MARKDOWN.get(call.func.attr, ()):
        if place < len(call.args):
            yield call.args[place]
    for keyword in call.keywords:
        if keyword.arg in TEXTS:
            yield keyword.value


_PARTS = {  # fields of an expression that must all be sound
    ast.JoinedStr: ("values",),
    ast.BinOp: ("left", "right"),
    ast.IfExp: ("body", "orelse"),
    ast.BoolOp: ("values",),
    ast.List: ("elts",),
    ast.Tuple: ("elts",),
    ast.Dict: ("values",),
    ast.Subscript: ("value",),
    ast.ListComp: ("elt",),
    ast.GeneratorExp: ("elt",),
}


def _sound(node: ast.expr, scopes: list[ast.AST], own: set[str], seen: set[str]) -> bool:
    if ast.unparse(node) in own or isinstance(node, ast.Constant):
        return True

    def each(nodes: Iterable[ast.expr]) -> bool:
        return all(_sound(one, scopes, own, seen) for one in nodes)

    if type(node) in _PARTS:
        found = [getattr(node, field) for field in _PARTS[type(node)]]
        return all(each(one if isinstance(one, list) else [one]) for one in found)
    match node:
        case ast.FormattedValue(value=value, format_spec=spec):
            return _numeric(spec) or each([value])
        case ast.Call():
            return _sound_call(node, each, scopes, own, seen)
        case ast.Name(id=name):
            return name in seen or _sound_name(name, scopes, own, seen | {name})
        case ast.Attribute(attr=attr):
            return attr.isupper()  # a constant of a module of ours
    return False


def _sound_function(name: str, scopes: list[ast.AST], own: set[str], seen: set[str]) -> bool:
    """By what a function of the same file returns."""
    if name in seen:
        return True
    for node in ast.iter_child_nodes(scopes[0]):
        if isinstance(node, ast.FunctionDef) and node.name == name:
            returned = [one for one in ast.walk(node) if isinstance(one, ast.Return)]
            texts = [one.value for one in returned if one.value is not None]
            return all(_sound(one, [scopes[0], node], own, seen | {name}) for one in texts)
    return False


def _sound_call(
    call: ast.Call,
    each: Callable[[Iterable[ast.expr]], bool],
    scopes: list[ast.AST],
    own: set[str],
    seen: set[str],
) -> bool:
    match call.func:
        case ast.Name(id=name):
            known = name in SOUND_CALLS or (name in ("str", "filter") and each(call.args))
            return known or _sound_function(name, scopes, own, seen)
        case ast.Attribute(attr="join"):
            return each([call.func.value, *call.args])
        case ast.Attribute(attr="capitalize" | "strip" | "rstrip" | "lower" | "upper"):
            return each([call.func.value])
        case ast.Attribute(attr=name):
            return name in SOUND_CALLS
    return False


def _numeric(spec: ast.expr | None) -> bool:
    if not isinstance(spec, ast.JoinedStr) or not all(
        isinstance(one, ast.Constant) for one in spec.values
    ):
        return False
    text = "".join(str(one.value) for one in spec.values if isinstance(one, ast.Constant))
    return bool(text) and set(text) <= NUMBERS


def _sound_name(name: str, scopes: list[ast.AST], own: set[str], seen: set[str]) -> bool:
    """By what is assigned to it in the innermost scope that assigns it."""
    if name.lstrip("_").isupper():
        return True  # a constant of a module of ours
    for place in range(len(scopes) - 1, -1, -1):
        values = list(_assigned(name, scopes[place]))
        if values:
            return all(_sound(one, scopes[: place + 1], own, seen) for one in values)
    return False


def _assigned(name: str, scope: ast.AST) -> Iterator[ast.expr]:
    for node in ast.walk(scope):
        match node:
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    if isinstance(target, ast.Name) and target.id == name:
                        yield value
                    elif isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
                        yield from (
                            one
                            for place, one in zip(target.elts, value.elts, strict=False)
                            if isinstance(place, ast.Name) and place.id == name
                        )
            case ast.AugAssign(target=ast.Name(id=found), value=value) if found == name:
                yield value
            case ast.AnnAssign(target=ast.Name(id=found), value=value) if found == name and value:
                yield value
            case ast.NamedExpr(target=ast.Name(id=found), value=value) if found == name:
                yield value


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_a_page_gives_markdown_its_own_words_and_escaped_text_alone(path: Path) -> None:
    name = path.name if path.parent.name == "ui" else f"pages/{path.name}"
    assert problems(path.read_text("utf-8"), name) == []


@pytest.mark.parametrize(
    "evil",
    [
        "st.caption(entry.note)",
        "st.caption(f'It says {entry.note}')",
        "st.markdown('**' + title + '**')",
        "words = hosted.note\nst.write(words)",
        "def f(words):\n    st.info(words)",
        "st.button('Go', help=run.title)",
        "st.error(str(error))",
        "left.caption(note)",
        "st.image(x, caption=name)",
        "st.table({'Preset': run.preset})",
        "st.radio('Which', key='x', help=f'{name:>10}')",
        "st.warning('  \\n'.join(notes))",
        "a = 'ours'\na += run.note\nst.caption(a)",
    ],
)
def test_this_check_can_fail(evil: str) -> None:
    assert problems(evil, "evil.py")


@pytest.mark.parametrize(
    "sound",
    [
        "st.caption('ours')",
        "st.caption(f'{plain(note)} at {step:,}')",
        "words = 'a' if x else f'b {n:.2f}'\nst.info(words)",
        "st.error(plain(error))",
    ],
)
def test_sound_texts_pass(sound: str) -> None:
    assert problems(sound, "sound.py") == []


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Learning rate (0.1): was 3.", "Learning rate (0.1): was 3."),
        ("![x](http://a.b/c.png)", "!\\[x\\](http\N{WORD JOINER}:\N{WORD JOINER}//a.b/c.png)"),
        ("<img src=x>", "\\<img src=x\\>"),
        ("a\n\n# b", "a # b"),
        ("# head", "&#35; head"),
        ("- item", "&#45; item"),
        ("0.5 and 1.5", "0.5 and 1.5"),
        ("1. item", "1\N{WORD JOINER}. item"),
        ("$x$ :smile: `code`", "\\$x\\$ :\N{WORD JOINER}smile: \\`code\\`"),
        ("www.a.b", "www\N{WORD JOINER}.a.b"),
        ("x" * 1000, "x" * (LONGEST - 1) + "…"),
        (None, "None"),
    ],
)
def test_plain_shows_just_the_text(text: object, shown: str) -> None:
    assert plain(text) == shown
