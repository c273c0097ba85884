"""What sellers write: titles and texts in their own words, and not all of the truth."""

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sevensteps.world import stream

from .catalogue import Making, Products
from .records import Ids
from .rng import FILES, PRODUCTS
from .speaker import Speaker

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
_TITLES_TELL = {  # in so many of the titles, and not in every template
    "kind": 1.0, "colour": 0.7, "material": 0.6, "style": 0.35,
    "size": 0.75, "feature": 0.5, "use": 0.25,
}  # fmt: skip
_TITLES = (
    "{brand} {line} {kind} {colour} {material} {size} {feature} {other}",
    "{colour} {material} {kind} {size} {brand} {line} {other}",
    "{brand} {line} {style} {material} {kind} [with {feature}] {colour} {other}",
    "{style} {colour} {kind} {size} [for {use}] {line} {brand} {other}",
)
_DESCRIPTIONS = (
    "this {style} {kind} [made of {material}] [with {feature0} and {feature1} .] "
    "[ideal for {use0} .] [comes in {colour} .] [size {size} .] {service}",
    "[ideal for {use0} .] [great for {use1} .] a {style} {kind} "
    "[comes in {colour} .] [also: {feature2} .] [made of {material}] {service}",
    "our {kind} is {style} [made of {material}] [comes in {colour} .] [size {size} .] "
    "[with {feature0} and {feature1} .] [also: {feature2} .] [great for {use1} .]",
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
    """Listings of some products: a pure function of seed and key."""
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
    write = Speaker(making, rng, len(products), USUAL)
    feature, use = products.feature[:, 0], products.use[:, 0]
    said = write.tell(replace(products, feature=feature, use=use), _TITLES_TELL)
    said["other"] = write.say("kind", products.pretends)
    return write.written(_TITLES, said)


def _descriptions(
    making: Making, products: Products, rng: np.random.Generator
) -> pa.Array:
    write = Speaker(making, rng, len(products), USUAL)
    said = write.tell(products, {"kind": 1.0, "style": 0.6, "material": 0.7})
    for j in range(3):
        said[f"feature{j}"] = write.say("feature", products.feature[:, j], 0.75)
    for j in range(2):
        said[f"use{j}"] = write.say("use", products.use[:, j], 0.6)
    said |= write.tell(products, {"colour": 0.6, "size": 0.6})
    said["service"] = _SERVICE.take(pa.array(write.pattern(len(_SERVICE))))
    return pc.replace_substring(write.written(_DESCRIPTIONS, said), " .", ".")


def synonym_file(making: Making, seed: int) -> str:
    """The merchandisers' synonyms: six in ten groups, one in twenty of them wrong."""
    words, rng = making.words, stream(seed, FILES)
    groups = [
        words.phrases[first : first + n].to_pylist()
        for said in (words.kind, words.colour, words.material, words.style)
        for first, n in zip(said.start, said.count, strict=True)
        if n > 1
    ]
    lines = ["# kept by the merchandising team"]
    for group in groups:
        kept, wrong = rng.random(2)
        stranger = groups[rng.integers(len(groups))][0]
        if kept < 0.6:
            lines.append(", ".join([*group, stranger] if wrong < 0.05 else group))
    return "\n".join(lines) + "\n"
