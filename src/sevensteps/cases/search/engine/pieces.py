"""The words in a piece of text, with numbers and their units in one spelling."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache, partial

_MARKS = str.maketrans(
    {
        **dict.fromkeys("’‘`´′", "'"),
        **dict.fromkeys("“”″", '"'),
        **{"×": "x", "ß": "ss", "ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d"},
        **{"$": " dollar ", "€": " euro ", "£": " gbp "},
    }
)
_UNITS = {
    "inch": "inch inches in",
    "ft": "ft foot feet",
    "cm": "cm cms centimetre centimetres centimeter centimeters",
    "mm": "mm mms millimetre millimetres millimeter millimeters",
    "kg": "kg kgs kilo kilos kilogram kilograms",
    "lb": "lb lbs",
    "oz": "oz ounce ounces",
    "qt": "qt qts quart quarts",
    "gal": "gal gallon gallons",
    "litre": "litre litres liter liters ltr",
    "ml": "ml millilitre millilitres milliliter milliliters",
    "watt": "watt watts",
    "volt": "volt volts",
}
#: Spelling of a unit to the one that we keep.
UNIT_OF = {word: unit for unit, words in _UNITS.items() for word in words.split()}
is_number = re.compile(r"\d+(?:\.\d+)?").fullmatch

#: Stretches in which no space parts the words, and how many neighbours make one: two in
#: Chinese, Japanese and Korean, three in Thai, Lao, Burmese and Khmer.
_UNPARTED = {
    2: re.compile(
        "[\u1100-\u11ff\u3005-\u3007\u3040-\u30fa\u30fc-\u30ff\u3130-\u318f"
        "\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
        "\U00020000-\U0003ffff]+"
    ),
    3: re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]+"),
}
_VOICED = "\u3099\u309a"  # marks that make another letter of a Japanese one
_cut = re.compile(r"[^\W\d_]+\d[^\W_]*|\d+(?:\.\d+)?[^\W_]*|[^\W\d_]+").findall
_POSSESSIVE = re.compile(r"(?<=[^\W_])'s?(?![^\W_])|(?<=[^\W\d_])'(?=[^\W\d_])")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_INCHES = re.compile(r"(?<=\d)(?:\"|'')")
_FEET = re.compile(r"(?<=\d)'(?!s)")
_TIMES = re.compile(r"(?<=\d)x(?=\d)")
_IN_ONE = re.compile(r"(?<=\d)-in-(?=\d)")
_IN_ONE_SPACED = re.compile(r"(\d) [iI][nN] (\d)")
#: A number and the letters that stick to it; not "4k", "3in1", "1st", nor "x20cm".
_STUCK = re.compile(
    r"(?<![^\W_])(\d+(?:\.\d+)?)(?!in\d|(?:st|nd|rd|th)\b)([^\W\d_]{2,})"
)
_CACHED = 40  # letters of the longest piece that is remembered


def without_spaces(text: str) -> str:
    """Text with "3 in 1" as "3in1": the one thing that is said across spaces."""
    return _IN_ONE_SPACED.sub(r"\1in\2", text)


def words_in(piece: str, fold: bool, split_digits: bool) -> tuple[str, ...]:
    """Words of what stands between two spaces.

    Where a script leaves no spaces between words, every two or three neighbouring
    characters are one: phrases still meet, and no dictionary is needed (as in Lucene's
    CJK analyser).

    Parameters
    ----------
    piece : text without spaces
    fold : accents go
    split_digits : "60cm" becomes two words, as does 10"

    >>> words_in('L-shaped,', True, True), words_in('2x4"', True, True)
    (('l', 'shaped'), ('2', 'x', '4', 'inch'))
    >>> words_in("iPhone用ケース", True, True)
    ('iphone', '用ケ', 'ケー', 'ース')
    """
    # Pieces repeat; the long ones that do not would only fill the memory.
    cut = _remembered if len(piece) <= _CACHED else _words_in
    return cut(piece, fold, split_digits)


def _words_in(piece: str, fold: bool, split_digits: bool) -> tuple[str, ...]:
    piece = piece.lower().translate(_MARKS)
    if fold and not piece.isascii():
        piece = _folded(piece).lower().translate(_MARKS).replace("⁄", " ")
    piece = piece if piece.isascii() else _parted(piece)
    if split_digits:
        piece = _FEET.sub(" ft ", _INCHES.sub(" inch ", _THOUSANDS.sub("", piece)))
        piece = _IN_ONE.sub("in", _TIMES.sub(" x ", piece))
    piece = _POSSESSIVE.sub("", piece)
    return tuple(_cut(_STUCK.sub(r"\1 \2", piece) if split_digits else piece))


def _folded(piece: str) -> str:
    """Without accents and other marks, wide letters as narrow ones."""
    flat = unicodedata.normalize("NFKD", piece)
    kept = (c for c in flat if unicodedata.category(c)[0] != "M" or c in _VOICED)
    return unicodedata.normalize("NFC", "".join(kept))


def _parted(piece: str) -> str:
    """Stretches without spaces as neighbours; a short one is a word by itself."""
    for n, stretch in _UNPARTED.items():
        piece = stretch.sub(partial(_neighbours, n), piece)
    return piece


def _neighbours(n: int, stretch: re.Match[str]) -> str:
    said = stretch[0]
    words = [said[at : at + n] for at in range(max(1, len(said) - n + 1))]
    return f" {' '.join(words)} "


_remembered = lru_cache(maxsize=1 << 16)(_words_in)


def with_units(words: list[str]) -> list[str]:
    """Words with the unit after a number in one spelling.

    >>> with_units(["60", "centimetres"]), with_units(["2", "of", "4", "in", "white"])
    (['60', 'cm'], ['2', 'of', '4', 'in', 'white'])
    """
    found = list(words)
    for at, word in enumerate(words):
        unit = UNIT_OF.get(word)
        if unit is None or not at or not is_number(words[at - 1]):
            continue
        # "set of 4 in white" is not four inches.
        if word != "in" or at < 2 or words[at - 2] != "of":
            found[at] = unit
    return found
