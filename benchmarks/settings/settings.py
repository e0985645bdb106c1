"""How the settings of the cuts fare on real photographs with masks.

    python benchmarks/settings/settings.py SET [--semantics given|features]
        [--every N] [--settings NAME ...]

SET is a folder of the shared data: rgbd_osd, coco_photos or pennfudan. With
``--semantics given`` the features are one direction for all objects and one
for the rest, with noise, so that the 3D cut is measured alone; else they are
the cached ones of the set (a supervised stand-in backbone).
Prints one row per setting: class-agnostic mask AP50, AP, AR100; and of the
k-NN graph's edges inside the semantic groups, how many tau_knn removes, and
how many more the sweep of Spatial Confidence does.
"""

import argparse
import os
from pathlib import Path

import cv2
import numpy as np

import mmcuts3d  # noqa: F401  first: it repairs imports
from mmcuts3d.cuts import (
    CutS3D,
    LocalCut,
    MaskCut,
    pool_depth,
    sweep_taus,
)
from mmcuts3d.evaluation import evaluate_coco, load_ground_truth
from mmcuts3d.labels import instance_to_annotation
from mmcuts3d.models.depth.normalise import normalise_depth
from mmcuts3d.models.depth.readers import read_depth
from mmcuts3d.models.features.from_files import read_features

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get('MMCUTS3D_DATA', ROOT.parent / 'shared' / 'data'))
SETS = {
    'rgbd_osd': ('color', 'depth_mm', 0.0),
    'coco_photos': ('images', 'depth_pydnetpp', None),
    'pennfudan': ('images', 'depth_pydnetpp', None),
}
SIDE, GRID = 480, 60
FIGURES = ('AP50', 'AP', 'AR100')
# One reading changed at a time; "paper" is the literal one where it is stated.
SETTINGS: dict[str, dict | None] = {
    'MaskCut': None,
    'CutS3D': {},
    'paper': {
        'pooling': 'mean',
        'source': 'peak',
        'early_stop': 0.95,
        'crf_rest': 'background',
        'outside': 'drop',
        'capacity': 'distance',
        'terminals': 'points',
    },
    'pooling=mean': {'pooling': 'mean'},
    'source=peak': {'source': 'peak'},
    'sink=signed': {'sink': 'signed'},
    'early_stop=0.95': {'early_stop': 0.95},
    'crf_rest=background': {'crf_rest': 'background'},
    'outside=drop': {'outside': 'drop'},
    'sharpening=False': {'sharpening': False},
    'z_scale=1': {'z_scale': 1.0},
    'z_scale=5': {'z_scale': 5.0},
    'z_scale=8': {'z_scale': 8.0},
    'k=10': {'k': 10},
    'num_instances=5': {'num_instances': 5},
}


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('set', choices=SETS)
    parser.add_argument(
        '--semantics', choices=['given', 'features'], default='features'
    )
    parser.add_argument('--every', type=int, default=1, help='each Nth image')
    parser.add_argument('--settings', nargs='+', choices=SETTINGS)
    args = parser.parse_args()
    cases = load(args.set, args.semantics, args.every)
    images = [case['entry'] for case in cases]
    annotations = [row for case in cases for row in case['annotations']]
    print(
        f'{args.set}, {len(images)} images, {len(annotations)} instances, '
        f'semantics: {args.semantics}'
    )
    print(
        '| setting | AP50 | AP | AR100 | masks/image | edges cut | in sweep |'
    )
    print('|---|---|---|---|---|---|---|')
    for name in args.settings or SETTINGS:
        found = [label(case, SETTINGS[name]) for case in cases]
        predictions = [row for rows, _ in found for row in rows]
        lengths = np.concatenate([np.zeros(0), *(edges for _, edges in found)])
        values = evaluate_coco(images, annotations, predictions, 'segm')
        cells = [f'{values[figure]:.1f}' for figure in FIGURES]
        cells.append(f'{len(predictions) / len(cases):.2f}')
        cells += edge_shares(lengths)
        print('|', ' | '.join([name, *cells]), '|', flush=True)


def edge_shares(lengths: np.ndarray) -> list[str]:
    """Shares of edges above tau_knn, and between its lowest value and it."""
    if not len(lengths):
        return ['–', '–']
    low, high = sweep_taus()[[0, -1]]
    cut = (lengths > high).mean()
    return [f'{cut:.0%}', f'{(lengths > low).mean() - cut:.0%}']


def load(name: str, semantics: str, every: int) -> list[dict]:
    """Images with features, depth and ground truth."""
    color, depth, invalid = SETS[name]
    root = DATA / name
    entries, annotations = load_ground_truth(root / 'instances.json')
    cases = []
    for entry in entries[::every]:
        stem = Path(entry['file_name']).stem
        image = cv2.imread(str(root / color / entry['file_name']))
        mine = [r for r in annotations if r['image_id'] == entry['id']]
        if semantics == 'given':
            features = given_semantics(mine, entry)
        else:
            features = read_features(
                root / 'features_mobilenetv2' / f'{stem}.npz'
            )
        cases.append(
            {
                'entry': entry,
                'annotations': mine,
                'image': cv2.resize(image, (SIDE, SIDE))[..., ::-1].copy(),
                'features': features,
                'depth': normalise_depth(
                    read_depth(root / depth / f'{stem}.png'), invalid=invalid
                ),
            }
        )
    return cases


def given_semantics(annotations: list[dict], entry: dict) -> np.ndarray:
    """(64, 60, 60): a direction for objects, one for the rest, and noise."""
    from pycocotools import mask as coco_mask

    union = np.zeros((entry['height'], entry['width']), np.float32)
    for row in annotations:
        union = np.maximum(union, coco_mask.decode(row['segmentation']))
    size = (GRID, GRID)
    objects = cv2.resize(union, size, interpolation=cv2.INTER_AREA) > 0.5
    rng = np.random.default_rng(entry['id'])
    directions = rng.normal(size=(2, 64)) / 8
    noise = rng.normal(size=(GRID, GRID, 64)) * 0.06
    features = directions[objects.astype(int)] + noise
    return features.transpose(2, 0, 1).astype(np.float32)


def label(case: dict, settings: dict | None) -> tuple[list[dict], np.ndarray]:
    """Predictions on one image, in its own size, and lengths of edges."""
    lengths = [np.zeros(0)]
    if settings is None:
        found = MaskCut()(case['image'], case['features'])
    else:
        cut = CutS3D(**settings)
        depth = pool_depth(case['depth'], (GRID, GRID), cut.pooling)
        found = cut(case['image'], case['features'], depth)
        inside = LocalCut(
            k=cut.local_cut.k, z_scale=cut.local_cut.z_scale, outside='drop'
        )
        lengths += [
            inside.edge_lengths(step.bipartition, depth)
            for step in cut.steps(case['features'], depth)
        ]
    entry = case['entry']
    size = (entry['width'], entry['height'])
    rows = []
    for mask, score in zip(found.masks, found.scores, strict=True):
        mask = cv2.resize(mask.astype(np.float32), size) >= 0.5
        if mask.any():
            row = instance_to_annotation(mask, float(score))
            rows.append({**row, 'image_id': entry['id']})
    return rows, np.concatenate(lengths)


if __name__ == '__main__':
    main()
