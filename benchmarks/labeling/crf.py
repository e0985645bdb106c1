"""The dense CRF against pydensecrf: agreement of masks, and CPU time.

    python benchmarks/labeling/crf.py --data DIR [--images N] [--out FILE]

DIR holds images/, features_mobilenetv2/ and depth_pydnetpp/ with equal stems.
The masks are the accepted ones of CutS3D (preset paper, N = 3). Both are run
on one thread, in turns, on the same images.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np
from PIL import Image

from mmcuts3d.cuts import CutS3D, dense_crf, mask_iou, resize_nearest
from mmcuts3d.cuts.types import ACCEPTED

SIDE = 480


def parse_args(arguments: list[str] | None = None) -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add('--data', type=Path, required=True, help='folder of the three')
    add('--images', type=int, default=100, help='at most (%(default)s)')
    add('--out', type=Path, help='JSON file of the numbers')
    return parser.parse_args(arguments)


def reference(image: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """MaskCut's CRF by pydensecrf: 10 iterations, two labels."""
    from pydensecrf.densecrf import DenseCRF2D

    height, width = mask.shape
    logits = np.stack([1.0 - mask, mask]).reshape(2, -1)
    unary = np.logaddexp(logits[0], logits[1])[None] - logits
    crf = DenseCRF2D(width, height, 2)
    crf.setUnaryEnergy(np.ascontiguousarray(unary, np.float32))
    crf.addPairwiseGaussian(sxy=3, compat=7)
    crf.addPairwiseBilateral(sxy=50, srgb=5, rgbim=image, compat=10)
    marginals = np.asarray(crf.inference(10))
    return (marginals[1] > marginals[0]).reshape(height, width)


def one_image(data: Path, stem: str) -> dict:
    """Seconds of both, and the IoU of each mask with pydensecrf's."""
    with Image.open(data / 'images' / f'{stem}.jpg') as opened:
        size = (SIDE, SIDE)
        image = np.array(opened.convert('RGB').resize(size, Image.LANCZOS))
    with np.load(data / 'features_mobilenetv2' / f'{stem}.npz') as stored:
        features = stored['features'] * np.float32(stored['scale'])
    with Image.open(data / 'depth_pydnetpp' / f'{stem}.png') as opened:
        depth = np.asarray(opened) / 65535
    cut = CutS3D()
    surface = cut.local.surface(depth, features.shape[1:])
    masks = [
        resize_nearest(step.local_cut, (SIDE, SIDE))
        for step in cut.steps(features, surface)
        if step.status == ACCEPTED
    ]
    if not masks:
        return {'image': stem, 'masks': 0}
    begin = time.process_time()
    ours = dense_crf(image, np.stack(masks))
    middle = time.process_time()
    theirs = [reference(image, mask) for mask in masks]
    end = time.process_time()
    return {
        'image': stem,
        'masks': len(masks),
        'seconds': middle - begin,
        'pydensecrf_seconds': end - middle,
        # Two empty masks agree.
        'iou': [
            mask_iou(a, b) if a.any() or b.any() else 1.0
            for a, b in zip(ours, theirs, strict=True)
        ],
    }


def main(arguments: list[str] | None = None) -> None:
    """Runs the comparison and prints its numbers."""
    args = parse_args(arguments)
    stems = sorted(p.stem for p in (args.data / 'images').glob('*.jpg'))
    if not stems:
        raise SystemExit(f'--data: no images/*.jpg in {args.data}')
    one_image(args.data, stems[0])  # compiles
    rows = [one_image(args.data, stem) for stem in stems[: args.images]]
    rows = [row for row in rows if row['masks']]
    worst = np.array([min(row['iou']) for row in rows])
    seconds = np.array([row['seconds'] for row in rows])
    theirs = np.array([row['pydensecrf_seconds'] for row in rows])
    numbers = {
        'images': len(rows),
        'masks': sum(row['masks'] for row in rows),
        'images_with_all_masks_at_0.98': int((worst >= 0.98).sum()),
        'worst_iou': float(worst.min()),
        'seconds_median': float(np.median(seconds)),
        'seconds_worst': float(seconds.max()),
        'pydensecrf_seconds_median': float(np.median(theirs)),
        'ratio_median': float(np.median(theirs / seconds)),
        'ratio_worst': float((theirs / seconds).min()),
    }
    for name, value in numbers.items():
        print(f'{name:32} {value:.4g}')
    if args.out:
        args.out.write_text(json.dumps({**numbers, 'rows': rows}, indent=1))


if __name__ == '__main__':
    main()
