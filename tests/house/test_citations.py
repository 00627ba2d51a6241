"""Every section that is cited exists, and so does every document that is named."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.sources import PRODUCT, ROOT, documents, name_of, python_files

PROTOCOL = (ROOT / "PROTOCOL.md").read_text(encoding="utf-8")
SECTIONS = frozenset(re.findall(r"^#+ §(\d+(?:\.\d+)*)\b", PROTOCOL, re.MULTILINE))

SECTION = r"§\d+(?:\.\d+)*"
CITATION = re.compile(rf"([^§\n]{{0,60}})({SECTION}(?:(?:,|;| and| to|,? and)? {SECTION})*)")
"""What stands before sections, and the sections: one, or a list of them."""

FOREIGN = re.compile(
    r"(?:RFC \d+|SP 800-\w+(?: Rev\. \d)?|FIPS [\w-]+|ECMA-48|XML 1\.0|HAC|Handbook of Applied Cryptography\*?),? $"
)
"""The names of other documents, right before their sections."""

NAMED = re.compile(r"\b((?:docs/)?(?:PROTOCOL|README|SECURITY|CONTRIBUTING|CHANGELOG|docs/[a-z-]+)\.md)\b")
LINK = re.compile(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)")


def cited(text: str) -> Iterator[str]:
    """The sections of PROTOCOL.md that a text cites."""
    for before, sections in CITATION.findall(text):
        if not FOREIGN.search(before):
            yield from re.findall(r"§(\d+(?:\.\d+)*)", sections)


OWN = Path(__file__)
"""Cites sections that are none, to show how a citation is told."""

FILES = [*python_files(*PRODUCT, "tests", "tools", "examples"), *documents(), ROOT / "pyproject.toml"]


def test_the_sections_of_the_protocol_are_numbered_in_order() -> None:
    numbers = [tuple(map(int, number.split("."))) for number in re.findall(r"^#+ §([\d.]+)", PROTOCOL, re.MULTILINE)]
    assert numbers == sorted(set(numbers))
    assert len(numbers) > 30


def test_every_section_that_is_cited_exists() -> None:
    missing = {
        f"{name_of(path)}: §{number}"
        for path in FILES
        if path != OWN
        for number in cited(path.read_text("utf-8"))
        if number not in SECTIONS
    }
    assert missing == set()


@pytest.mark.parametrize(
    ("text", "sections"),
    [
        ("see PROTOCOL §4.3 and §9.9", ["4.3", "9.9"]),
        ("(§6.1, §6.2 to §6.3)", ["6.1", "6.2", "6.3"]),
        ("RFC 7748 §5, §6.1; then §4", ["4"]),
        ("SP 800-67 Rev. 2 §2", []),
        ("HAC §8.7.2; PROTOCOL §11", ["11"]),
        ("§12.3.4", ["12.3.4"]),
    ],
)
def test_a_citation_is_told_from_one_of_another_document(text: str, sections: list[str]) -> None:
    assert [*cited(text)] == sections


def test_every_document_that_is_named_exists() -> None:
    named = {(name_of(path), name) for path in FILES for name in NAMED.findall(path.read_text("utf-8"))}
    assert {name for _, name in named} >= {"PROTOCOL.md", "README.md"}
    assert [(path, name) for path, name in named if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("path", [*documents()], ids=name_of)
def test_every_link_to_a_file_leads_somewhere(path: Path) -> None:
    links = LINK.findall(path.read_text("utf-8"))
    assert [link for link in links if not (path.parent / link).exists()] == []
