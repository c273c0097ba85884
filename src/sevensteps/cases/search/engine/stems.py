"""Plural to singular, for English nouns, and nothing more.

Harman's S-stemmer (D. Harman, "How effective is suffixing?", JASIS 42(1), 1991)
takes an s away by three rules. Shops need more (shelves, boxes, dresses) and less
(lens, canvas, shorts), so its rules are refined, and exceptions come before them.
"""

from __future__ import annotations

from collections.abc import Mapping

#: Words in -s that name one thing, or another thing than they do without it.
_AS_THEY_ARE = """
    gas lens canvas atlas christmas madras pampas bias alias texas kansas vegas ananas
    chaos cosmos thermos asbestos rhinoceros ethos pathos lotos tapas adidas
    scissors trousers shorts pants tights jeans overalls leggings pliers tongs goggles
    tweezers binoculars pyjamas pajamas series species news clothes goods means
    always perhaps towards besides across sometimes does was has this his its yes as
    is us plus bus thus ours hers yours theirs dos les des los las
"""
_ODD = {
    "children": "child",
    "childrens": "child",
    "men": "man",
    "women": "woman",
    "mens": "man",
    "womens": "woman",
    "feet": "foot",
    "teeth": "tooth",
    "mice": "mouse",
    "geese": "goose",
    "lice": "louse",
    "buses": "bus",
    "lenses": "lens",
    "gases": "gas",
    "canvases": "canvas",
    "atlases": "atlas",
    "irises": "iris",
    "biases": "bias",
    "aliases": "alias",
    "thermoses": "thermos",
    "cactuses": "cactus",
    "cacti": "cactus",
    "circuses": "circus",
    "crocuses": "crocus",
    "walruses": "walrus",
    "octopuses": "octopus",
    "viruses": "virus",
    "statuses": "status",
    "campuses": "campus",
    "bonuses": "bonus",
    "menus": "menu",
    "gurus": "guru",
    "futons": "futon",
    "quizzes": "quiz",
    "knives": "knife",
    "wives": "wife",
    "housewives": "housewife",
    "lives": "life",
    "shelves": "shelf",
    "bookshelves": "bookshelf",
    "wolves": "wolf",
    "werewolves": "werewolf",
    "halves": "half",
    "calves": "calf",
    "leaves": "leaf",
    "loaves": "loaf",
    "scarves": "scarf",
    "thieves": "thief",
    "hooves": "hoof",
    "elves": "elf",
    "selves": "self",
    "dwarves": "dwarf",
    "axes": "axe",
    "pickaxes": "pickaxe",
    "headaches": "headache",
    "caches": "cache",
    "niches": "niche",
    "quiches": "quiche",
    "moustaches": "moustache",
    "mustaches": "mustache",
    "brioches": "brioche",
    "avalanches": "avalanche",
    "shoes": "shoe",
    "horseshoes": "horseshoe",
    "snowshoes": "snowshoe",
    "toes": "toe",
    "canoes": "canoe",
    "hoes": "hoe",
    "aloes": "aloe",
    "oboes": "oboe",
    "tiptoes": "tiptoe",
}
#: Singulars in -ie, of more than four letters with their s.
_IN_IE = """
    cookie movie hoodie brownie zombie selfie smoothie beanie onesie pixie rookie birdie
    genie calorie prairie veggie foodie walkie talkie doggie lingerie menagerie collie
    bourgeoisie coterie eerie necktie bowtie magpie laddie lassie sortie boogie bogie
    eyrie freebie goalie hippie junkie newbie quickie sweetie townie yuppie budgie
    barbie charlie annie bookie caddie cutie girlie indie kiddie potpie
"""
_EXCEPTIONS: dict[str, str] = {
    **{word: word for word in _AS_THEY_ARE.split()},
    **{word + "s": word for word in _IN_IE.split()},
    **_ODD,
}
#: Ending, what may take its place, the usual first.
_ENDINGS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("sses", ("ss", "sse")),
    ("zzes", ("zz",)),
    ("shes", ("sh",)),
    ("ches", ("ch", "che")),
    ("xes", ("x", "xe")),
    ("oes", ("o", "oe")),
    ("eies", ("eie",)),
    ("aies", ("aie",)),
    ("ies", ("y", "ie")),
    ("ves", ("ve", "f", "fe")),
    ("ses", ("se", "s")),
    ("ss", ("ss",)),
    ("us", ("us", "u")),
    ("is", ("is", "i")),
    ("s", ("",)),
)
_SHORTEST = 4  # letters of a plural; "gps", "tvs" and "abs" stay as they are
_RARE = 0.02  # a singular this rare beside its plural is somebody's typing mistake


def singular(word: str, learned: Mapping[str, str] | None = None) -> str:
    """The singular of an English noun in lower case; other words as they are.

    Parameters
    ----------
    word : lower-case token
    learned : exceptions of a catalogue, from `exceptions`; they come first

    >>> [singular(w) for w in "shelves boxes dress glasses lens batteries".split()]
    ['shelf', 'box', 'dress', 'glass', 'lens', 'battery']
    """
    if learned and word in learned:
        return learned[word]
    if word in _EXCEPTIONS:
        return _EXCEPTIONS[word]
    found = _candidates(word)
    return _EXCEPTIONS.get(found[0], found[0]) if found else word


def exceptions(counts: Mapping[str, int]) -> dict[str, str]:
    """Words whose singular, as a catalogue writes it, is not the usual one.

    Of several possible singulars the most frequent wins ("sheaves": "sheaf", "taxis":
    "taxi"). A brand that loses its s ("ikaras": "ikara") does no harm, since it loses
    it in documents and queries alike and no word of the catalogue is the same.

    Parameters
    ----------
    counts : how often the catalogue uses each word, not stemmed
    """
    learned = {}
    for word, count in counts.items():
        others = [other for other in _candidates(word) if other != word]
        if word in _EXCEPTIONS or not others:
            continue
        best = max(others, key=lambda other: counts.get(other, 0))
        if counts.get(best, 0) > _RARE * count and best != singular(word):
            learned[word] = best
    # A singular must be its own singular, or a second pass would change it.
    return {w: r for w, r in learned.items() if singular(r, learned) == r}


def _candidates(word: str) -> tuple[str, ...]:
    """Possible singulars of a word in -s, the usual first; none for other words."""
    if len(word) < _SHORTEST or word[-1] != "s":
        return ()
    if len(word) == _SHORTEST and word.endswith("ies"):
        return (word[:-1],)  # ties, pies
    for ending, others in _ENDINGS:
        if word.endswith(ending):
            stem = word[: len(word) - len(ending)]
            return tuple(stem + other for other in others)
    return ()
