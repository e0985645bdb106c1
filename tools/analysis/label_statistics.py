"""Counts what label stores hold, several of them side by side.

    python tools/analysis/label_statistics.py STORE [STORE2 ...] \\
        --json FILE --picture FILE.png

STORE is a folder that tools/generate_pseudo_labels.py or merge_rounds.py
wrote, of either kind, or a label file. Prints a table: images, failed ones
and why, masks per image, and histograms of the masks' areas, scores and
confidences. --json keeps all counts, --picture draws the histograms. Of a
Parquet store only the sums are read, which were made shard by shard.
"""

import argparse
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mmcuts3d.cli.running import add_examples, run_tool_main
from mmcuts3d.files import shown
from mmcuts3d.files.whole_files import write_json
from mmcuts3d.labels import Histogram, LabelStatistics, open_store

#: Reasons of failures that are printed; all are in the JSON file.
REASONS = 10
_WIDTH = 100


@dataclass
class Counted:
    """A store and its counts."""

    name: str
    path: str
    backend: str
    sums: LabelStatistics

    @property
    def histograms(self) -> list[Histogram]:
        """Masks per image; area, score and confidence."""
        return self.sums.histograms()


def parse_args(arguments: list[str] | None = None) -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add('stores', nargs='+', metavar='STORE', help='folders or label files')
    add('--names', nargs='+', metavar='NAME', help='of the stores')
    add('--json', help='file of all counts')
    add('--picture', help='file of the histograms (.png)')
    add_examples(parser, 'tools/analysis/label_statistics.py labels')
    args = parser.parse_args(arguments)
    args.names = args.names or names_of(args.stores)
    if len(args.names) != len(args.stores):
        parser.error(
            f'--names: {len(args.stores)} as there are stores, but got '
            f'{len(args.names)}'
        )
    if args.picture and Path(args.picture).suffix.lower() != '.png':
        parser.error(f'--picture: a .png file, but got {args.picture}')
    return args


def names_of(paths: Sequence[str]) -> list[str]:
    """Names of folders, of files without the ending, all different."""
    names = [
        Path(path).absolute().parent.name
        if Path(path).name == 'pseudo_labels.json'
        else Path(path).absolute().stem
        for path in paths
    ]
    if len(set(names)) < len(names):
        names = [f'{name} {place}' for place, name in enumerate(names, 1)]
    return names


def table_text(stores: Sequence[Counted]) -> str:
    """All counts as a Markdown table, the stores side by side.

    Args:
        stores (Sequence[Counted]): The stores.

    Returns:
        str: The text.
    """
    rows = [['', *(shown(store.name) for store in stores)]]
    for title, value in (
        ('images with labels', lambda s: f'{s.num_images:,}'),
        ('images that failed', lambda s: f'{s.num_errors:,}'),
        ('masks', lambda s: f'{s.num_masks:,}'),
        ('masks with a confidence map', lambda s: f'{s.num_maps:,}'),
        ('masks in an image, mean', _masks_per_image),
        ('mean score', lambda s: _number(s.mean_score)),
        ('mean area, %', lambda s: _number(100 * s.mean_area_share, 1)),
        ('mean confidence', lambda s: _number(s.mean_confidence)),
    ):
        rows.append([title, *(value(store.sums) for store in stores)])
    for number, histogram in enumerate(stores[0].histograms):
        found = [store.histograms[number] for store in stores]
        rows.append([f'**{histogram.title}**', *([''] * len(stores))])
        for place, bin_ in enumerate(histogram.bins):
            cells = [
                f'{h.counts[place]:,} ({100 * h.shares[place]:.1f} %)'
                if sum(h.counts)
                else '–'
                for h in found
            ]
            rows.append([bin_, *cells])
    lines = [_aligned(rows)]
    for store in stores:
        lines += _reasons(store)
    return '\n'.join(lines)


def _masks_per_image(sums: LabelStatistics) -> str:
    if not sums.num_images:
        return '–'
    return f'{sums.num_masks / sums.num_images:.2f}'


def to_dict(store: Counted) -> dict[str, Any]:
    """All counts of a store as JSON can hold them.

    Args:
        store (Counted): The store.

    Returns:
        dict: Numbers, histograms and reasons; a mean of nothing is None.
    """
    sums = store.sums
    numbers = {
        **sums.to_numbers(),
        'num_errors': sums.num_errors,
        'num_maps': sums.num_maps,
        'mean_confidence': sums.mean_confidence,
    }
    return {
        'name': store.name,
        'path': store.path,
        'backend': store.backend,
        **{
            key: None if isinstance(n, float) and math.isnan(n) else n
            for key, n in numbers.items()
        },
        'histograms': [asdict(h) for h in store.histograms],
        'reasons': [
            {'reason': reason, 'images': number}
            for reason, number in sums.reasons.most_common()
        ],
    }


