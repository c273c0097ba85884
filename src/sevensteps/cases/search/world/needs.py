"""What people are after, and the words in which they ask."""

from dataclasses import dataclass, fields, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from sevensteps.world import stream
from sevensteps.world.arrays import take

from .catalogue import Making, Products, Traits
from .records import Flags, Ids, SearchSize
from .rng import NEEDS
from .speaker import Speaker, joined, mistyped

FORMS = 4  # ways in which a need may be put into words
SLIPS = 6  # ways in which these may be mistyped
USUAL = 0.5  # of shoppers take the first wording of a thing
MISTYPED = 0.13  # of searches
_FORM_SHARES = np.array((0.55, 0.25, 0.13, 0.07))
SHARES = np.append((1 - MISTYPED) * _FORM_SHARES, np.full(SLIPS, MISTYPED / SLIPS))
HEADS = 1.5  # demand is taken to this power: the higher, the more go for the same
WISHES = 0.6  # of those who name no product; the others name a place or a person
_SAID = ("kind", "colour", "material", "style", "size", "feature")
_TEMPLATES = (
    "{brand} {line} {colour} {material} {style} {kind} {size} [with {feature}] {wish}",
    "{kind} {colour} {material} {size} {style} {feature} {brand} {line} {wish}",
    "{size} {style} {colour} {material} {feature} {kind} [by {brand}] {line} {wish}",
)
_VAGUE = pa.array(("something for a", "", "ideas for"))
_SHARES = {  # of the needs that are drawn, by what is asked for
    "kind": 0.22,
    "kind and one": 0.30,
    "kind and two": 0.16,
    "brand and kind": 0.08,
    "series": 0.12,
    "use": 0.12,
}
_ONE = ("colour", "material", "size", "feature", "style")
_ONE_SHARES = np.array((0.30, 0.25, 0.20, 0.17, 0.08))


@dataclass(frozen=True, slots=True)
class Needs(Traits):
    """What may be asked for: one kind, or one use."""

    intent: NDArray[np.int8]  # index into `INTENTS`
    season: NDArray[np.int8]  # index into `SEASONS`
    weight: NDArray[np.float64]  # searches, relative to other needs, out of season


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


def needs(making: Making, products: Products, size: SearchSize, seed: int) -> Needs:
    """Different needs; how often one was drawn decides how often it is asked.

    Brands and series that are asked for are those of the first day's products.
    """
    rng = stream(seed, NEEDS)
    drawn = _drawn(making, products, size.n_needs, rng)
    keys = np.stack([getattr(drawn, f.name) for f in fields(Traits)], axis=1)
    _, first, count = np.unique(keys, axis=0, return_index=True, return_counts=True)
    weight = count * rng.lognormal(0, 1.1, len(first))
    kept = take(drawn, first)
    return replace(kept, intent=_intent(kept), weight=weight)


def _intent(needs: Needs) -> NDArray[np.int8]:
    """By what is said: of a kind that has no colours, none can be asked."""
    more = np.stack([getattr(needs, name) for name in ("brand", *_ONE)]) >= 0
    series, for_use = needs.line >= 0, needs.use >= 0
    return np.select([series, for_use, more.any(axis=0)], [0, 3, 1], 2).astype(np.int8)


def _drawn(
    making: Making, products: Products, n: int, rng: np.random.Generator
) -> Needs:
    words, u = making.words, rng.random((n, 10))
    what = np.array([*_SHARES])[_pick(np.array([*_SHARES.values()]), u[:, 0])]
    share = words.demand**HEADS
    kind = rng.choice(len(share), n, p=share / share.sum()).astype(np.int32)
    said = _extras(what, u[:, 1], u[:, 2])
    for_use, series = what == "use", what == "series"
    known = _known(products, series, u[:, 3])
    named = series | (what == "brand and kind")
    kind = np.where(named, products.kind[known], kind)
    use = (u[:, 4] ** 1.5 * len(words.use.start)).astype(np.int32)
    seasonal = np.where(for_use, words.use_season[use], words.season[kind])

    values = {
        "kind": (~for_use, kind),
        "brand": (named, products.brand[known]),
        "line": (series, products.line[known]),
        "colour": (said["colour"], words.colours.draw(kind, u[:, 5])),
        "material": (said["material"], words.materials.draw(kind, u[:, 6])),
        "style": (said["style"], words.styles.draw(kind, u[:, 7])),
        "size": (said["size"], words.sizes.draw(kind, u[:, 8])),
        "feature": (said["feature"], words.features.draw(kind, u[:, 9])),
        "use": (for_use, use),
    }
    return Needs(
        **{k: np.where(*v, -1).astype(np.int32) for k, v in values.items()},
        intent=np.zeros(n, np.int8),
        season=seasonal.astype(np.int8),
        weight=np.ones(n),
    )


def _known(products: Products, series: Flags, u: NDArray[np.float64]) -> Ids:
    """(n,) a product that somebody has in mind: what sells is better known."""
    weight = products.sold_before + 1.0
    every = np.cumsum(weight)
    lined = np.cumsum(weight * (products.line >= 0))
    of_series = np.searchsorted(lined, u * lined[-1], "right")
    known = np.where(series, of_series, np.searchsorted(every, u * every[-1], "right"))
    return np.minimum(known, len(weight) - 1).astype(np.int32)


def _pick(shares: NDArray[np.float64], u: NDArray[np.float64]) -> NDArray[np.intp]:
    upto = np.cumsum(shares)
    return np.minimum(np.searchsorted(upto, u * upto[-1], "right"), len(shares) - 1)


def _extras(
    what: NDArray[np.str_], u: NDArray[np.float64], v: NDArray[np.float64]
) -> dict[str, Flags]:
    """Which things are asked for beside the kind: none, one or two different ones."""
    one = _pick(_ONE_SHARES, u)
    two = (one + 1 + (v * (len(_ONE) - 1)).astype(int)) % len(_ONE)
    some, more = np.isin(what, ("kind and one", "kind and two")), what == "kind and two"
    return {
        name: (some & (one == i)) | (more & (two == i)) for i, name in enumerate(_ONE)
    }


def asked(making: Making, needs: Needs, seed: int) -> QueryTable:
    """The queries of all needs; a text that several share goes to the most popular."""
    rng = stream(seed, NEEDS, 1)
    written = [_written(making, needs, rng) for _ in range(FORMS)]
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


def _numbered(
    typed: pa.Array, rng: np.random.Generator
) -> tuple[pa.Array, NDArray[np.int64]]:
    """Different texts and their numbers, at random: an id must not tell a meaning."""
    every = typed.dictionary_encode()
    order = rng.permutation(len(every.dictionary))
    number = np.empty_like(order)
    number[order] = np.arange(len(order))
    return every.dictionary.take(pa.array(order)), number[every.indices.to_numpy()]


def _written(making: Making, needs: Needs, rng: np.random.Generator) -> pa.Array:
    """(n,) one text for each need."""
    ask, some = Speaker(making, rng, len(needs), USUAL), dict.fromkeys(_SAID, 1.0)
    said, wishes = ask.tell(needs, some), rng.random(len(needs)) < WISHES
    wish = ask.say("wish", np.where(wishes, needs.use, -1))
    place = ask.say("use", np.where(wishes, -1, needs.use))
    start = _VAGUE.take(pa.array(ask.pattern(len(_VAGUE))))
    said["wish"] = pc.coalesce(wish, joined(start, place, nulls="emit_null"))
    return pc.utf8_trim_whitespace(ask.written(_TEMPLATES, said))
