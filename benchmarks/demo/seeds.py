"""The spread of the demo's detectors over seeds of the training.

    python benchmarks/demo/seeds.py --seeds 5 --out demo_seeds

Labels the embedded scenes once, then trains and measures with each seed, as
tools/demo.py does with ``--seed``. Prints mean, standard deviation, least and
largest value; a call that was stopped goes on.
"""

import argparse
import json
import statistics
import sys
from collections.abc import Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / 'tools')]

import demo

METRICS = {
    'AP50': 'mask AP50',
    'AP': 'mask AP',
    'AR100': 'mask AR100',
    'box_AP50': 'box AP50',
    'box_AP': 'box AP',
}
STAGES = ('after labels', 'after self-training')


def parse_args(arguments: list[str] | None = None) -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add('--seeds', type=int, default=5, help='how many, from 0 (%(default)s)')
    add('--scenes', type=int, default=160, help='to train on (%(default)s)')
    add('--iters', type=int, default=250, help='of a round (%(default)s)')
    add('--out', default='demo_seeds', help='output folder (%(default)s)')
    args = parser.parse_args(arguments)
    if args.seeds < 2:
        parser.error('--seeds: a spread needs at least 2')
    return args


def measure_seed(
    demo_args: argparse.Namespace, out: Path, seed: int
) -> list[dict[str, Any]]:
    """Trains and measures with one seed.

    Args:
        demo_args (Namespace): Of tools/demo.py.
        out (Path): Folder of scenes and labels, which all seeds share.
        seed (int): Of the training.

    Returns:
        list[dict]: A row of metrics after labels and one after self-training.
    """
    from demo_parts.config import demo_config, image_folder
    from demo_parts.stages import Stage, label, measure, train

    config = demo_config(ROOT / demo.CONFIG, demo_args, out)
    config.randomness.seed = seed
    folder = out / f'seed_{seed}'
    images = image_folder(config.demo.images.dataset)
    config.custom_hooks[0].out_dir = str(folder / 'rounds')
    rows = []
    for title, checkpoint in zip(STAGES, train(config, folder), strict=True):
        labels = folder / title.replace(' ', '_')
        label(config, deepcopy(config.model), labels, checkpoint)
        stage = Stage(title, labels / 'pseudo_labels.json')
        rows.append(measure(stage, config.demo.ann_file, images))
    return rows


def table(runs: Sequence[Sequence[dict[str, Any]]]) -> str:
    """Mean ± standard deviation (least to largest) of each metric.

    Args:
        runs (Sequence): The rows of each seed, see :func:`measure_seed`.

    Returns:
        str: A Markdown table with a row per stage.
    """
    lines = [
        '| detector | ' + ' | '.join(METRICS.values()) + ' |',
        '|---' + '|---:' * len(METRICS) + '|',
    ]
    for place, title in enumerate(STAGES):
        cells = [title]
        for name in METRICS:
            values = [run[place][name] for run in runs]
            cells.append(
                f'{statistics.mean(values):.1f} ± '
                f'{statistics.stdev(values):.1f} '
                f'({min(values):.1f} to {max(values):.1f})'
            )
        lines.append('| ' + ' | '.join(cells) + ' |')
    return '\n'.join(lines)


def main(arguments: list[str] | None = None) -> int:
    """Runs all seeds."""
    args = parse_args(arguments)
    out = Path(args.out).absolute()
    out.mkdir(parents=True, exist_ok=True)
    words = ('--scenes', str(args.scenes), '--iters', str(args.iters))
    demo_args = demo.parse_args([*words, '--out', str(out)])
    demo.import_quietly()
    runs = []
    for seed in range(args.seeds):
        print(f'\n== seed {seed}', flush=True)
        runs.append(measure_seed(demo_args, out, seed))
    text = table(runs)
    print(f'\n{text}\n\n{args.seeds} seeds, {args.scenes} scenes.')
    (out / 'seeds.md').write_text(text + '\n', encoding='utf-8')
    (out / 'seeds.json').write_text(json.dumps(runs, indent=1) + '\n')
    return 0


if __name__ == '__main__':
    sys.exit(main())
