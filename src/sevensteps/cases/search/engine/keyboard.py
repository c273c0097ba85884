"""How probable a typing mistake is: the channel of a noisy-channel speller."""

_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_STAGGER = (0.0, 0.25, 0.75)  # a row begins this much further right, in keys
_AT = {
    letter: (row, column + _STAGGER[row])
    for row, letters in enumerate(_ROWS)
    for column, letter in enumerate(letters)
}


def _touch(one: str, other: str) -> bool:
    (row, column), (other_row, other_column) = _AT[one], _AT[other]
    return abs(row - other_row) <= 1 and abs(column - other_column) < 1.1


#: Letters whose keys touch, on a QWERTY keyboard.
NEIGHBOURS = {
    one: "".join(other for other in _AT if other != one and _touch(one, other))
    for one in _AT
}
_VOWELS = frozenset("aeiouy")

# Surprise of an edit in nats, before any is known from a log: an order after Kernighan,
# Church and Gale (1990), who counted edits in corrected news, for a keyboard's typists.
_SLIP, _DOUBLE, _SWAP, _DROP, _VOWEL, _OTHER = 3.0, 2.5, 3.0, 3.5, 3.5, 5.0
_FIRST = 1.5  # first letters are seldom wrong (Yannakoudakis and Fawthrop, 1983)
SPACE = 3.0  # a space too many or too few


def surprise(typed: str, meant: str) -> float:
    """-log P(typed | meant), up to a constant: a weighted edit distance.

    Substitutions, insertions, deletions, and transpositions of neighbours (optimal
    string alignment); slips to a key beside, letters doubled or halved, swapped
    letters and wrong vowels surprise less than others.

    >>> surprise("sofs", "sofa") < surprise("sofp", "sofa")
    True
    """
    before: list[float] = []
    last = [0.0, *(j * _OTHER + _FIRST for j in range(1, len(typed) + 1))]
    for i, letter in enumerate(meant):
        dropped = _dropped(meant, i)
        row = [last[0] + dropped]
        for j, other in enumerate(typed):
            first = _FIRST if not i and not j and letter != other else 0.0
            best = last[j] + first + _replaced(letter, other)
            best = min(best, last[j + 1] + dropped, row[j] + _added(typed, j, letter))
            if i and j and other == meant[i - 1] and letter == typed[j - 1] != other:
                best = min(best, before[j - 1] + _SWAP + (_FIRST if i == j == 1 else 0))
            row.append(best)
        before, last = last, row
    return last[-1]


def _replaced(meant: str, typed: str) -> float:
    if meant == typed:
        return 0.0
    if typed in NEIGHBOURS.get(meant, ""):
        return _SLIP
    return _VOWEL if meant in _VOWELS and typed in _VOWELS else _OTHER


def _dropped(meant: str, i: int) -> float:
    """A letter that was meant and not typed."""
    if i and meant[i] == meant[i - 1]:
        return _DOUBLE
    return _DROP + (0.0 if i else _FIRST)


def _added(typed: str, j: int, meant: str) -> float:
    """A letter that was typed and not meant, beside the one that was."""
    letter = typed[j]
    if j and letter == typed[j - 1]:
        return _DOUBLE
    slipped = letter in NEIGHBOURS.get(meant, "")
    return (_SLIP + 0.5 if slipped else _OTHER) + (0.0 if j else _FIRST)
