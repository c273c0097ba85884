"""Products: what they are and who makes them, whatever their sellers say of them."""

from dataclasses import dataclass, replace
from itertools import product
from typing import Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sevensteps.world import stream
from sevensteps.world.arrays import unit

from .records import DAY, Floats, Ids, Part, SearchSize
from .words import Alternatives, Grammar

LOOK = 6  # dimensions of taste
MAX_FEATURES = 3  # of a product
LINES = 3  # series that a brand has of one kind
KINDS = 1_024  # kinds that the number of a series has room for
N_LINE_NAMES = 400
SHARD = 1 << 17  # products; each shard is a pure function of its number
STUFFED = 0.03  # of titles hold the name of something else
_MEAN_AGE_DAYS = 500
_SOLD_A_DAY = 0.02  # of a product of average quality, before the first day
_DRAWN = {"style": 4, "colour": 5, "material": 6, "size": 7}  # by which uniform
# Invented names: syllables that no word of the lexicon is made of.
_HEAD = ["vel", "dra", "os", "kin", "mu", "tra", "ze", "ald", "ruo", "fen", "ib", "qua"]
_BODY = ["vo", "nda", "ski", "lu", "mbra", "tti", "gro", "xe", "pha", "ri"]
_TAIL = ["ro", "nex", "lia", "dt", "mo", "sk", "va", "quist", "ze", "nor", "um", "ya"]


@dataclass(frozen=True, slots=True)
class Making:
    """What products are made from, and by whom; arrays hold the makers."""

    words: Grammar
    style_look: Floats  # (styles, LOOK)
    name: pa.Array  # (n,)
    line_name: pa.Array  # what series are called, shared by all brands
    department: Ids  # what it mostly makes
    prestige: Floats  # moves prices and qualities
    look: Floats  # (n, LOOK) of unit length
    weight: NDArray[np.float64]  # products, relative to other brands

    @classmethod
    def of(cls, words: Grammar, n: int, seed: int) -> Self:
        """All `n` makers of a world."""
        rng = stream(seed, Part.BRANDS)
        names = ["".join(parts) for parts in product(_HEAD, _BODY, _TAIL)]
        if n + N_LINE_NAMES > len(names):  # then the rest gets a second word
            names += [f"{a} {b}" for a, b in product(names, ("works", "house", "lab"))]
        drawn = rng.permutation(len(names))[: n + N_LINE_NAMES]
        chosen = pa.array(names).take(pa.array(drawn))
        styles = len(words.said["style"].count), LOOK
        look = unit(stream(seed, Part.PRODUCTS).standard_normal(styles))
        return cls(
            words=words,
            style_look=look.astype(np.float32),
            name=chosen.slice(0, n),
            line_name=chosen.slice(n),
            department=rng.integers(0, words.department.max() + 1, n).astype("i4"),
            prestige=rng.standard_normal(n, dtype=np.float32),
            look=unit(rng.standard_normal((n, LOOK))).astype(np.float32),
            weight=rng.lognormal(0, 1, n),
        )

    def line(self, brand: Ids, kind: Ids, u: NDArray[np.floating]) -> Ids:
        """The number of a series: one of this brand, among this kind."""
        nth = np.minimum(u * LINES, LINES - 1).astype(np.int32)
        return ((brand.astype(np.int64) * KINDS + kind) * LINES + nth).astype(np.int32)

    def named(self, line: Ids) -> Ids:
        """The code of a series' name."""
        mixed = line.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        return ((mixed >> np.uint64(40)) % np.uint64(N_LINE_NAMES)).astype(np.int32)

    def draw(
        self, department: Ids, u: NDArray[np.floating], v: NDArray[np.floating]
    ) -> Ids:
        """(n,) a maker for each product: four in five of its own department."""
        order = np.argsort(self.department, kind="stable").astype(np.int32)
        upto = np.cumsum(self.weight[order])
        last = department.max(initial=-1)
        end = np.searchsorted(self.department[order], np.arange(last + 1), "right")
        total = np.concatenate([[0.0], upto[np.maximum(end - 1, 0)] * (end > 0)])
        low, high = total[department], total[department + 1]
        elsewhere = (v > 0.8) | (high <= low)
        at = np.where(elsewhere, u * upto[-1], low + u * (high - low))
        return order[np.minimum(np.searchsorted(upto, at, "right"), len(order) - 1)]


