"""How near a name that somebody wrote is to one that there is."""

from kaiseki.catalog.words import key, words

_SAME_WORDS = 0.95
_PER_ERROR = 0.05
MOST_FOR_A_PART = 0.8  # closeness of names of which one has all words of the other and more
_PER_SHARED_WORD = 0.2
_LONGEST_ENDING = 6  # by which plural and singular of a few words differ
_LEAST_SHARE = 0.4  # of the longer name's letters, for one name to stand for the other


class Asked:
    """A name that somebody wrote, made ready to be compared with hundreds of thousands."""

    def __init__(self, text: str, strict: bool = False) -> None:
        """`strict` is for ordinary words: only long ones may have a typing error."""
        self._words = words(text)
        self._joined = "".join(self._words)
        self._beginnings = tuple(word[:-1] for word in self._words)
        self._key = key(text)
        self._errors = _typing_errors_allowed(self._key, strict) if self._key else 0
        self._trigrams = _trigrams(self._key)

    def closeness(self, name: str, its: str) -> float:
        """From 0 (another name) to 1 (the same but for case, spaces and underscores). `its` is the key of the name.

        Singular and plural are nearer than typing errors, and these nearer than a name with a word more.
        """
        mine = self._key
        if not mine or not its:
            return 0.0
        if mine == its:
            return 1.0
        if mine[0] == its[0]:
            apart = abs(len(mine) - len(its))
            if apart <= _LONGEST_ENDING and self._joined == "".join(words(name)):
                return _SAME_WORDS
            if apart <= self._errors and (errors := edit_distance(mine, its, self._errors)) <= self._errors:
                return _SAME_WORDS - _PER_ERROR * errors
        for beginning in self._beginnings:  # of a name that has the word, whatever its ending
            if beginning in its:
                return MOST_FOR_A_PART * self._share_of_words(name)
        return 0.0

    def likeness(self, name: str, its: str) -> float:
        """How much it looks like the name, beyond words that both have: for suggestions, where nothing is close."""
        shared = set(self._words) & set(words(name))
        return self._trigram_similarity(its) + _PER_SHARED_WORD * len(shared)

    def _trigram_similarity(self, its: str) -> float:
        """Jaccard index of the two names' letter trigrams, padded so that beginnings weigh more."""
        theirs = _trigrams(its)
        return len(self._trigrams & theirs) / len(self._trigrams | theirs) if self._trigrams and theirs else 0.0

    def _share_of_words(self, name: str) -> float:
        """How much of the longer name the shorter makes up, if it has no word of its own; else 0."""
        mine, its = frozenset(self._words), frozenset(words(name))
        if not (mine <= its or its <= mine):
            return 0.0
        share = len("".join(mine & its)) / max(len("".join(mine)), len("".join(its)))
        return share if share >= _LEAST_SHARE else 0.0


def edit_distance(one: str, other: str, most: int | None = None) -> int:
    """Insertions, deletions, substitutions and swaps of neighbours that make one of the other.

    Beyond `most` it only tells that there are more.
    """
    before: list[int] = []
    previous = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        current = [i]
        for j, b in enumerate(other, 1):
            cost = min(previous[j] + 1, current[j - 1] + 1, previous[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                cost = min(cost, before[j - 2] + 1)
            current.append(cost)
        if most is not None and min(*current, *previous) > most:
            return most + 1
        before, previous = previous, current
    return previous[-1]


def _typing_errors_allowed(name: str, strict: bool) -> int:
    if name[-1].isdigit():
        return 0  # feature1 is not feature2
    if strict:
        return 1 if len(name) >= 6 else 0
    return 2 if len(name) >= 8 else 1 if len(name) >= 4 else 0


def _trigrams(text: str) -> frozenset[str]:
    padded = f"  {text} "
    return frozenset(padded[i : i + 3] for i in range(len(padded) - 2)) if text else frozenset()
