"""What carrying Spatial Confidence costs a training step, in pairs.

    python confidence_cost.py [CONFIG] [--steps 20] [--batch-size 2]

The same images of the embedded scenes go through the training pipeline and a
step of the detector (forward, backward) twice, with the confidence in the loss
and with `confidence=False`; which is first takes turns. Printed are the median
seconds, the median ratio of times and, on a GPU, of peak memory; on a CPU the
largest resident memory of two processes that do nothing else. CONFIG is a
recipe (that of the demo); its data are replaced, its image sizes stay. Weights
are random.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from mmengine.registry import MODELS, init_default_scope
from mmengine.runner import set_random_seed
from pycocotools import mask as coco_mask
from scenes import DEMO, write_rows, write_scenes

from mmcuts3d.engine.config import load_config
from mmcuts3d.labels import instance_to_annotation, read_labels
from mmcuts3d.registry import DATASETS

#: Selection and blending would make other images of the same draws.
ARMS = {'with': {'selection': False, 'blending': False}, 'without': False}


def write_labels(truth: Path, out: Path) -> None:
    """True masks, each with a map of 32 x 32 patches from 0.5 to 1."""
    rng = np.random.default_rng(0)
    labels = read_labels(truth)
    of_image: dict[int, list[Any]] = {}
    for row in labels['annotations']:
        mask = coco_mask.decode(row['segmentation'])
        confidence = rng.integers(3, 7, (32, 32)) / 6
        of_image.setdefault(row['image_id'], []).append(
            instance_to_annotation(mask, 1.0, confidence)
        )
    write_rows(labels['images'], of_image, out)


class Step:
    """A training step of a config, of one arm or the other."""

    def __init__(self, config: Config, out: Path, batch_size: int) -> None:
        init_default_scope('mmdet')
        self.batch_size = batch_size
        self.device = 'cuda' if torch.cuda.is_available() else 'cpu'
        inner = config.train_dataloader.dataset.dataset
        inner.update(
            data_root='',
            ann_file=str(out / 'labels.json'),
            data_prefix={'img': str(out / 'scenes' / 'color')},
        )
        self.data = {}
        for arm, use in ARMS.items():
            inner.confidence = use
            dataset = config.train_dataloader.dataset.copy()
            self.data[arm] = DATASETS.build(dataset)
        for node in (config.model.backbone,):
            node.init_cfg = None
        torch.manual_seed(0)
        self.model = MODELS.build(config.model).to(self.device).train()

    def __call__(self, arm: str, number: int) -> tuple[float, float, float]:
        """Seconds of the data and of the step, and bytes at its peak."""
        set_random_seed(number)
        dataset = self.data[arm]
        begin = time.perf_counter()
        places = [
            (number * self.batch_size + k) % len(dataset)
            for k in range(self.batch_size)
        ]
        batch = pseudo_collate([dataset[place] for place in places])
        loaded = time.perf_counter()
        peak = 0.0
        if self.device == 'cuda':
            torch.cuda.synchronize()
            torch.cuda.reset_peak_memory_stats()
        torch.manual_seed(number)
        data = self.model.data_preprocessor(batch, training=True)
        losses = self.model(**data, mode='loss')
        self.model.parse_losses(losses)[0].backward()
        self.model.zero_grad()
        if self.device == 'cuda':
            torch.cuda.synchronize()
            peak = float(torch.cuda.max_memory_allocated())
        return loaded - begin, time.perf_counter() - loaded, peak


def resident(args: argparse.Namespace, arm: str) -> float:
    """Megabytes of a process that takes steps of one arm."""
    call = [sys.executable, __file__, args.config, '--arm', arm]
    call += ['--steps', str(args.steps), '--out', args.out]
    call += ['--batch-size', str(args.batch_size)]
    done = subprocess.run(call, check=True, capture_output=True, text=True)
    return float(json.loads(done.stdout.splitlines()[-1]))


def main() -> None:
    """Measures, and prints the table."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument('config', nargs='?', default=str(DEMO))
    parser.add_argument('--steps', type=int, default=20)
    parser.add_argument('--batch-size', type=int, default=2)
    parser.add_argument('--out', default='work_dirs/confidence_cost')
    parser.add_argument('--arm', choices=list(ARMS), help=argparse.SUPPRESS)
    args = parser.parse_args()
    out = Path(args.out).absolute()
    args.out = str(out)
    if not (out / 'labels.json').exists():
        write_labels(write_scenes(out / 'scenes'), out / 'labels.json')
    step = Step(load_config(args.config), out, args.batch_size)
    if args.arm:
        for number in range(args.steps):
            step(args.arm, number)
        usage = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps(usage))
        return
    for arm in ARMS:
        step(arm, 0)  # warm
    ratios: dict[str, list[float]] = {'data': [], 'step': [], 'memory': []}
    seconds: dict[str, list[float]] = {'data': [], 'step': [], 'memory': []}
    for number in range(args.steps):
        order = list(ARMS) if number % 2 else list(ARMS)[::-1]
        found = {arm: step(arm, number) for arm in order}
        pairs = zip(found['with'], found['without'], strict=True)
        for name, (one, other) in zip(ratios, pairs, strict=True):
            if other:
                ratios[name].append(one / other)
                seconds[name].append(other)
    print(f'{Path(args.config).stem}, {step.device}, {args.steps} steps')
    for name, values in ratios.items():
        if values:
            ordered = sorted(values)
            low, high = ordered[len(values) // 4], ordered[-len(values) // 4]
            middle = statistics.median(values)
            print(
                f'{name}: {middle:.3f} (quartiles {low:.3f} to {high:.3f}) of '
                f'{statistics.median(seconds[name]):.4g}'
            )
    if step.device == 'cpu':
        sizes = {arm: resident(args, arm) for arm in ARMS}
        ratio = sizes['with'] / sizes['without']
        print(f'resident memory: {ratio:.3f} ({sizes["with"]:.0f} MB)')


if __name__ == '__main__':
    main()
