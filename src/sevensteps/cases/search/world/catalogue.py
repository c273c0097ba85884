"""Products: what they are, whatever their sellers say of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sevensteps.world import stream
from sevensteps.world.arrays import unit

from .brands import LINES, LOOK, Brands
from .phrases import Grammar
from .records import Flags, Floats, Ids, SearchSize
from .rng import PRODUCTS
from .schema import DAY, MAX_FEATURES

SHARD = 1 << 17  # products; each shard is a pure function of its number
STUFFED = 0.03  # of titles hold the name of something else
_MEAN_AGE_DAYS = 500
_SOLD_A_DAY = 0.02  # of a product of average quality, before the first day


@dataclass(frozen=True, slots=True)
class Products:
    """Products, hidden qualities included; arrays of one length, ids by position.

    Attributes
    ----------
    kind, brand : (n,) int32
    line : (n,) int32             series, -1 for none; see `Brands.line`
    colour, material, style : (n,) int32    -1 where it has none
    size : (n,) int32             numbered across kinds; -1 for none
    feature : (n, MAX_FEATURES) int32       numbered across kinds; -1 for fewer
    use : (n, 2) int32            what it is best for, and what it is good for
    pretends : (n,) int32         kind whose name its title holds, too; -1 for none
    price : (n,) float32          EUR
    tier : (n,) float32           how dear it is for its kind, in standard deviations
    margin : (n,) float32         share of the price
    quality : (n,) float32        what buyers find out
    picture : (n,) float32        pull of the picture, of no other use
    look : (n, LOOK) float16      where it lies among tastes
    listed_at : (n,) int32        seconds
    sold_before : (n,) int32      units, before the first day
    """

    kind: Ids
    brand: Ids
    line: Ids
    colour: Ids
    material: Ids
    style: Ids
    size: Ids
    feature: Ids
    use: Ids
    pretends: Ids
    price: Floats
    tier: Floats
    margin: Floats
    quality: Floats
    picture: Floats
    look: NDArray[np.float16]
    listed_at: Ids
    sold_before: Ids

    def __len__(self) -> int:
        return len(self.kind)

    def stuffed(self, which: Flags, other: Ids) -> Products:
        """The same products, some under the names of others."""
        return replace(self, pretends=np.where(which, other, self.pretends))


@dataclass(frozen=True, slots=True)
class Making:
    """What products are made from."""

    words: Grammar
    brands: Brands
    style_look: Floats  # (styles, LOOK)

    @classmethod
    def of(cls, words: Grammar, size: SearchSize, seed: int) -> Making:
        """The world's makers, and how styles look."""
        rng = stream(seed, PRODUCTS)
        n_styles = len(words.words.styles)
        look = unit(rng.standard_normal((n_styles, LOOK))).astype(np.float32)
        return cls(words, Brands.of(words, size.n_brands, seed), look)


def catalogue(making: Making, size: SearchSize, seed: int) -> list[Products]:
    """All products of the first day, in shards."""
    n_shards = -(-size.n_products // SHARD)
    return [shard(making, size, seed, k) for k in range(n_shards)]


def shard(making: Making, size: SearchSize, seed: int, k: int) -> Products:
    """Shard `k` of the first day's products: a pure function of the seed and `k`."""
    n = min(SHARD, size.n_products - k * SHARD)
    rng = stream(seed, PRODUCTS, 1 + k)
    age = rng.exponential(_MEAN_AGE_DAYS, n).clip(1, 3_000)
    made = products(making, (-age * DAY).astype(np.int32), rng)
    rate = _SOLD_A_DAY * np.exp(0.7 * made.quality + 0.8 * rng.standard_normal(n))
    rate *= making.words.demand[made.kind] / making.words.demand.mean()
    return replace(made, sold_before=rng.poisson(rate * age).astype(np.int32))


def products(making: Making, listed_at: Ids, rng: np.random.Generator) -> Products:
    """One new product for each time of listing."""
    words, n = making.words, len(listed_at)
    share = words.demand**0.7
    kind = rng.choice(len(share), n, p=share / share.sum()).astype(np.int32)
    u = rng.random((n, 12))
    brand = making.brands.draw(words.department[kind], u[:, 0], u[:, 1])
    style = words.styles.draw(kind, u[:, 4])
    prestige = making.brands.prestige[brand]
    price, tier = _prices(words, kind, prestige, rng)
    quality = 0.35 * prestige + 0.25 * tier + 0.8 * rng.standard_normal(n)
    other = rng.integers(0, len(share), n)
    return Products(
        kind=kind,
        brand=brand,
        line=_lines(making, brand, kind, u[:, 2:4]),
        colour=words.colours.draw(kind, u[:, 5]),
        material=words.materials.draw(kind, u[:, 6]),
        style=style,
        size=words.sizes.draw(kind, u[:, 7]),
        feature=_several(words.features.draw, kind, rng.random((n, MAX_FEATURES))),
        use=_several(words.uses.draw, kind, rng.random((n, 2))),
        pretends=np.where(u[:, 8] < STUFFED, other, -1).astype(np.int32),
        price=price,
        tier=tier,
        margin=_margins(words, kind, rng),
        quality=quality.astype(np.float32),
        picture=rng.standard_normal(n, dtype=np.float32),
        look=_looks(making, style, brand, rng),
        listed_at=listed_at,
        sold_before=np.zeros(n, np.int32),
    )


def _lines(making: Making, brand: Ids, kind: Ids, u: NDArray[np.floating]) -> Ids:
    """The series of seven in ten products; -1 for the others."""
    nth = np.minimum(u[:, 0] * LINES, LINES - 1).astype(np.int32)
    line = making.brands.line(brand, kind, nth)
    return np.where(u[:, 1] < 0.7, line, -1).astype(np.int32)


def _margins(words: Grammar, kind: Ids, rng: np.random.Generator) -> Floats:
    """Shares of the price that the shop keeps."""
    usual = np.array([k.margin for k in words.words.kinds])[kind]
    own = usual * rng.lognormal(0, 0.35, len(kind))
    return own.clip(0.03, 0.75).astype(np.float32)


def _prices(
    words: Grammar, kind: Ids, prestige: Floats, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """EUR, and standard deviations from the usual price of the kind."""
    usual = np.array([k.price for k in words.words.kinds])[kind]
    spread = np.array([k.spread for k in words.words.kinds])[kind]
    tier = 0.6 * prestige + 0.8 * rng.standard_normal(len(kind))
    price = np.rint(usual * np.exp(spread * tier) * 20) / 20
    return price.clip(0.5).astype(np.float32), tier.astype(np.float32)


def _looks(
    making: Making, style: Ids, brand: Ids, rng: np.random.Generator
) -> NDArray[np.float16]:
    """Where products lie among tastes: by style, by maker, and by themselves."""
    look = making.style_look[style] + 0.6 * making.brands.look[brand]
    look += 0.4 * rng.standard_normal((len(style), LOOK))
    return unit(look).astype(np.float16)


def _several(
    draw: Callable[[Ids, NDArray[np.floating]], Ids],
    kind: Ids,
    u: NDArray[np.floating],
) -> Ids:
    """(n, k) different things of each kind, -1 instead of one drawn twice."""
    drawn = np.stack([draw(kind, column) for column in u.T], axis=1)
    for j in range(1, drawn.shape[1]):
        again = (drawn[:, :j] == drawn[:, j : j + 1]).any(axis=1)
        drawn[again, j] = -1
    return np.asarray(drawn, np.int32)