def draw(stores: Sequence[Counted], path: Path) -> None:
    """Draw the histograms, the bars of the stores side by side.

    Args:
        stores (Sequence[Counted]): The stores.
        path (Path): The file.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.patches import Patch

    figure = Figure((11, 7.5), dpi=110, layout='constrained')
    panels = figure.subplots(2, 2).reshape(-1)
    columns = zip(*(store.histograms for store in stores), strict=True)
    for axes, histograms in zip(panels, columns, strict=True):
        _draw_bars(axes, histograms, [store.name for store in stores])
    bars = [
        Patch(color=f'C{place}', label=_label(store))
        for place, store in enumerate(stores)
    ]
    figure.legend(
        handles=bars,
        loc='outside upper center',
        ncols=min(len(stores), 2),
        fontsize=9,
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    FigureCanvasAgg(figure).print_png(str(path))


def _draw_bars(
    axes: Any, histograms: Sequence[Histogram], names: Sequence[str]
) -> None:
    """One panel; a store that has nothing to count gets a line of text."""
    first = histograms[0]
    filled = [n for n, found in enumerate(histograms) if sum(found.counts)]
    width = 0.8 / max(len(filled), 1)
    for place, number in enumerate(filled):
        axes.bar(
            np.arange(len(first.bins)) + (place + 0.5) * width - 0.4,
            [100 * share for share in histograms[number].shares],
            width,
            color=f'C{number}',
        )
    axes.set_title(first.title, fontsize=11)
    axes.set_ylabel(f'% of the {first.unit}')
    short = max(map(len, first.bins)) < 4
    axes.set_xticks(
        range(len(first.bins)),
        first.bins,
        rotation=0 if short else 35,
        ha='center' if short else 'right',
        rotation_mode='anchor',
        fontsize=8,
    )
    top = max((max(histograms[n].shares) for n in filled), default=1)
    axes.set_ylim(0, 118 * top)  # room for the names of those without
    axes.set_xlim(-0.7, len(first.bins) - 0.3)
    axes.grid(axis='y', alpha=0.3)
    axes.set_axisbelow(True)
    if not filled:
        axes.set_yticks([])
    without = [n for place, n in enumerate(names) if place not in filled]
    if without:
        axes.text(
            0.02,
            0.97,
            '\n'.join(f'{shown(name, 40)}: none' for name in without),
            transform=axes.transAxes,
            va='top',
            fontsize=9,
            bbox={'facecolor': 'white', 'edgecolor': '0.8'},
        )


def main(arguments: list[str] | None = None) -> int:
    """Counts, prints and draws.

    Args:
        arguments (list[str], optional): Command line. Defaults to None: that
            of the process.

    Returns:
        int: 0.

    Raises:
        ValueError: If there are no finished labels.
    """
    args = parse_args(arguments)
    stores = []
    for name, path in zip(args.names, args.stores, strict=True):
        store = open_store(path)
        stores.append(
            Counted(name, path, store.info.backend, store.statistics())
        )
    written = []
    if args.json:
        Path(args.json).parent.mkdir(parents=True, exist_ok=True)
        write_json(args.json, {'stores': [to_dict(s) for s in stores]})
        written.append(f'Counts: {args.json}')
    if args.picture:
        draw(stores, Path(args.picture))
        written.append(f'Picture: {args.picture}')
    print('\n'.join([table_text(stores), *written]))
    return 0


def _number(value: float, digits: int = 3) -> str:
    return '–' if math.isnan(value) else f'{value:.{digits}f}'


def _label(store: Counted) -> str:
    sums = store.sums
    failed = f', {sums.num_errors:,} failed' if sums.num_errors else ''
    return (
        f'{shown(store.name, 40)}: {sums.num_images:,} images{failed}, '
        f'{sums.num_masks:,} masks'
    )


def _reasons(store: Counted) -> list[str]:
    reasons: Counter[str] = store.sums.reasons
    if not reasons:
        return []
    lines = ['', f'{shown(store.name)}: why images failed']
    for reason, number in reasons.most_common(REASONS):
        lines.append(f'  {number:>9,}  {shown(reason, _WIDTH)}')
    rest = list(reasons.most_common()[REASONS:])
    if rest:
        images = sum(number for _, number in rest)
        lines.append(f'  {images:>9,}  {len(rest)} other reasons')
    return lines


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]))]
    lines = []
    for row in rows:
        first, *others = (
            cell.rjust(width) if place else cell.ljust(width)
            for place, (cell, width) in enumerate(
                zip(row, widths, strict=True)
            )
        )
        lines.append(f'| {" | ".join([first, *others])} |')
    rule = '|'.join(
        '-' * (width + 1) + ('-' if not place else ':')
        for place, width in enumerate(widths)
    )
    lines.insert(1, f'|{rule}|')
    return '\n'.join(lines)


if __name__ == '__main__':
    run_tool_main(main)
