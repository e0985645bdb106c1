"""What each step of the proposals does: Tables 4, 5 and 6, before training.

    python projects/ssl_instances/benchmarks/proposals.py \
        --images DIR --maps DIR --ann FILE

The paper changes the proposals and measures the detector that is trained on
them; here the proposals themselves are measured, by recall and by how many
there are. Features come from files, one map an image.
"""

import sys
from pathlib import Path

# `projects` lies in the root of the repository.
sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

import mmcuts3d.registry  # noqa: F401  # isort: skip (checks, repairs)

import argparse
import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from mmdet.structures import DetDataSample
from torch.nn.functional import adaptive_avg_pool2d

from mmcuts3d.evaluation import (
    evaluate_coco,
    load_ground_truth,
    same_class_recall,
)
from mmcuts3d.files import read_image
from mmcuts3d.labels import encode_mask
from mmcuts3d.registry import MODELS
from projects.ssl_instances.ssl_instances.proposals import SpectralProposals

#: What is changed in each row; `salient` says whether there is a filter.
ROWS: dict[str, dict[str, Any]] = {
    'proposals as published': {},
    'k = 2 (Table 4)': {'ks': (2,)},
    'k = 3': {'ks': (3,)},
    'k = 4': {'ks': (4,)},
    'k = 5': {'ks': (5,)},
    'no saliency map (Table 5)': {'salient': False},
    'no split (Table 6)': {'split': False},
    'no NMS': {'max_iou': 1.0},
    'NMS takes large masks first': {'order': 'large'},
    'NMS takes small masks first': {'order': 'small'},
    'no mask below 1 % of the patches': {'min_share': 0.01},
}


def parse_args(arguments: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add('--images', required=True, help='folder of the images')
    add('--maps', required=True, help='folder of their feature maps')
    add('--ann', required=True, help='COCO file of the true masks')
    add(
        '--grid',
        type=int,
        default=30,
        help='patches of a side: maps are averaged to it (%(default)s)',
    )
    add('--limit', type=int, help='images, the first (all)')
    add('--out', help='JSON file to write (none)')
    args = parser.parse_args(arguments)
    if args.grid < 3 or (args.limit is not None and args.limit < 1):
        parser.error('--grid: at least 3; --limit: at least 1')
    return args


def maps_of(args: argparse.Namespace) -> Iterator[tuple]:
    """For each image its row, its pixels, and (C, grid, grid) features."""
    source = MODELS.build(
        dict(type='mmcuts3d.FeaturesFromFiles', root=args.maps)
    )
    images, _ = load_ground_truth(args.ann)
    for image in images[: args.limit]:
        path = Path(args.images, image['file_name'])
        pixels = read_image(path)
        sample = DetDataSample(metainfo=dict(img_path=str(path)))
        tensor = torch.from_numpy(pixels.copy()).permute(2, 0, 1)[None].float()
        features = torch.as_tensor(source(tensor, [sample])[0])
        pooled = adaptive_avg_pool2d(features.float(), args.grid)
        yield image, pixels, pooled.numpy()


def propose(
    settings: dict[str, Any], pixels: np.ndarray, features: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Masks (n, H, W) and scores of one row for one image."""
    settings = dict(settings)
    salient = settings.pop('salient', True)
    least = settings.pop('min_share', 0) * features[0].size
    proposals = SpectralProposals(
        **settings, min_patches=max(int(np.ceil(least)), 1)
    )
    found = proposals(pixels, features, features if salient else None)
    return found.masks, found.scores


def measure(args: argparse.Namespace) -> dict[str, dict[str, float]]:
    """All rows."""
    found: dict[str, list[dict]] = {name: [] for name in ROWS}
    images = []
    for image, pixels, features in maps_of(args):
        images.append(image)
        for name, settings in ROWS.items():
            masks, scores = propose(settings, pixels, features)
            found[name] += [
                dict(
                    image_id=image['id'],
                    category_id=1,
                    score=float(score),
                    segmentation=encode_mask(mask),
                )
                for mask, score in zip(masks, scores, strict=True)
            ]
        print(f'[proposals] {len(images)}', file=sys.stderr, flush=True)
    ids = {image['id'] for image in images}
    truth = [
        row for row in load_ground_truth(args.ann)[1] if row['image_id'] in ids
    ]
    table = {}
    for name, rows in found.items():
        values = evaluate_coco(images, truth, rows, 'segm')
        recall = same_class_recall(images, truth, rows)
        table[name] = {
            'masks': len(rows) / len(images),
            'AP50': values['AP50'],
            'AR100': values['AR100'],
            'same1': recall['AR_same1'],
            'same2': recall['AR_same2'],
        }
    return table


def main(arguments: list[str] | None = None) -> int:
    """Prints the table."""
    args = parse_args(arguments)
    try:
        table = measure(args)
    except (ValueError, OSError) as error:
        sys.exit(f'{error}')
    print('| row | masks an image | AP50 | AR100 | recall, 1 | recall, 2 |')
    print('|---|---:|---:|---:|---:|---:|')
    for name, row in table.items():
        cells = ' | '.join(f'{value:.1f}' for value in row.values())
        print(f'| {name} | {cells} |')
    if args.out:
        Path(args.out).write_text(json.dumps(table, indent=1), 'utf-8')
    return 0


if __name__ == '__main__':
    sys.exit(main())
