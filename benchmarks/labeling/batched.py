"""Images a second of the batched cuts, against the numpy reference.

    python benchmarks/labeling/batched.py
    python benchmarks/labeling/batched.py --device cuda --backbone base \\
        --images 256 --batch 16 64 128 --workers 8 16

For each combination of batch size, grid, N, T and number of processes a row:
seconds an image of the reference (one process, one thread) and of the batched
path, CPU seconds an image, peak memory, and how many images have the same
masks and scores, from the same run. Images are those of coco_photos where
they are here and the grid is 60, else embedded scenes. With
``--backbone`` the time of a ViT is in the row; with ``--weights`` too its
features are cut, else, since random ones have no structure, those that came
with the images.
"""

import argparse
import itertools
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault('OMP_NUM_THREADS', '1')  # before numpy and torch

import cv2
import numpy as np
import torch

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

import contextlib

import mmcuts3d.registry  # noqa: F401  first: it repairs imports
from mmcuts3d.cuts import CutS3D, MaskCut, PseudoInstances
from mmcuts3d.cuts.batched import BatchCutter
from mmcuts3d.datasets.rgbd_scenes import make_scene
from mmcuts3d.models.features import ViTKeys, classical_features

DATA = Path(os.environ.get('MMCUTS3D_DATA', ROOT.parent / 'shared' / 'data'))
PATCH = 8
TIE = 1e-9


@dataclass(frozen=True)
class Case:
    """One image: (H, W, 3) uint8, (C, h, w) and (H, W) float32."""

    image: np.ndarray
    features: np.ndarray
    depth: np.ndarray


def main() -> int:
    """Prints the table; 1 if an image without a tie has other labels."""
    args = parse_args()
    torch.set_num_threads(args.threads)
    print(
        f'device: {device_name(args.device)}; {args.method}, CRF {args.crf}, '
        f'place of it {args.place}'
    )
    print(
        f'{"batch":>5}{"nodes":>7}{"N":>3}{"T":>3}{"workers":>8}'
        f'{"reference":>11}{"batched":>9}{"ratio":>7}{"images/s":>10}'
        f'{"CPU":>8}{"memory":>9}  same labels'
    )
    failed = False
    for grid, steps, cuts in itertools.product(
        args.grid, args.steps, args.cuts
    ):
        cases = load(args.images, grid)
        backbone = backbone_of(args, grid)
        method = method_of(args, steps, cuts)
        learned = bool(args.weights)
        features = in_batches(
            backbone, cases, max(args.batch), args.device, learned
        )
        features = [own.cpu().numpy() for own in features]
        start = time.perf_counter()
        expected = [
            one(method, case, own)
            for case, own in zip(cases, features, strict=True)
        ]
        reference = (time.perf_counter() - start) / len(cases)
        masks = sum(map(len, expected))
        for batch, workers in itertools.product(args.batch, args.workers):
            row = measure(method, cases, backbone, batch, workers, args)
            same, odd = compare(row.found, expected)
            failed |= odd > 0
            print(
                f'{batch:>5}{grid * grid:>7}{steps:>3}{cuts:>3}{workers:>8}'
                f'{reference:>10.3f}s{row.wall:>8.3f}s'
                f'{reference / row.wall:>7.1f}{1 / row.wall:>10.2f}'
                f'{row.cpu:>7.3f}s{row.memory / 1e9:>6.2f} GB'
                f'  {same} of {len(cases)}, '
                f'{len(cases) - same - odd} others tie, {masks} masks',
                flush=True,
            )
    return int(failed)


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    whole = {'type': int, 'nargs': '+'}
    parser.add_argument('--method', default='CutS3D', help='or MaskCut')
    parser.add_argument('--images', type=int, default=16)
    parser.add_argument('--batch', default=[1, 8, 16], **whole)
    parser.add_argument('--grid', default=[60], help='patches a side', **whole)
    parser.add_argument('--steps', default=[3], help='N', **whole)
    parser.add_argument('--cuts', default=[6], help='T', **whole)
    parser.add_argument('--workers', default=[0, 2], **whole)
    parser.add_argument('--device', default='cpu')
    parser.add_argument('--threads', type=int, default=1, help='of torch')
    parser.add_argument('--memory', type=float, help='GB of the device')
    parser.add_argument('--crf', action='store_true', help='with the CRF')
    parser.add_argument('--place', help='of the CRF: pool or device')
    parser.add_argument('--backbone', help='arch of ViTKeys, such as base')
    parser.add_argument('--weights', help='of it, such as dino_vitb8')
    return parser.parse_args()


def device_name(device: str) -> str:
    """What the numbers belong to."""
    if torch.device(device).type == 'cuda':
        return torch.cuda.get_device_name(device)
    return f'CPU, {os.cpu_count()} cores'


def method_of(args, steps, cuts):
    """The method of a row."""
    refine = {'crf': args.crf}
    if args.method == 'MaskCut':
        return MaskCut(num_instances=steps, refine=refine)
    return CutS3D(num_instances=steps, local={'num_cuts': cuts}, refine=refine)


def load(number: int, grid: int) -> list[Case]:
    """Images of coco_photos, else embedded scenes."""
    folder = DATA / 'coco_photos'
    files = sorted((folder / 'features_mobilenetv2').glob('*.npz'))
    if grid == 60 and len(files) >= number:
        return [real(folder, file) for file in files[:number]]
    return [scene(seed, grid) for seed in range(number)]


