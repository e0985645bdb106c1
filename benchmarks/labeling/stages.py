"""CPU time of a method on one thread, stage by stage.

    OMP_NUM_THREADS=1 python benchmarks/labeling/stages.py --data DIR

DIR is a folder of images with features and depth, see inputs.py. With
``--published K`` the first K are cut by the published procedure too, in turns
with ours: the dense generalised eigen-solver of LAPACK for each semantic cut,
and pydensecrf for each mask. Whether steps and masks are the same is printed
with it.
"""

import os

os.environ.setdefault('OMP_NUM_THREADS', '1')
os.environ.setdefault('OPENBLAS_NUM_THREADS', '1')

import argparse
import itertools
import json
import resource
import time
from pathlib import Path

import numpy as np
from inputs import Input, load, names_of, pydensecrf

from mmcuts3d.cuts import (
    PRESETS,
    CutS3D,
    MaskCut,
    PseudoInstances,
    dense_crf,
    mask_iou,
    resize_nearest,
)

STAGES = ('surface', 'graph', 'semantic cuts', '3D cuts', 'CRF')


def parse_args(arguments: list[str] | None = None) -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    several = {'type': int, 'nargs': '+'}
    add('--data', type=Path, required=True, help='folder of images')
    add('--images', type=int, default=100, help='at most (%(default)s)')
    add(
        '--methods',
        nargs='+',
        default=['paper'],
        choices=[*PRESETS, 'MaskCut'],
        help='presets of CutS3D, or MaskCut (%(default)s)',
    )
    add('--no-crf', action='store_true', help='patch masks as they are')
    add('--grid', default=[60], help='patches a side (%(default)s)', **several)
    add('--steps', default=[3], help='N (%(default)s)', **several)
    add('--cuts', default=[6], help='T (%(default)s)', **several)
    add('--published', type=int, default=0, help='images of both')
    add('--out', type=Path, help='JSON file of the numbers')
    return parser.parse_args(arguments)


def method_of(
    name: str, steps: int, cuts: int, crf: bool, solver: str = 'lanczos'
) -> CutS3D | MaskCut:
    """A method by its name in the table."""
    refine = {'crf': crf}
    semantic = {'solver': solver}
    if name == 'MaskCut':
        return MaskCut(num_instances=steps, refine=refine, semantic=semantic)
    return CutS3D.from_preset(
        name,
        num_instances=steps,
        refine=refine,
        semantic=semantic,
        local={'num_cuts': cuts},
    )


def run(
    method: CutS3D | MaskCut, case: Input
) -> tuple[PseudoInstances, list[float]]:
    """The labels of an image, and the CPU seconds of each stage."""
    seconds = dict.fromkeys(STAGES, 0.0)
    clock = [time.process_time()]

    def lap(stage: str) -> None:
        clock.append(time.process_time())
        seconds[stage] += clock[-1] - clock[-2]

    grid = case.features.shape[1:]
    if isinstance(method, CutS3D):
        surface = method.local.surface(case.depth, grid, case.image)
        progress = method.begin(surface, grid)
        lap('surface')
        graph = method.semantic.graph(
            case.features, surface.depth, surface.trust
        )
    else:
        progress = method.begin(grid)
        graph = method.semantic.graph(case.features)
    lap('graph')
    while not progress.done:
        mask = method.semantic(graph, progress.found)
        lap('semantic cuts')
        method.advance(progress, mask)
        lap('3D cuts')
    found = method.instances(case.image, progress.steps)
    lap('CRF')
    return found, list(seconds.values())


def published(
    method: CutS3D | MaskCut, case: Input, crf: bool
) -> tuple[PseudoInstances, list[np.ndarray], float]:
    """Labels, masks and seconds of the published procedure.

    Args:
        method: With the dense solver, and without a CRF.
        case: The image.
        crf: Whether pydensecrf fits each accepted mask.
    """
    begin = time.process_time()
    found, _ = run(method, case)
    size = case.image.shape[:2]
    masks = [resize_nearest(mask, size) for mask in found.patch_masks]
    if crf:
        masks = [pydensecrf(case.image, mask) for mask in masks]
    return found, masks, time.process_time() - begin


def compare(args: argparse.Namespace, name: str, setting: tuple) -> dict:
    """Ours and the published procedure on the same images, in turns."""
    grid, steps, cuts = setting
    crf = not args.no_crf
    ours = method_of(name, steps, cuts, crf)
    plain = method_of(name, steps, cuts, False)
    theirs = method_of(name, steps, cuts, False, 'dense')
    ratios, equal, worst = [], 0, 1.0
    for stem in names_of(args.data, args.published):
        case = load(args.data, stem, grid)
        _, stages = run(ours, case)
        reference, masks, seconds = published(theirs, case, crf)
        ratios.append(seconds / sum(stages))
        # The masks before holes are filled and any is rejected.
        found, _ = run(plain, case)
        same = len(found.steps) == len(reference.steps) and all(
            np.array_equal(a.semantic_mask, b.semantic_mask)
            and np.array_equal(a.local_cut, b.local_cut)
            for a, b in zip(found.steps, reference.steps, strict=True)
        )
        equal += same
        if same and crf and len(found):
            fitted = dense_crf(case.image, found.masks)
            overlaps = [
                mask_iou(a, b) if a.any() or b.any() else 1.0
                for a, b in zip(fitted, masks, strict=True)
            ]
            worst = min(worst, *overlaps)
        print(
            f'  {stem}: published {seconds:.1f} s, ours {sum(stages):.2f} s, '
            f'ratio {ratios[-1]:.1f}, steps {"equal" if same else "differ"}',
            flush=True,
        )
    return {
        'images': len(ratios),
        'ratio_median': float(np.median(ratios)),
        'ratio_worst': float(min(ratios)),
        'steps_equal': equal,
        'worst_iou_of_crf': worst,
    }


def main(arguments: list[str] | None = None) -> None:
    """Prints a row for each method and setting."""
    args = parse_args(arguments)
    names = names_of(args.data, args.images)
    print(f'CPU seconds an image: median, worst; {len(names)} images')
    titles = ''.join(f'{stage:>16}' for stage in STAGES)
    print(f'{"method":10}{"grid":>5}{"N":>3}{"T":>3}{"total":>16}{titles}')
    rows = []
    settings = itertools.product(args.grid, args.steps, args.cuts)
    for setting, name in itertools.product(settings, args.methods):
        grid, steps, cuts = setting
        method = method_of(name, steps, cuts, not args.no_crf)
        run(method, load(args.data, names[0], grid))  # compiles
        seconds = np.array(
            [run(method, load(args.data, stem, grid))[1] for stem in names]
        )
        table = np.column_stack([seconds.sum(axis=1), seconds])
        cells = ''.join(
            f'{np.median(column):>9.3f} {column.max():>6.3f}'
            for column in table.T
        )
        print(f'{name:10}{grid:>5}{steps:>3}{cuts:>3}{cells}', flush=True)
        row = {
            'method': name,
            'grid': grid,
            'N': steps,
            'T': cuts,
            'median': float(np.median(table[:, 0])),
            'worst': float(table[:, 0].max()),
            'at_most_half_a_second': float((table[:, 0] <= 0.5).mean()),
            'stages': dict(
                zip(STAGES, np.median(seconds, axis=0).tolist(), strict=True)
            ),
        }
        if args.published:
            row['published'] = compare(args, name, setting)
            print(' ', row['published'])
        rows.append(row)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f'memory of the process at its peak: {peak:.0f} MB')
    if args.out:
        args.out.write_text(json.dumps(rows, indent=1) + '\n', 'utf-8')


if __name__ == '__main__':
    main()
