"""Exports the labels of a store in the form of other tools.

    python tools/dataset_converters/export_pseudo_labels.py FOLDER OUT.json
    python tools/dataset_converters/export_pseudo_labels.py FOLDER OUT \\
        --format labelme --images IMAGES

FOLDER is what tools/generate_pseudo_labels.py, merge_rounds.py or
import_pseudo_labels.py wrote, of either kind. Without --format OUT is one COCO
file. Stores are read image by image; cvat, label_studio and fiftyone, whose
labels are one file, gather its rows in memory.
docs/labels_in_other_tools.md says who reads what.
"""

import argparse
from pathlib import Path

COCO = 'coco'


from mmcuts3d.cli.running import add_examples, run_tool_main
from mmcuts3d.files.following import followed


def parse_args(arguments: list[str] | None = None) -> argparse.Namespace:
    """Reads the command line."""
    from mmcuts3d.exports import FORMATS

    kinds = [f'{name}: {kind.tools}' for name, kind in FORMATS.items()]
    parser = argparse.ArgumentParser(
        description=__doc__,
        epilog='formats:\n  '
        + '\n  '.join(
            ['coco: pycocotools, mmdet, torchvision, FiftyOne', *kinds]
        ),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument('folder', help='label store, or a label file')
    parser.add_argument('out', help='the file or folder to write')
    parser.add_argument(
        '--format',
        default=COCO,
        metavar='NAME',
        help='see below (%(default)s)',
    )
    parser.add_argument(
        '--images',
        help='folder of the images, which most formats have beside the labels',
    )
    parser.add_argument(
        '--score-thr',
        type=float,
        default=0.0,
        help='leave masks with a lower score behind (%(default)s: none)',
    )
    parser.add_argument(
        '--overwrite',
        action='store_true',
        help='replace the file or folder that is written, if it is there',
    )
    add_examples(
        parser,
        'tools/dataset_converters/export_pseudo_labels.py labels out '
        '\\\n--format labelme --images images',
    )
    args = parser.parse_args(arguments)
    if args.format == COCO and args.score_thr:
        parser.error('--score-thr: a COCO file keeps scores; filter by them')
    return args


def main(arguments: list[str] | None = None) -> int:
    """Exports.

    Args:
        arguments (list[str], optional): Command line. Defaults to None: that
            of the process.

    Returns:
        int: 0.

    Raises:
        ValueError: If there are no finished labels, the output is there, or
            the format cannot hold the labels.
    """
    args = parse_args(arguments)
    from mmcuts3d.exports import export_store, find_format
    from mmcuts3d.labels import open_store

    if args.format == COCO:
        return write_coco(args)
    find_format(args.format)
    store = open_store(args.folder)
    written = export_store(
        store,
        args.format,
        args.out,
        args.images,
        args.score_thr,
        args.overwrite,
        lambda places, total: followed(places, total, 'exporting'),
    )
    print(
        f'{args.out}: {written.num_masks:,} masks in '
        f'{written.num_images:,} images'
    )
    if written.num_below:
        print(f'  {written.num_below:,} masks below the score left out')
    failed = store.statistics().num_errors
    if failed:
        print(f'  {failed:,} images failed and are not in it')
    for loss in written.lost:
        print(f'  not kept by {args.format}: {loss}')
    return 0


def write_coco(args: argparse.Namespace) -> int:
    """One COCO file."""
    from mmcuts3d.labels import LABEL_FILE, export_labels, open_store

    out, folder = Path(args.out), Path(args.folder)
    if out.is_dir():
        raise ValueError(f'Expected a file to write to, but got folder {out}.')
    if out.exists() and not args.overwrite:
        raise ValueError(
            f'Expected no file at {out}, but got one: give --overwrite to '
            'replace it.'
        )
    if out.exists() and any(
        path.exists() and out.samefile(path)
        for path in (folder, folder / LABEL_FILE)
    ):
        raise ValueError(f'Expected another file than {out} to write to.')
    store = open_store(folder)
    out.parent.mkdir(parents=True, exist_ok=True)
    written = export_labels(store, out)
    print(
        f'{out}: {written.num_masks:,} masks in {written.num_images:,} images'
    )
    failed = store.statistics().num_errors
    if failed:
        print(f'  {failed:,} images failed; a COCO file has no place for them')
    return 0


if __name__ == '__main__':
    run_tool_main(main)
