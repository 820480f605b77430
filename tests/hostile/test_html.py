"""Nothing that people wrote is put into HTML as more than text."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPTS = sorted((ROOT / "assets" / "components").glob("*.js"))
PYTHON = [
    *sorted((ROOT / "gan_lab").rglob("*.py")),
    *sorted((ROOT / "pages").glob("*.py")),
    ROOT / "app.py",
]

_NEVER = re.compile(
    r"outerHTML|insertAdjacentHTML|document\.write|createContextualFragment|DOMParser|srcdoc"
    r"|\beval\(|new Function\(|setHTMLUnsafe|parseHTMLUnsafe|javascript:"
)
_SET = re.compile(r"innerHTML\s*(?:\+?=(?!=)|:)\s*(`[^`]*`[^;,\n]*|[^;,\n]*)")
_OWN = re.compile(r"`(?:(?!\$\{)[^`])*`(?:\s*\})?")
_NAME = re.compile(r"[A-Z]+")
_STREAMLIT = re.compile(r"unsafe_allow_html|unsafe_allow_javascript|components\.v1|\bst\.iframe\(")
_HTML = re.compile(r"\bst\.html\(([^)]*)\)")


def wrong_of_script(text: str) -> list[str]:
    """Places of a module where what is not its own word might become HTML."""
    wrong = [found[0] for found in _NEVER.finditer(text)]
    for found in _SET.finditer(text):
        value = found[1].strip()
        if _NAME.fullmatch(value):
            declared = re.search(rf"^const {value} = (`[^`]*`);", text, re.MULTILINE)
            value = declared[1] if declared else "${"
        if not _OWN.fullmatch(value):
            wrong.append(found[0])
    return wrong


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_a_component_makes_html_of_its_own_words_alone(path):
    assert wrong_of_script(path.read_text("utf-8")) == []


@pytest.mark.parametrize(
    "evil",
    [
        "box.innerHTML = name;",
        "box.innerHTML = `<b>${name}</b>`;",
        "box.innerHTML += `<b>`+name;",
        "Object.assign(b, { innerHTML: title });",
        "const PAGE = `<b>${x}</b>`;\nb.innerHTML = PAGE;",
        "box.outerHTML = x;",
        "b.insertAdjacentHTML('beforeend', x)",
        "eval(x)",
        "let PAGE = x;\nb.innerHTML = PAGE;",
    ],
)
def test_this_check_can_fail(evil):
    assert wrong_of_script(evil)


def test_the_pages_give_streamlit_no_html_but_their_own_file():
    found = []
    for path in PYTHON:
        text = path.read_text("utf-8")
        found += [f"{path.name}: {one[0]}" for one in _STREAMLIT.finditer(text)]
        found += [
            f"{path.name}: {one[0]}"
            for one in _HTML.finditer(text)
            if one[1] != 'COMPONENTS / "page.css"'
        ]
    assert found == []


_HREF = re.compile(r"\.href\s*=(?!=)\s*(.+?);|\bhref:\s*(\w+)")
_OF_THE_SERVER = {
    "URL.createObjectURL(blob)",
    "`${path}/animation.${link.dataset.kind}`",
    "parent.link",
    "file",
}


def test_links_that_a_component_sets_are_the_servers_own():
    """An address that somebody wrote could begin with javascript: and run."""
    found = {
        one[1] or one[2] for path in SCRIPTS for one in _HREF.finditer(path.read_text("utf-8"))
    }
    assert found == _OF_THE_SERVER
