"""How often the notices of depth are right: reversed, outliers, levels.

    python benchmarks/quality/depth_notices.py [--part choose|report]

For each set with depth here: the mean of `rise` and the share of maps where it
is above 0; in how many of 200 random orders of the set the warning of a
reversed direction comes for maps as they are (a false alarm), for maps of
which each is reversed by chance (images without an up and down, a false alarm
too) and for all maps reversed, and then after how many images, at the median
and at the 90th percentile; how many maps have outliers, and how many are said
to have few levels or a heap at one end: as they are, with 32 levels, and with
the value for "not measured" not named.
"""

from __future__ import annotations

import argparse
import glob
from dataclasses import dataclass
from unittest import mock

import numpy as np
from cases import DATA, PARTS

from mmcuts3d.models.depth import direction
from mmcuts3d.models.depth.levels import levels_note
from mmcuts3d.models.depth.normalise import normalise_depth, valid_values
from mmcuts3d.models.depth.ranges import far_values
from mmcuts3d.models.depth.readers import read_depth

#: Files below the data, and their value for "not measured".
SETS: dict[str, tuple[str, float | None]] = {
    'rgbd_osd': ('rgbd_osd/depth_mm/*.png', 0),
    'rgbd_kitchen': ('rgbd_kitchen/*.depth.png', 0),
    'rgbd_tabletop': ('rgbd_tabletop/*_depth_mm.png', 0),
    'pennfudan': ('pennfudan/depth_pydnetpp/*.png', None),
    'coco_photos': ('coco_photos/depth_pydnetpp/*.png', None),
    'maskcut_demo': ('maskcut_demo/depth_pydnetpp/*.png', None),
}
ORDERS = 200


@dataclass
class Looks:
    """What is seen of one map."""

    rise: float
    outliers: bool
    levels: bool
    few_levels: bool
    unnamed: bool


def look(path: str, invalid: float | None) -> Looks:
    """Look at one map, as it is and made worse."""
    raw = read_depth(path)
    values = valid_values(raw, invalid)
    depth = normalise_depth(raw, invalid=invalid, clip='auto')
    return Looks(
        rise=direction.rise(depth),
        outliers=bool(far_values(values)),
        levels=bool(levels_note(values)),
        few_levels=bool(levels_note(np.round(depth * 31))),
        unnamed=bool(levels_note(raw)),
    )


def alarms(
    rises: np.ndarray, by_chance: bool = False
) -> tuple[float, np.ndarray]:
    """Share of orders with a warning, and the images until it comes.

    Args:
        rises: (N,) of the maps of a set.
        by_chance: Whether each is reversed by chance. Defaults to False.
    """
    rng = np.random.default_rng(0)
    after = []
    for _ in range(ORDERS):
        order = rng.permutation(rises)
        if by_chance:
            order = order * rng.choice([-1, 1], len(order))
        tally = direction.DirectionTally()
        with mock.patch.object(direction, 'rise', side_effect=order):
            said = [bool(tally.add('', np.zeros((1, 1)))) for _ in order]
        after += [said.index(True) + 1] if True in said else []
    spread = np.percentile(after, (50, 90)) if after else np.full(2, np.nan)
    return len(after) / ORDERS, spread


def main() -> None:
    """Prints the two tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--part', choices=PARTS, default='choose')
    part = parser.parse_args().part
    found = {}
    for name, (pattern, invalid) in SETS.items():
        paths = sorted(glob.glob(str(DATA / pattern)))[PARTS.index(part) :: 2]
        found[name] = [look(path, invalid) for path in paths]
    print(
        '| set | maps | rise | above 0 | as they are | by chance | reversed '
        '| after | 90 % |'
    )
    print('|---|' + '---:|' * 8)
    for name, maps in found.items():
        rises = np.array([one.rise for one in maps])
        cells = [f'{rises.mean():.2f}', f'{(rises > 0).mean():.0%}']
        if len(rises) < direction.LEAST:
            cells += ['–'] * 5  # too few for a warning
        else:
            right, after = alarms(-rises)
            wrong = (alarms(rises)[0], alarms(rises, True)[0])
            cells += [f'{share:.0%}' for share in (*wrong, right)]
            cells += [f'{number:.0f}' for number in after]
        print(f'| {name} | {len(rises)} | ' + ' | '.join(cells) + ' |')
    print('\n| set | maps | outliers | levels | 32 levels | not named |')
    print('|---|' + '---:|' * 5)
    for name, maps in found.items():
        cells = [
            str(sum(getattr(one, key) for one in maps))
            for key in ('outliers', 'levels', 'few_levels', 'unnamed')
        ]
        if SETS[name][1] is None:
            cells[-1] = '–'
        print(f'| {name} | {len(maps)} | ' + ' | '.join(cells) + ' |')


if __name__ == '__main__':
    main()
