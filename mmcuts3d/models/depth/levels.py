"""Depth of few levels, or with many values at one end of its range."""

import numpy as np

#: Fewer levels than this are steps of more than 1/64, which a z_scale of 3
#: makes as long as the shortest tau of the cuts (0.05): each is a gap.
LEVELS = 64
#: Share of the values that may be the smallest, or the largest.
AT_END = 0.03
#: Maps with fewer values may have few levels without harm.
_FEWEST = LEVELS**2
#: Values that are looked at, about.
_SAMPLE = 100_000


def levels_note(values: np.ndarray, far: float | None = None) -> str:
    """What is wrong with the levels of depth values; '' if nothing is.

    Args:
        values (np.ndarray): Valid values, any shape.
        far (float, optional): The far plane, at which values may lie.
            Defaults to None.

    Returns:
        str: A sentence that names the values and the remedy, or ''.
    """
    values = np.asarray(values).ravel()
    values = values[:: max(1, values.size // _SAMPLE)]
    total = values.size
    if far is not None:
        values = values[values < far]
    if values.size < _FEWEST:
        return ''
    levels, counts = np.unique(values, return_counts=True)
    if levels.size == 1:
        return ''  # flat
    if levels.size < LEVELS:
        return (
            f'depth has {levels.size} levels only, so that smooth surfaces '
            'are cut at their steps: save it with 16 bits, or as float'
        )
    for end, place in (('smallest', 0), ('largest', -1)):
        share = counts[place] / total
        if share > AT_END:
            return (
                f'{share:.0%} of the depth is {levels[place]:g}, the {end} '
                'value: name it if it stands for "not measured" (`invalid`); '
                'if not, what is there was beyond the range of the source'
            )
    return ''
