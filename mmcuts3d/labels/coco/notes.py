"""What a reader mended or left out, counted, to be said once."""

import warnings
from collections.abc import Iterable, Iterator

_SHOWN = 3


class Notes:
    """Counts what was mended, by kind, with a few examples of each.

    Attributes:
        counts (dict[str, int]): Kind to number.
    """

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}
        self._examples: dict[str, list[str]] = {}

    def add(self, kind: str, example: str, times: int = 1) -> None:
        """Count something.

        Args:
            kind (str): What was done, in the plural.
            example (str): To what.
            times (int): How often. Defaults to 1.
        """
        if times:
            self.counts[kind] = self.counts.get(kind, 0) + times
            examples = self._examples.setdefault(kind, [])
            if len(examples) < _SHOWN and example not in examples:
                examples.append(example)

    def update(self, other: 'Notes', kinds: Iterable[str]) -> None:
        """Take over what another has counted.

        Args:
            other (Notes): The other.
            kinds (Iterable[str]): Of these kinds.
        """
        for kind in kinds:
            for example in other._examples.get(kind, ()):
                self.add(kind, example, other.counts[kind])

    def __iter__(self) -> Iterator[str]:
        for kind, count in self.counts.items():
            examples = ', '.join(self._examples[kind])
            more = ', …' if count > len(self._examples[kind]) else ''
            yield f'{kind}: {count:,} ({examples}{more})'

    def warn(self, source: str) -> None:
        """Say all of it in one warning.

        Args:
            source (str): The file that was read.
        """
        if self.counts:
            warnings.warn(f'{source}: {"; ".join(self)}.', stacklevel=2)
