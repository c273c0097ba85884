"""What is written: by sellers in listings, by shoppers in queries, by editors in files.

Each says a thing in one of its wordings. Sellers do not tell all of the truth; shoppers
may mistype.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from sevensteps.world import stream

from .catalogue import Making, Products, Traits
from .needs import Needs
from .records import Flags, Ids, Part

USUAL_SELLER, USUAL_SHOPPER = 0.72, 0.5  # take the first wording of a thing
FORMS = 4  # ways in which a need may be put into words
SLIPS = 6  # ways in which these may be mistyped
WISHES = 0.6  # of those who name no product; the others name a place or a person
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
_QUERIES_TELL = ("kind", "colour", "material", "style", "size", "feature")
_QUERIES = (
    "{brand} {line} {colour} {material} {style} {kind} {size} [with {feature}] {wish}",
    "{kind} {colour} {material} {size} {style} {feature} {brand} {line} {wish}",
    "{size} {style} {colour} {material} {feature} {kind} [by {brand}] {line} {wish}",
)
_VAGUE = pa.array(("something for a", "", "ideas for"))
_NEAR = {  # on the keyboard
    letter: row[max(0, i - 1) : i] + row[i + 1 : i + 2]
    for row in ("qwertyuiop", "asdfghjkl", "zxcvbnm")
    for i, letter in enumerate(row)
}


@dataclass(frozen=True, slots=True)
class Speaker:
    """Says things, each in one of its wordings; draws as it goes."""

    making: Making
    rng: np.random.Generator
    n: int  # texts that are written side by side
    usual: float  # share of speakers who take the first wording

    def say(self, what: str, thing: Ids, told: float = 1.0) -> pa.Array:
        """(n,) a wording each; null where there is none, or where it is not told."""
        u = self.rng.random((2, self.n))
        thing = np.where(u[1] < told, thing, -1)
        words = self.making.words
        return words.spoken(words.said[what].pick(thing, u[0], self.usual))

    def tell(self, traits: Traits, rates: Mapping[str, float]) -> dict[str, pa.Array]:
        """Names of makers and series, and what else is told, at which rates."""
        said = {n: self.say(n, getattr(traits, n), rate) for n, rate in rates.items()}
        making, brand, line = self.making, traits.brand, traits.line
        named = pa.array(making.named(line), mask=line < 0)
        said["brand"] = making.name.take(pa.array(brand, mask=brand < 0))
        said["line"] = making.line_name.take(named)
        return said

    def written(
        self, templates: Sequence[str], said: Mapping[str, pa.Array]
    ) -> pa.Array:
        """(n,) texts, each after one of the templates."""
        texts = pa.concat_arrays([_phrased(one, said) for one in templates])
        place = self.pattern(len(templates)) * self.n + np.arange(self.n)
        return texts.take(pa.array(place))

    def pattern(self, n: int) -> NDArray[np.int64]:
        """(n,) which of some patterns each follows."""
        return self.rng.integers(0, n, self.n)


def _phrased(template: str, said: Mapping[str, pa.Array]) -> pa.Array:
    """(n,) texts: the template with what is said in the place of its names.

    A name `{so}` vanishes where nothing is said, and takes along all words between the
    brackets around it: "{colour} {kind} [with {feature}]".
    """
    parts = []
    for group, alone in re.findall(r"\[(.+?)\]|(\S+)", template):
        words = (group or alone).split()
        told = [said[word[1:-1]] if word[0] == "{" else word for word in words]
        parts.append(_joined(*told, nulls="emit_null"))
    return _joined(*parts, nulls="skip")


def _joined(*parts: pa.Array | str, nulls: str) -> pa.Array:
    """Words one after another with spaces."""
    return pc.binary_join_element_wise(*parts, " ", null_handling=nulls)


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
    rng, n = stream(seed, Part.PRODUCTS, _LISTINGS + key), len(products)
    write = Speaker(making, rng, n, USUAL_SELLER)
    title, description = _title(write, products), _description(write, products)
    category = _filed(making, products, rng)
    fields = products.colour, products.material, products.size
    filled = (np.where(rng.random(n) < 0.6, f, -1).astype(np.int32) for f in fields)
    return Listings(title, description, category, *filled)


def _title(write: Speaker, products: Products) -> pa.Array:
    feature, use = products.feature[:, 0], products.use[:, 0]
    said = write.tell(replace(products, feature=feature, use=use), _TITLES_TELL)
    said["other"] = write.say("kind", products.pretends)
    return pc.utf8_title(write.written(_TITLES, said))


def _description(write: Speaker, products: Products) -> pa.Array:
    said = write.tell(products, {"kind": 1.0, "style": 0.6, "material": 0.7})
    for j in range(3):
        said[f"feature{j}"] = write.say("feature", products.feature[:, j], 0.75)
    for j in range(2):
        said[f"use{j}"] = write.say("use", products.use[:, j], 0.6)
    said |= write.tell(products, {"colour": 0.6, "size": 0.6})
    said["service"] = _SERVICE.take(pa.array(write.pattern(len(_SERVICE))))
    return pc.replace_substring(write.written(_DESCRIPTIONS, said), " .", ".")


def _filed(making: Making, products: Products, rng: np.random.Generator) -> Ids:
    """The category: one in twelve is another of the same department."""
    department, mine = making.words.department, products.kind
    order = np.argsort(department, kind="stable")
    first = np.searchsorted(department[order], department)
    n = np.bincount(department)[department]
    other = order[first[mine] + (rng.random(len(mine)) * n[mine]).astype(np.intp)]
    return np.where(rng.random(len(mine)) < 1 / 12, other, mine).astype(np.int32)


def synonym_file(making: Making, seed: int) -> str:
    """The merchandisers' synonyms: six in ten groups, one in twenty of them wrong."""
    words, rng = making.words, stream(seed, Part.FILES)
    groups = [
        words.phrases.take(pa.array(row[:n])).to_pylist()
        for what in ("kind", "colour", "material", "style")
        for row, n in zip(words.said[what].table, words.said[what].count, strict=True)
        if n > 1
    ]
    lines = ["# kept by the merchandising team"]
    for group in groups:
        kept, wrong = rng.random(2)
        stranger = groups[rng.integers(len(groups))][0]
        if kept < 0.6:
            lines.append(", ".join([*group, stranger] if wrong < 0.05 else group))
    return "\n".join(lines) + "\n"


