"""What a user should know of a source's depth, said in the log."""

import logging
from collections import Counter
from typing import Any

import numpy as np
from mmengine.logging import print_log

from mmcuts3d.files import shown

from .direction import DirectionTally
from .kinds import DepthKind
from .levels import levels_note
from .normalise import (
    AUTO_CLIP,
    Clip,
    clip_values,
    normalise_depth,
    valid_values,
)
from .ranges import far_values, range_note

#: Maps of one kind of trouble that are named; more would fill the log.
MOST = 3


class DepthNotices:
    """Warns of depth that looks wrong, and stays silent after a few.

    One for each source of depth, for its whole run.

    Args:
        kind (DepthKind): Of the source's numbers.
        clip (tuple[float, float] or str, optional): Of the source, see
            :func:`normalise_depth`.
    """

    def __init__(self, kind: DepthKind, clip: Clip) -> None:
        self.kind = kind
        self.clip = clip
        self._said: Counter[str] = Counter()
        self._direction = DirectionTally()

    def look(self, name: Any, values: np.ndarray, depth: np.ndarray) -> None:
        """Look at one map.

        Args:
            name (str or path): Of its file or image; '' if it has none.
            values (np.ndarray): (H, W), as :meth:`DepthKind.read` gives it.
            depth (np.ndarray): (H, W) float32 in [0, 1], 0 = nearest.
        """
        if min(self._said['range'], self._said['levels']) < MOST:
            for topic, note in value_notes(
                valid_values(values), self.clip, self.kind.far
            ).items():
                self.say(topic, name, note)
        note = self._direction.add(str(name), depth)
        if note:
            print_log(f'{note}.', 'current', logging.WARNING)

    def say(self, topic: str, name: Any, note: str) -> None:
        """Warn of the first maps of a kind of trouble.

        Args:
            topic (str): The kind of trouble.
            name (str or path): Of the map.
            note (str): What to say; '' for nothing.
        """
        if not note or self._said[topic] >= MOST:
            return
        self._said[topic] += 1
        last = self._said[topic] == MOST
        more = '. Others like it are not named.' if last else '.'
        named = f'{shown(name)}: ' if name else ''
        print_log(f'{named}{note}{more}', 'current', logging.WARNING)


def value_notes(
    values: np.ndarray, clip: Clip, far: float | None = None
) -> dict[str, str]:
    """What is wrong with the values of one map, by topic.

    Args:
        values (np.ndarray): Valid values, not empty.
        clip (tuple[float, float] or str, optional): See
            :func:`normalise_depth`.
        far (float, optional): The far plane. Defaults to None.

    Returns:
        dict[str, str]: ``range``, outliers and what became of them, see
        :func:`range_note`, and ``levels``, see :func:`levels_note`; '' where
        nothing is wrong.
    """
    note = range_note(clip_values(values, clip))
    if not note and clip == 'auto' and (what := far_values(values)):
        low, high = AUTO_CLIP
        note = (
            f'depth from {values.min():g} to {values.max():g} has outliers, '
            f'for {what}: they were set to its percentiles {low:g} and '
            f"{high:g} (clip='auto'). Name the value that stands for \"not "
            'measured" (`invalid`) if they are that'
        )
    return {'range': note, 'levels': levels_note(values, far)}


def noted_depth(
    prediction: np.ndarray, sample: Any, notices: DepthNotices
) -> np.ndarray:
    """Depth that a network predicted, looked at.

    The unit is not checked: a network's metres may be wrong by much.

    Args:
        prediction (np.ndarray): (H, W), in the numbers of the network.
        sample (DetDataSample, optional): Names the image, by ``img_path``.
        notices (DepthNotices): Of the source.

    Returns:
        np.ndarray: (H, W) float32 in [0, 1], 0 = nearest.
    """
    values = notices.kind.read(prediction)
    depth = normalise_depth(
        values, direction=notices.kind.direction, clip=notices.clip
    )
    notices.look(getattr(sample, 'img_path', None) or '', values, depth)
    return depth
