"""A plot of speeds against record sizes, as SVG: both axes logarithmic, a line a contender."""

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Final
from xml.sax.saxutils import escape

_WIDTH, _HEIGHT = 880, 520
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 240, 50, 60
_COLOURS: Final = ("#888888", "#b58900", "#268bd2", "#dc322f", "#2aa198", "#6c71c4")

Points = Sequence[tuple[float, float]]


def plot(title: str, subtitle: str, lines: Mapping[str, Points]) -> str:
    """Draw `lines`, each a name and points (bytes, MB/s), both positive."""
    xs = [x for points in lines.values() for x, _ in points]
    ys = [y for points in lines.values() for _, y in points]
    x_range = (math.log2(min(xs)), math.log2(max(xs)))
    y_range = (math.floor(math.log10(min(ys))), math.ceil(math.log10(max(ys))))
    place = _Place(x_range, (float(y_range[0]), float(y_range[1])))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif">',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>',
        _text(_LEFT, 22, title, size=16),
        _text(_LEFT, 40, subtitle, colour="#666666", size=10),
        _text(_LEFT + (_WIDTH - _LEFT - _RIGHT) / 2, _HEIGHT - 14, "bytes in a record", anchor="middle"),
        _text(_LEFT - 8, _TOP - 14, "MB/s", anchor="end"),
    ]
    for exponent in range(y_range[0], y_range[1] + 1):
        y = place.y(10**exponent)
        parts.append(_rule(_LEFT, y, _WIDTH - _RIGHT, y))
        parts.append(_text(_LEFT - 8, y + 4, f"{10**exponent:g}", anchor="end"))
    for x in sorted(set(xs)):
        parts.append(_rule(place.x(x), _TOP, place.x(x), _HEIGHT - _BOTTOM))
        parts.append(_text(place.x(x), _HEIGHT - _BOTTOM + 18, _size(x), anchor="middle"))
    labels = _spread([place.y(points[-1][1]) for points in lines.values()])
    for index, (name, points) in enumerate(lines.items()):
        colour = _COLOURS[index % len(_COLOURS)]
        path = " ".join(f"{place.x(x):.1f},{place.y(y):.1f}" for x, y in points)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{place.x(x):.1f}" cy="{place.y(y):.1f}" r="3" fill="{colour}"/>' for x, y in points]
        parts.append(_text(_WIDTH - _RIGHT + 12, labels[index] + 4, name, colour=colour))
    return "\n".join([*parts, "</svg>", ""])


class _Place:
    """From figures to places on the page."""

    def __init__(self, x_range: tuple[float, float], y_range: tuple[float, float]) -> None:
        self._x0, x1 = x_range
        self._y0, y1 = y_range
        self._x_scale = (_WIDTH - _LEFT - _RIGHT) / ((x1 - self._x0) or 1)
        self._y_scale = (_HEIGHT - _TOP - _BOTTOM) / ((y1 - self._y0) or 1)

    def x(self, value: float) -> float:
        return _LEFT + (math.log2(value) - self._x0) * self._x_scale

    def y(self, value: float) -> float:
        return _HEIGHT - _BOTTOM - (math.log10(value) - self._y0) * self._y_scale


def _spread(wanted: Sequence[float], gap: float = 16) -> list[float]:
    """Move labels apart so that none covers another."""
    placed = list(wanted)
    order = sorted(range(len(wanted)), key=lambda index: wanted[index])
    for above, below in pairwise(order):
        placed[below] = max(placed[below], placed[above] + gap)
    return placed


def _size(x: float) -> str:
    for unit, size in (("Mi", 2**20), ("Ki", 2**10)):
        if x >= size:
            return f"{x / size:g} {unit}"
    return f"{x:g}"


def _rule(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="#e4e4e4"/>'


def _text(x: float, y: float, text: str, *, anchor: str = "start", colour: str = "#222222", size: int = 12) -> str:
    where = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
    return f'<text {where} fill="{colour}" font-size="{size}">{escape(text)}</text>'