def real(folder: Path, file: Path) -> Case:
    """One of coco_photos, at 480 x 480."""
    with np.load(file) as data:
        features = data['features'].astype(np.float32) * data['scale']
    image = cv2.imread(str(folder / 'images' / f'{file.stem}.jpg'))
    image = cv2.resize(image, (480, 480))[..., ::-1].copy()
    depth = cv2.imread(str(folder / 'depth_pydnetpp' / f'{file.stem}.png'), -1)
    return Case(image, features, unit(depth))


def scene(seed: int, grid: int) -> Case:
    """An embedded scene with noisy classical features."""
    made = make_scene(seed, (grid * PATCH, grid * PATCH))
    features = classical_features(made.image, PATCH)
    noise = np.random.default_rng(seed).normal(size=features.shape)
    features = features + 0.6 * noise.astype(np.float32)
    return Case(made.image, features, unit(made.depth))


def unit(depth: np.ndarray) -> np.ndarray:
    """To [0, 1]."""
    depth = depth.astype(np.float32)
    low, high = depth.min(), depth.max()
    return (depth - low) / max(high - low, 1e-6)


def backbone_of(args, grid):
    """The ViT, or None: features come with the images."""
    if not args.backbone:
        return None
    return ViTKeys(
        arch=args.backbone,
        patch_size=PATCH,
        weights=args.weights,
        image_size=grid * PATCH,
        amp=torch.device(args.device).type == 'cuda',
    ).to(args.device)


def in_batches(backbone, cases, batch, device, learned=True):
    """Features of all images, on the device."""
    if backbone is None:
        return [torch.from_numpy(case.features).to(device) for case in cases]
    found = []
    for first in range(0, len(cases), batch):
        images = np.stack([case.image for case in cases[first:][:batch]])
        pixels = torch.from_numpy(images).to(device).permute(0, 3, 1, 2)
        found.extend(backbone(pixels))
    return found if learned else in_batches(None, cases, batch, device)


def one(method, case: Case, features: np.ndarray) -> PseudoInstances:
    """The reference on one image."""
    if isinstance(method, MaskCut):
        return method(case.image, features)
    surface = method.local.surface(case.depth, features.shape[1:], case.image)
    return method(case.image, features, surface)


@dataclass(frozen=True)
class Row:
    """Labels; seconds and CPU seconds an image; bytes at the most."""

    found: list
    wall: float
    cpu: float
    memory: float


def measure(method, cases, backbone, batch, workers, args) -> Row:
    """Cut all images in batches, after one batch that warms up."""
    gpu = torch.device(args.device).type == 'cuda'
    with BatchCutter(
        method, workers=workers, memory=args.memory, crf=args.place
    ) as cutter:

        def run(part):
            features = in_batches(
                backbone, part, batch, args.device, bool(args.weights)
            )
            return cutter(
                [case.image for case in part],
                features,
                [case.depth for case in part],
            )

        run(cases[: min(batch, max(2, workers))])
        forget_peaks(gpu, args.device)
        before = cpu_seconds(cutter.pool.pids)
        start = time.perf_counter()
        found = []
        for first in range(0, len(cases), batch):
            found += run(cases[first : first + batch])
        wall = time.perf_counter() - start
        cpu = cpu_seconds(cutter.pool.pids) - before
        memory = peak(gpu, args.device, cutter.pool.pids)
    return Row(found, wall / len(cases), cpu / len(cases), memory)


def cpu_seconds(pids) -> float:
    """Of this process and of its workers."""
    total = time.process_time()
    for pid in pids:
        try:
            stat = Path(f'/proc/{pid}/stat').read_text('utf-8')
        except OSError:
            continue
        ticks = stat.rpartition(')')[2].split()[11:13]
        total += sum(map(int, ticks)) / os.sysconf('SC_CLK_TCK')
    return total


def forget_peaks(gpu: bool, device: str) -> None:
    """Peaks count from here on, where the system can do that."""
    if gpu:
        torch.cuda.reset_peak_memory_stats(device)
        return
    with contextlib.suppress(OSError):
        Path('/proc/self/clear_refs').write_text('5', 'utf-8')


def peak(gpu: bool, device: str, pids) -> float:
    """Bytes of the GPU, else of this process and of its workers."""
    if gpu:
        return float(torch.cuda.max_memory_allocated(device))
    total = 0
    for pid in ('self', *pids):
        try:
            status = Path(f'/proc/{pid}/status').read_text('utf-8')
        except OSError:
            continue
        for line in status.splitlines():
            if line.startswith('VmHWM'):
                total += int(line.split()[1]) * 1024
    return float(total)


def compare(found, expected) -> tuple[int, int]:
    """Images with the same labels, and those with others and no tie."""
    same = odd = 0
    for got, want in zip(found, expected, strict=True):
        equal = (
            isinstance(got, PseudoInstances)
            and np.array_equal(got.masks, want.masks)
            and np.array_equal(got.scores, want.scores)
        )
        same += equal
        odd += not equal and not any(map(ties, want.steps))
    return same, odd


def ties(step) -> bool:
    """Whether rounding chooses the source or the sink of a step."""
    x = step.eigenvector
    near = TIE * abs(x).max()
    size = abs(x)
    sources = np.count_nonzero(x >= x.max() - near)
    sinks = np.count_nonzero(size <= size.min() + near)
    return sources > 1 or sinks > 1


if __name__ == '__main__':
    sys.exit(main())
