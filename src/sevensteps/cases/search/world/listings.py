"""What sellers write: titles and texts in their own words, and not all of the truth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sevensteps.world import stream

from .catalogue import Making, Products
from .records import Ids
from .rng import FILES, PRODUCTS
from .speaker import Speaker, by_pattern, joined, phrase

USUAL = 0.72  # of sellers take the first wording of a thing
_LISTINGS = 1 << 20  # apart from the streams that make products
_SERVICE = pa.array(
    (
        "free returns within 30 days",
        "order today for delivery in two to four days",
        "two year guarantee included",
        "see our shop for matching items",
        "carefully packed and shipped in a plain box",
        "loved by our customers",
    )
)


@dataclass(frozen=True, slots=True)
class Listings:
    """Texts, and the fields of the form that sellers filled in; (n,) arrays.

    A field that was left out is -1.
    """

    title: pa.Array
    description: pa.Array
    category: Ids  # kind, as filed
    colour: Ids
    material: Ids
    size: Ids


def listings(making: Making, products: Products, seed: int, key: int) -> Listings:
    """Listings of some products: a pure function of seed and key.

    Parameters
    ----------
    key : int                 e.g. the number of the shard or the day
    """
    rng = stream(seed, PRODUCTS, _LISTINGS + key)
    return Listings(
        title=pc.utf8_title(_titles(making, products, rng)),
        description=_descriptions(making, products, rng),
        category=_filed(making, products, rng),
        colour=_left_out(products.colour, rng),
        material=_left_out(products.material, rng),
        size=_left_out(products.size, rng),
    )


def _left_out(code: Ids, rng: np.random.Generator) -> Ids:
    return np.where(rng.random(len(code)) < 0.6, code, -1).astype(np.int32)


def _filed(making: Making, products: Products, rng: np.random.Generator) -> Ids:
    """The category: one in twelve is another of the same department."""
    department = making.words.department
    order = np.argsort(department, kind="stable")
    first = np.searchsorted(department[order], department)
    n = np.bincount(department)[department]
    mine = products.kind
    other = order[first[mine] + (rng.random(len(mine)) * n[mine]).astype(np.intp)]
    return np.where(rng.random(len(mine)) < 1 / 12, other, mine).astype(np.int32)


def _titles(making: Making, products: Products, rng: np.random.Generator) -> pa.Array:
    write, words = Speaker(making, rng, len(products), USUAL), making.words
    brand, line = write.brand(products.brand), write.line(products.line)
    kind = write.say(words.kind, products.kind)
    colour = write.say(words.colour, products.colour, 0.7)
    material = write.say(words.material, products.material, 0.6)
    style = write.say(words.style, products.style, 0.35)
    size = write.say(words.size, products.size, 0.75)
    feature = write.say(words.feature, products.feature[:, 0], 0.5)
    use = write.say(words.use, products.use[:, 0], 0.25)
    other = write.say(words.kind, products.pretends)
    written = [
        joined(brand, line, kind, colour, material, size, feature, other),
        joined(colour, material, kind, size, brand, line, other),
        joined(
            brand, line, style, material, kind, phrase("with", feature), colour, other
        ),
        joined(style, colour, kind, size, phrase("for", use), line, brand, other),
    ]
    return by_pattern(write.pattern(4), written)


def _descriptions(
    making: Making, products: Products, rng: np.random.Generator
) -> pa.Array:
    write, words = Speaker(making, rng, len(products), USUAL), making.words
    kind = write.say(words.kind, products.kind)
    style = write.say(words.style, products.style, 0.6)
    made = phrase("made of", write.say(words.material, products.material, 0.7))
    first, second, third = (
        write.say(words.feature, products.feature[:, j], 0.75) for j in range(3)
    )
    best, good = (write.say(words.use, products.use[:, j], 0.6) for j in range(2))
    colour = phrase("comes in", write.say(words.colour, products.colour, 0.6), ".")
    size = phrase("size", write.say(words.size, products.size, 0.6), ".")
    parts = phrase("with", first, "and", second, ".")
    also = phrase("also:", third, ".")
    service = _SERVICE.take(pa.array(write.pattern(len(_SERVICE))))
    ideal, fits = phrase("ideal for", best, "."), phrase("great for", good, ".")
    written = [
        joined("this", style, kind, made, parts, ideal, colour, size, service),
        joined(ideal, fits, "a", style, kind, colour, also, made, service),
        joined("our", kind, "is", style, made, colour, size, parts, also, fits),
    ]
    text = by_pattern(write.pattern(3), written)
    return pc.replace_substring(text, " .", ".")


def synonym_file(making: Making, seed: int) -> str:
    """The merchandisers' synonyms: six in ten groups, one in twenty of them wrong."""
    words, rng = making.words.words, stream(seed, FILES)
    said = [k.words for k in words.kinds]
    said += [s.words for s in (*words.colours, *words.materials, *words.styles)]
    groups = [group for group in said if len(group) > 1]
    lines = ["# kept by the merchandising team"]
    for group in groups:
        kept, wrong = rng.random(2)
        stranger = groups[rng.integers(len(groups))][0]
        if kept < 0.6:
            lines.append(", ".join((*group, stranger) if wrong < 0.05 else group))
    return "\n".join(lines) + "\n"