@dataclass(frozen=True, slots=True)
class QueryTable:
    """All that may be typed.

    `form` is (needs, FORMS + SLIPS), the queries of each need: put properly, then
    mistyped. Some may be the same; -1 if it has none.
    """

    text: pa.Array  # (queries,) no two alike
    need: Ids  # (queries,) what each is asked for
    form: Ids
    mistyped: Flags  # (queries,)

    def meant(self, query: Ids) -> Ids:
        """The need behind each query; a ValueError for one that is not there."""
        query = np.asarray(query, np.int64)
        if ((query < 0) | (query >= len(self.need))).any():
            raise ValueError(f"queries are 0 to {len(self.need) - 1:,}")
        return self.need[query]


def asked(making: Making, needs: Needs, seed: int) -> QueryTable:
    """The queries of all needs; a text that several share goes to the most popular."""
    rng = stream(seed, Part.NEEDS, 1)
    written = [_query(making, needs, rng) for _ in range(FORMS)]
    slips = [mistyped(written[i % FORMS], rng) for i in range(SLIPS)]
    text, code = _numbered(pa.concat_arrays([*written, *slips]), rng)
    n, rank = len(needs), np.full(len(text), -1, np.int64)
    form = code.reshape(FORMS + SLIPS, n).T.astype(np.int32)
    rising = np.argsort(needs.weight, kind="stable").astype(np.int32)
    np.maximum.at(rank, form[rising], np.arange(n)[:, None])
    owner = rising[rank]
    mine = owner[form] == np.arange(n)[:, None]
    best = form[np.arange(n), mine.argmax(axis=1)][:, None]
    kept = np.where(mine, form, np.where(mine.any(axis=1)[:, None], best, -1))
    meant = pc.is_in(text, pa.concat_arrays(written)).to_numpy(zero_copy_only=False)
    return QueryTable(text, owner, kept.astype(np.int32), ~meant)


def _query(making: Making, needs: Needs, rng: np.random.Generator) -> pa.Array:
    """(n,) one text for each need."""
    ask = Speaker(making, rng, len(needs), USUAL_SHOPPER)
    said = ask.tell(needs, dict.fromkeys(_QUERIES_TELL, 1.0))
    wishes = rng.random(len(needs)) < WISHES
    wish = ask.say("wish", np.where(wishes, needs.use, -1))
    place = ask.say("use", np.where(wishes, -1, needs.use))
    start = _VAGUE.take(pa.array(ask.pattern(len(_VAGUE))))
    said["wish"] = pc.coalesce(wish, _joined(start, place, nulls="emit_null"))
    return pc.utf8_trim_whitespace(ask.written(_QUERIES, said))


def _numbered(
    typed: pa.Array, rng: np.random.Generator
) -> tuple[pa.Array, NDArray[np.int64]]:
    """Different texts and their numbers, at random: an id must not tell a meaning."""
    every = typed.dictionary_encode()
    order = rng.permutation(len(every.dictionary))
    number = np.argsort(order)
    return every.dictionary.take(pa.array(order)), number[every.indices.to_numpy()]


def mistyped(texts: pa.Array, rng: np.random.Generator) -> pa.Array:
    """The texts, each with one error in a word of four letters or more, if it has one.

    A letter is left out (30 %), typed twice (15 %), swapped with the next (25 %) or
    replaced by its neighbour on the keyboard (20 %); or a space is lost (10 %).
    """
    draws = rng.random((len(texts), 3)).tolist()
    told = zip(texts.to_pylist(), draws, strict=True)
    return pa.array([_mistyped(text, *u) for text, u in told], pa.string())


def _mistyped(text: str, what: float, where: float, which: float) -> str:
    words = text.split()
    long = [i for i, word in enumerate(words) if len(word) > 3]
    if not long:
        return text
    if what > 0.9 and len(words) > 1:
        i = int(where * (len(words) - 1))
        return " ".join([*words[:i], words[i] + words[i + 1], *words[i + 2 :]])
    i = long[int(which * len(long))]
    words[i] = _misspelt(words[i], what, where)
    return " ".join(words)


def _misspelt(word: str, what: float, where: float) -> str:
    """One error behind the first letter, where few are made."""
    at = 1 + int(where * (len(word) - 2))
    if what < 0.30:
        return word[:at] + word[at + 1 :]
    if what < 0.45:
        return word[:at] + word[at] + word[at:]
    if what < 0.70:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    near = _NEAR.get(word[at], "")
    letter = near[int(where * 7) % len(near)] if near else ""
    return word[:at] + letter + word[at + 1 :]
