"""How noisy the depth of each set is, as given and made worse.

    python benchmarks/quality/depth_noise.py [--limit 20] [--part report]

`depth_noise` times `z_scale`, in sides of the image: the least, the median and
the most over images, and how many of them are trusted in full. What
`DepthTrust(noise=0.02)` has to tell apart.
"""

import argparse

import numpy as np
from cases import GRID, PARTS, SETS, load_cases
from stress_axis.depths import DEPTHS
from stress_axis.rows import StressRow

from mmcuts3d.cuts import CutS3D, depth_noise, pool_depth


def main(arguments: list[str] | None = None) -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--limit', type=int, default=20)
    parser.add_argument('--part', choices=PARTS, default='choose')
    args = parser.parse_args(arguments)
    local = CutS3D.from_preset('robust').local
    print('| set | depth | least | median | most | trusted in full |')
    print('|---|---|---:|---:|---:|---:|')
    for name in SETS:
        cases = load_cases(name, args.part, 'oracle', args.limit)
        for depth in DEPTHS:
            row = StressRow(depth, None, 'one', depth)
            maps = [
                pool_depth(row.depth_of(case), (GRID, GRID), local.pooling)
                for case in cases
            ]
            noise = [local.z_scale * depth_noise(one) for one in maps]
            least, middle, most = np.percentile(noise, (0, 50, 100))
            full = sum(local.trust(one, local.z_scale) == 1 for one in maps)
            print(
                f'| {name} | {depth} | {least:.3f} | {middle:.3f} | '
                f'{most:.3f} | {full} of {len(maps)} |',
                flush=True,
            )


if __name__ == '__main__':
    main()
