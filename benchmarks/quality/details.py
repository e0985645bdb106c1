"""What the tables of study.py do not say, from the predictions it kept.

    python benchmarks/quality/study.py SET --part report --out DIR ...
    python benchmarks/quality/details.py SET DIR [--semantics ...]

Recall of instances that touch another at equal depth, and of the others;
masks that merge instances, instances that are split; Spatial Confidence
against true error.
"""

import argparse
import json
from pathlib import Path

import numpy as np
from cases import SEMANTICS, SETS, Case, load_cases
from pycocotools import mask as coco_mask
from runs import grid_depth
from scipy.ndimage import binary_dilation
from settings import METHODS
from study import kept

from mmcuts3d.cuts import CutS3D
from mmcuts3d.evaluation.functional.confidence_quality import (
    confidence_quality,
)
from mmcuts3d.evaluation.functional.segmentation_split import (
    segmentation_split,
)

SPLITS = ('merging_masks', 'split_instances', 'found_once', 'missed')
CONFIDENCE = (
    'confidence_error_spearman',
    'confidence_AUROC',
    'confidence_ECE',
)


def main() -> None:
    """Prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('set', choices=SETS)
    parser.add_argument('folder', type=Path)
    parser.add_argument('--semantics', choices=SEMANTICS, default='features')
    args = parser.parse_args()
    cases = load_cases(args.set, 'report', args.semantics)
    runs = {
        name: json.loads(path.read_text(encoding='utf-8'))
        for name in METHODS
        if (
            path := kept(args.folder, args.set, args.semantics, 'report', name)
        ).is_file()
    }
    touching = [equal_depth(case) for case in cases]
    number = sum(int(flags.sum()) for flags in touching)
    total = sum(len(flags) for flags in touching)
    print(
        f'{args.set}, {args.semantics}: {number} of {total} instances touch '
        'another at equal depth\n'
    )
    head = ['equal depth', 'others', *SPLITS, *CONFIDENCE]
    print('| method |', ' | '.join(head), '|')
    print('|---|' + '---:|' * len(head))
    images = [case.entry for case in cases]
    truth = [row for case in cases for row in case.annotations]
    for name, found in runs.items():
        hits = [best_ious(case, found) >= 0.5 for case in cases]
        flat = np.concatenate(hits)
        flags = np.concatenate(touching)
        split = segmentation_split(images, truth, found)
        quality = confidence_quality(images, truth, found)
        cells = [
            f'{100 * flat[flags].mean():.1f}' if flags.any() else '–',
            f'{100 * flat[~flags].mean():.1f}' if (~flags).any() else '–',
            *(f'{split[key]:.1f}' for key in SPLITS),
            *(f'{quality[key]:.2f}' for key in CONFIDENCE),
        ]
        print(f'| {name} |', ' | '.join(cells), '|', flush=True)


def best_ious(case: Case, found: list[dict]) -> np.ndarray:
    """(N,) best IoU of each instance with a prediction."""
    mine = [
        row['segmentation']
        for row in found
        if row['image_id'] == case.entry['id']
    ]
    truth = [row['segmentation'] for row in case.annotations]
    if not mine or not truth:
        return np.zeros(len(truth))
    return np.asarray(coco_mask.iou(mine, truth, [0] * len(truth))).max(axis=0)


def equal_depth(case: Case) -> np.ndarray:
    """(N,) bool, instances with a neighbour that tau_knn cannot part.

    Two instances touch if patches of them are neighbours; they are at equal
    depth if the median step between such patches, times z_scale, is below
    tau_knn.
    """
    cut = CutS3D().local
    depth = grid_depth(case, CutS3D())
    patches = case.patches()
    flags = np.zeros(len(patches), bool)
    for one in range(len(patches)):
        for other in range(one):
            near = patches[one] & binary_dilation(patches[other])
            far = patches[other] & binary_dilation(patches[one])
            if near.sum() < 3 or far.sum() < 3:
                continue
            step = abs(np.median(depth[near]) - np.median(depth[far]))
            if cut.z_scale * step < cut.tau_knn:
                flags[[one, other]] = True
    return flags


if __name__ == '__main__':
    main()
