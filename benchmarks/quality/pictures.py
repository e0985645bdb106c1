"""The methods side by side, from the predictions that study.py kept.

    python benchmarks/quality/pictures.py SET DIR OUT.jpg [--semantics ...]
        [--images NAME ...] [--methods NAME ...]

Without --images, every so many of the part, from best to worst by the mean
best IoU of the last method.
"""

import argparse
import json
from pathlib import Path

import cv2
import numpy as np
from cases import SEMANTICS, SETS, SIDE, Case, load_cases
from details import best_ious
from pycocotools import mask as coco_mask
from runs import grid_depth
from settings import METHODS
from study import kept

from mmcuts3d.cuts import Creases, CutS3D, creases, resize_nearest
from mmcuts3d.reporting.panels import draw_abreast
from mmcuts3d.visualization.drawing import draw_depth, draw_instances, draw_map

ROWS, WIDTH, MIN_SCORE = 6, 240, 0.5


def main() -> None:
    """Writes the sheet."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('set', choices=SETS)
    parser.add_argument('folder', type=Path)
    parser.add_argument('out', type=Path)
    parser.add_argument('--semantics', choices=SEMANTICS, default='features')
    parser.add_argument('--images', nargs='+', help='stems of file names')
    parser.add_argument(
        '--methods',
        nargs='+',
        choices=METHODS,
        default=['MaskCut', 'guarded', 'touching', 'adaptive'],
    )
    args = parser.parse_args()
    cases = load_cases(args.set, 'report', args.semantics)
    runs = {
        name: json.loads(
            kept(
                args.folder, args.set, args.semantics, 'report', name
            ).read_text(encoding='utf-8')
        )
        for name in args.methods
    }
    if args.images:
        stems = {Path(case.entry['file_name']).stem: case for case in cases}
        chosen = [stems[stem] for stem in args.images]
    else:
        last = runs[args.methods[-1]]
        order = sorted(cases, key=lambda case: -best_ious(case, last).mean())
        places = np.linspace(0, len(order) - 1, ROWS).astype(int)
        chosen = [order[place] for place in places]
    sheet = np.concatenate([row(case, runs) for case in chosen])
    args.out.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(
        str(args.out), sheet[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 88]
    )
    print(f'{args.out}: {[case.entry["file_name"] for case in chosen]}')


def row(case: Case, runs: dict[str, list[dict]]) -> np.ndarray:
    """Truth, depth, creases, and the masks of each method."""
    image = case.image
    settings = Creases()
    depth = grid_depth(case, CutS3D())
    turn = creases(depth, settings.sigma, settings.noise)
    panels = [
        ('truth', draw_instances(image, square(case.masks()))),
        ('depth', enlarged(draw_depth(depth))),
        ('creases', enlarged(draw_map(turn, 'magma', 0, 6))),
    ]
    for name, found in runs.items():
        mine = [
            r
            for r in found
            if r['image_id'] == case.entry['id']
            and (name == 'MaskCut' or r['score'] >= MIN_SCORE)
        ]
        masks = [coco_mask.decode(r['segmentation']) for r in mine]
        panels.append((name, draw_instances(image, square(masks))))
    return draw_abreast(panels, WIDTH)


def square(masks: list[np.ndarray] | np.ndarray) -> np.ndarray:
    """(N, 480, 480) bool, the frame that the methods cut in."""
    return np.array(
        [
            cv2.resize(np.asarray(mask, np.float32), (SIDE, SIDE)) >= 0.5
            for mask in masks
        ],
        bool,
    ).reshape(-1, SIDE, SIDE)


def enlarged(picture: np.ndarray) -> np.ndarray:
    """A picture of the grid at the size of the image."""
    return np.stack(
        [
            resize_nearest(picture[..., channel], (SIDE, SIDE))
            for channel in range(3)
        ],
        axis=-1,
    )


if __name__ == '__main__':
    main()
