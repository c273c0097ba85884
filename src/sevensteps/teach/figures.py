"""The house style of figures, and `show`, which puts one on the page.

A figure is stored twice: as an inline SVG whose text takes the page's own colour, so
that it reads by day and by night, and as a PNG for JupyterLab's dark theme and for
EPUB. Both are the same bytes in every run. nbval must skip both kinds
(`text/html` and `image/png`): matplotlib's next release may move a line by a pixel.
Assert the numbers behind a figure instead.
"""

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from io import BytesIO, StringIO
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

OURS = "#0072B2"
NAIVE = "#D55E00"
TRUTH = "#009E73"  # always green, in the whole book
RIVAL = "#CC79A7"
PALETTE = (OURS, NAIVE, TRUTH, RIVAL)
_ROLES = {"ours": OURS, "naive": NAIVE, "truth": TRUTH, "rival": RIVAL}

# A colour that nobody draws with. It stands for the page's own text colour.
_PAGE = "#010203"
_LABEL_GAP = 1.25  # least distance of two labels, in heights of the font
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")

STYLE = Path(__file__).with_name("house.mplstyle")


def use_house_style() -> None:
    """Make every figure drawn from now on look like the book's."""
    mpl.rcParams.update(mpl.rc_params_from_file(STYLE, use_default_template=False))


@dataclass(frozen=True)
class Shown:
    """A figure as a notebook displays it. Made by `show`."""

    name: str
    alt: str
    caption: str
    svg: str = field(repr=False)
    png: bytes = field(repr=False)

    def _repr_mimebundle_(self, **_: object) -> dict[str, object]:
        """What Jupyter stores: HTML for the book, PNG for the rest."""
        caption = re.sub(r"`(.+?)`", r"<code>\1</code>", escape(self.caption))
        html = (
            f'<figure class="teach-figure" id="fig-{self.name}">'
            f'<div class="scroll">{self.svg}</div>'
            f"<figcaption>{caption}</figcaption></figure>"
        )
        return {"text/html": html, "image/png": self.png, "text/plain": self.alt}


def show(figure: Figure, name: str, alt: str, caption: str) -> Shown:
    """Put a figure on the page: numbered, with a caption and a text for listeners.

    Parameters
    ----------
    figure : Figure           drawn in the house style; it is closed afterwards
    name : str                `fig-<name>` is its anchor; lower-case words and dashes
    alt : str                 what a listener must hear: the shape and the number
    caption : str             the claim that the figure supports; `code` is allowed
    """
    if not _NAME.fullmatch(name):
        raise ValueError(f"name {name!r}: use lower-case words joined by dashes")
    if not alt.strip() or not caption.strip():
        raise ValueError(f"figure {name!r} needs an alt text and a caption")
    if titled := [axes.get_title() for axes in figure.axes if axes.get_title()]:
        raise ValueError(f"figure {name!r}: move the title {titled} into the caption")
    from matplotlib import pyplot

    shown = Shown(name, alt, caption, _svg(figure, name, alt), _png(figure))
    pyplot.close(figure)
    return shown


def label_lines(axes: Axes) -> None:
    """Write each line's label at its right end, in its colour, instead of a legend.

    The axes have labelled lines: `axes.plot(..., label="ours")`.
    """
    drawn = axes.get_lines()
    lines = [line for line in drawn if not str(line.get_label()).startswith("_")]
    if not lines:
        raise ValueError("label_lines found no labelled line: plot(..., label='ours')")
    axes.figure.canvas.draw()
    heights = [float(axes.transData.transform(_last_point(line))[1]) for line in lines]
    points = axes.figure.dpi / 72  # pixels in one
    placed = _spread(heights, mpl.rcParams["font.size"] * points * _LABEL_GAP)
    for line, end, height in zip(lines, heights, placed, strict=True):
        axes.annotate(
            str(line.get_label()),
            xy=_last_point(line),
            xytext=(6, (height - end) / points),
            textcoords="offset points",
            color=line.get_color(),
            va="center",
        )


def _last_point(line: Line2D) -> tuple[float, float]:
    """Where a line ends."""
    x, y = (np.asarray(values, dtype=float) for values in line.get_data())
    known = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    return float(x[known[-1]]), float(y[known[-1]])


def _spread(heights: Sequence[float], gap: float) -> list[float]:
    """Heights moved apart by at least `gap`, in their order."""
    order = np.argsort(heights, kind="stable")
    placed = np.asarray(heights, dtype=float).copy()
    for lower, upper in itertools.pairwise(order):
        placed[upper] = max(placed[upper], placed[lower] + gap)
    shift = placed.mean() - float(np.mean(heights))
    return [float(height) for height in placed - shift]


def _svg(figure: Figure, name: str, alt: str) -> str:
    """The figure as an element of a page."""
    out = StringIO()
    with mpl.rc_context({"svg.hashsalt": name, "svg.fonttype": "none"}):
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    return inline_svg(out.getvalue(), prefix=f"fig-{name}", label=alt)


def inline_svg(svg: str, *, prefix: str, label: str) -> str:
    """An SVG document as an element that follows the theme of its page.

    Ids that something refers to get the prefix; the others go, so that two figures
    on a page never share one.
    """
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<!--.*?-->\s*", "", svg, flags=re.DOTALL)
    used = set(re.findall(r"(?:url\(#|href=\"#)([^\")]+)", svg))
    svg = re.sub(
        r' id="([^"]+)"',
        lambda match: f' id="{prefix}-{match[1]}"' if match[1] in used else "",
        svg,
    )
    svg = re.sub(r"(url\(#|href=\"#)", rf"\g<1>{prefix}-", svg)
    svg = _themed(svg.replace(_PAGE, "currentColor"))
    # matplotlib's style block would reach every element of the page
    svg = re.sub(r"<style type=\"text/css\">.*?</style>\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r"font: ([\d.]+px) [^;\"]+", r"font-size: \1", svg)
    opening = f'<svg role="img" aria-label="{escape(label)}" stroke-linejoin="round" '
    return re.sub(r"\s*\n\s*", "\n", svg.replace("<svg ", opening, 1)).strip()


def _themed(svg: str) -> str:
    """Let the page brighten a role's colour at night, and darken it for letters."""
    for role, colour in _ROLES.items():
        letters = re.compile(rf"(<text [^>]*){colour}", re.IGNORECASE)
        svg = letters.sub(rf"\g<1>var(--{role}, {colour.upper()})", svg)
        shapes = re.compile(rf": {colour}", re.IGNORECASE)
        svg = shapes.sub(f": var(--fig-{role}, {colour.upper()})", svg)
    return svg


def _png(figure: Figure) -> bytes:
    """A PNG on white: it must be readable wherever it lands."""
    out = BytesIO()
    bare = {"Software": None}
    figure.savefig(out, format="png", dpi=144, facecolor="white", metadata=bare)
    return out.getvalue()
