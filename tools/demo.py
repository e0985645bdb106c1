"""The whole way once: images to a self-trained detector, and a table.

    python tools/demo.py                                  embedded scenes
    python tools/demo.py --images DIR [--depth DIR]       your images

Labels by MaskCut and by CutS3D, trains a small Cascade Mask R-CNN on the
labels of CutS3D, trains it again on its own predictions, and measures all
four against the ground truth where there is one (--ann). Everything lies in
--out; a second call goes on where the first one stopped.
"""

import argparse
import contextlib
import io
import json
import time
import warnings
from pathlib import Path

from mmcuts3d.cli.running import add_examples, run_tool_main

ROOT = Path(__file__).resolve().parents[1]
CONFIG = (
    'configs/cuts3d/cascade-mask-rcnn_r18_fpn_cuts3d_1xb2-demo_rgbd-scenes.py'
)


def parse_args(arguments: list[str] | None = None) -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        epilog='exit codes: 0; 1, an error; 2, the command line is wrong; 3, '
        'some images failed and the others were labeled',
    )
    add = parser.add_argument
    add('--images', help='folder of images (embedded scenes)')
    add(
        '--recursive',
        action='store_true',
        help='take images of sub-folders too',
    )
    add('--depth', help='folder of depth maps with the stems of the images')
    add(
        '--depth-invalid',
        type=float,
        help='value of the depth files for "not measured", often 0',
    )
    add(
        '--depth-direction',
        choices=['near_is_small', 'near_is_large'],
        default='near_is_small',
        help='distances, or inverse depth (%(default)s)',
    )
    add(
        '--depth-clip',
        nargs=2,
        type=float,
        metavar=('LOW', 'HIGH'),
        help='percentiles that depth is clipped to, such as 1 99 (1 99 where '
        'there are outliers, else the whole range)',
    )
    add(
        '--depth-model',
        default='depth-anything/Depth-Anything-V2-Small-hf',
        help='estimator by name or local path, where --depth is not given '
        '(%(default)s)',
    )
    add('--features', help='folder of cached features (classical features)')
    add('--ann', help='COCO file with the true masks of the images')
    add('--out', default='demo_output', help='output folder (%(default)s)')
    add(
        '--scenes',
        type=int,
        default=160,
        help='embedded scenes to train on; a quarter more to measure on '
        '(%(default)s)',
    )
    add(
        '--iters',
        type=int,
        default=250,
        help='training steps of each of the two rounds (%(default)s)',
    )
    add(
        '--seed',
        type=int,
        default=0,
        help='of the training: weights, order of the images, augmentations '
        '(%(default)s); benchmarks/demo measures the spread over seeds',
    )
    add('--pictures', type=int, default=4, help='images to draw (%(default)s)')
    add_examples(
        parser,
        'tools/demo.py',
        'tools/demo.py --images images --depth depth --out out',
    )
    args = parser.parse_args(arguments)
    if args.images is None and (args.depth or args.features or args.ann):
        parser.error('--depth, --features and --ann go with --images')
    for name in ('images', 'depth', 'features', 'ann'):
        path = getattr(args, name)
        if path and not Path(path).exists():
            parser.error(f'--{name}: nothing at {path}')
    for name, least in (
        ('iters', 1),
        ('scenes', 4),
        ('pictures', 0),
        ('seed', 0),
    ):
        if getattr(args, name) < least:
            parser.error(f'--{name}: at least {least}')
    return args


def import_quietly() -> None:
    """Imports mmdet, after --help: its forks print what they lack."""
    warnings.filterwarnings('ignore', module='mmdet')
    with contextlib.redirect_stdout(io.StringIO()):
        import mmcuts3d.registry  # noqa: F401  # isort: skip (comes first)
        import mmdet.datasets  # noqa: F401


def main(arguments: list[str] | None = None) -> int:
    """Runs the demo; see ``--help`` for what it returns."""
    args = parse_args(arguments)
    import_quietly()
    from demo_parts.config import demo_config, image_folder
    from demo_parts.pictures import draw_pictures
    from demo_parts.stages import Stage, label, measure, table, train

    out = Path(args.out).absolute()
    out.mkdir(parents=True, exist_ok=True)
    config = demo_config(ROOT / CONFIG, args, out)
    begin = time.time()
    stages, results = [], []
    for name, title in (
        ('maskcut', 'MaskCut labels'),
        ('cuts3d', 'CutS3D labels'),
    ):
        print(f'\n== {title}', flush=True)
        results.append(label(config, config.demo[name], out / name))
        stages.append(Stage(title, results[-1].label_file))
    print('\n== Training: labels, then self-training', flush=True)
    checkpoints = train(config, out / 'training')
    for title, name, checkpoint in zip(
        ('detector after labels', 'detector after self-training'),
        ('detector', 'self_trained'),
        checkpoints,
        strict=True,
    ):
        print(f'\n== {title}', flush=True)
        folder = out / name
        results.append(label(config, config.model, folder, checkpoint))
        stages.append(Stage(title, results[-1].label_file))
    images = image_folder(config.demo.images.dataset)
    rows = [measure(stage, config.demo.ann_file, images) for stage in stages]
    text = table(rows, config.demo)
    print(f'\n{text}\n')
    (out / 'table.md').write_text(text + '\n', encoding='utf-8')
    (out / 'table.json').write_text(json.dumps(rows, indent=1) + '\n')
    draw_pictures(config, stages, out / 'pictures', args.pictures)
    minutes = (time.time() - begin) / 60
    print(f'{minutes:.1f} minutes; pictures in {out / "pictures"}')
    failed = [result for result in results if result.num_errors]
    for result in failed:
        print(result.failures)
    return max((result.exit_code for result in failed), default=0)


if __name__ == '__main__':
    run_tool_main(main)