@dataclass(frozen=True, slots=True)
class Traits:
    """What products are, or what is asked for; arrays of one length, -1 for none."""

    kind: Ids
    brand: Ids
    line: Ids  # series; see `Making.line`
    colour: Ids
    material: Ids
    style: Ids
    size: Ids  # numbered across kinds, as features are
    feature: Ids  # (n, MAX_FEATURES) of products
    use: Ids  # (n, 2) of products: what they are best for, and what they are good for

    def __len__(self) -> int:
        return len(self.kind)


@dataclass(frozen=True, slots=True)
class Products(Traits):
    """Products, hidden qualities included; ids by position."""

    pretends: Ids  # kind whose name the title holds, too; -1 for none
    price: Floats  # EUR
    tier: Floats  # how dear it is for its kind, in standard deviations
    margin: Floats  # share of the price
    quality: Floats  # what buyers find out
    picture: Floats  # pull of the picture, of no other use
    look: NDArray[np.float16]  # (n, LOOK) where it lies among tastes
    listed_at: Ids  # seconds
    sold_before: Ids  # units, before the first day


def catalogue(making: Making, size: SearchSize, seed: int) -> list[Products]:
    """All products of the first day, in shards."""
    n_shards = -(-size.n_products // SHARD)
    return [shard(making, size, seed, k) for k in range(n_shards)]


def shard(making: Making, size: SearchSize, seed: int, k: int) -> Products:
    """Shard `k` of the first day's products: a pure function of the seed and `k`."""
    n = min(SHARD, size.n_products - k * SHARD)
    rng = stream(seed, Part.PRODUCTS, 1 + k)
    age = rng.exponential(_MEAN_AGE_DAYS, n).clip(1, 3_000)
    made = products(making, (-age * DAY).astype(np.int32), rng)
    rate = _SOLD_A_DAY * np.exp(0.7 * made.quality + 0.8 * rng.standard_normal(n))
    rate *= making.words.demand[made.kind] / making.words.demand.mean()
    return replace(made, sold_before=rng.poisson(rate * age).astype(np.int32))


def products(making: Making, listed_at: Ids, rng: np.random.Generator) -> Products:
    """One new product for each time of listing."""
    words, n, share = making.words, len(listed_at), making.words.demand**0.7
    kind = rng.choice(len(share), n, p=share / share.sum()).astype(np.int32)
    u = rng.random((n, 12)).T
    brand = making.draw(words.department[kind], u[0], u[1])
    own = words.kinds[["price", "spread", "margin"]].to_numpy()[kind]
    (usual, spread, margin), prestige = own.T, making.prestige[brand]
    tier = 0.6 * prestige + 0.8 * rng.standard_normal(n)
    quality = 0.35 * prestige + 0.25 * tier.astype("f4") + 0.8 * rng.standard_normal(n)
    price = np.rint(usual * np.exp(spread * tier) * 20) / 20
    other = rng.integers(0, len(share), n)
    chosen = {name: words.choices[name].draw(kind, u[j]) for name, j in _DRAWN.items()}
    return Products(
        kind=kind,
        brand=brand,
        line=np.where(u[3] < 0.7, making.line(brand, kind, u[2]), -1).astype(np.int32),
        **chosen,
        feature=_several(words.choices["feature"], kind, MAX_FEATURES, rng),
        use=_several(words.choices["use"], kind, 2, rng),
        pretends=np.where(u[8] < STUFFED, other, -1).astype(np.int32),
        price=price.clip(0.5).astype(np.float32),
        tier=tier.astype(np.float32),
        margin=(margin * rng.lognormal(0, 0.35, n)).clip(0.03, 0.75).astype(np.float32),
        quality=quality.astype(np.float32),
        picture=rng.standard_normal(n, dtype=np.float32),
        look=_looks(making, chosen["style"], brand, rng),
        listed_at=listed_at,
        sold_before=np.zeros(n, np.int32),
    )


def _looks(
    making: Making, style: Ids, brand: Ids, rng: np.random.Generator
) -> NDArray[np.float16]:
    """Where products lie among tastes: by style, by maker, and by themselves."""
    look = making.style_look[style] + 0.6 * making.look[brand]
    look += 0.4 * rng.standard_normal((len(style), LOOK))
    return unit(look).astype(np.float16)


def _several(choices: Alternatives, kind: Ids, k: int, rng: np.random.Generator) -> Ids:
    """(n, k) different things of each kind, -1 instead of one drawn twice."""
    drawn = choices.draw(kind[:, None], rng.random((len(kind), k)))
    for j in range(1, k):
        again = (drawn[:, :j] == drawn[:, j : j + 1]).any(axis=1)
        drawn[again, j] = -1
    return drawn
