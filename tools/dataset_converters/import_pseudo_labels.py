"""Brings labels of other tools and other methods here.

Labels that were corrected in LabelMe, CVAT, Label Studio and others, and
pseudo-labels of CutLER, CuVLER or any COCO file, become a label store to train
on (--store), a COCO file of labels, or ground truth to evaluate with
(--truth).

Categories become one. COCO files may have heights and widths that are
exchanged: the masks decide, or, with --images, the images. Scores are kept
where a tool has any; masks without one get --default-score. With --before,
the labels as they were exported, masks that nobody changed keep their score
and their confidence map, which no tool carries, and images their ids.
docs/labels_in_other_tools.md says how to save labels there.
"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from mmcuts3d.cli.running import add_examples, run_tool_main
from mmcuts3d.files.following import followed

if TYPE_CHECKING:
    from mmcuts3d.labels import ImageRecord

TOOL = 'tools/dataset_converters/import_pseudo_labels.py'


def parse_args(arguments: list[str] | None = None) -> argparse.Namespace:
    """Reads the command line."""
    from mmcuts3d.imports import FORMATS

    listed = '\n'.join(
        f'  {name:12}  {kind.takes}' for name, kind in FORMATS.items()
    )
    parser = argparse.ArgumentParser(
        description=__doc__,
        epilog=f'formats:\n{listed}',
    )
    add = parser.add_argument
    add('labels', help='file of the labels, or the folder that the tool made')
    add('--out', required=True, help='the file to write, or the folder')
    add(
        '--format',
        default='coco',
        metavar='NAME',
        help='of the labels, see below (%(default)s)',
    )
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument(
        '--store',
        choices=['auto', 'jsonl', 'parquet'],
        help='write a folder of this kind, auto by the number of images '
        '(default: a COCO file)',
    )
    kind.add_argument(
        '--truth',
        action='store_true',
        help='write ground truth: a COCO file without scores and confidence',
    )
    add(
        '--images',
        help='image folder: names are matched to its files, and sizes '
        'compared with theirs',
    )
    add(
        '--before',
        metavar='STORE',
        help='labels as they were exported, folder or file',
    )
    add(
        '--same-iou',
        type=float,
        default=0.95,
        metavar='IOU',
        help='IoU from which on a mask is the one of --before (%(default)s)',
    )
    add(
        '--keep-rest',
        action='store_true',
        help='also take the images of --before that are not among the labels',
    )
    add(
        '--default-score',
        type=float,
        default=1.0,
        help='of masks without a score (%(default)s)',
    )
    add(
        '--merge-categories',
        action='store_true',
        help='make one of several categories, instead of refusing',
    )
    add(
        '--overwrite',
        action='store_true',
        help='replace the file that is written, or the labels of the folder',
    )
    add_examples(
        parser,
        f'{TOOL} \\\n'
        'imagenet_train_fixsize480_tau0.15_N3.json --out labels.json',
        f'{TOOL} corrected \\\n'
        '--format labelme --before labels --out new --store auto',
        f'{TOOL} annotations.xml \\\n'
        '--format cvat --images images --out instances.json --truth',
    )
    args = parser.parse_args(arguments)
    if not 0 <= args.default_score <= 1:
        parser.error(f'--default-score: in [0, 1], got {args.default_score}')
    if not 0 < args.same_iou <= 1:
        parser.error(f'--same-iou: in (0, 1], got {args.same_iou}')
    if args.keep_rest and args.before is None:
        parser.error('--keep-rest: the images of --before, which is not given')
    return args


def main(arguments: list[str] | None = None) -> int:
    """Imports.

    Args:
        arguments (list[str], optional): Command line. Defaults to None: that
            of the process.

    Returns:
        int: 0.

    Raises:
        ValueError: If the labels cannot be read, or the output is there.
    """
    args = parse_args(arguments)
    from mmcuts3d.imports import find_import_format, import_labels_of
    from mmcuts3d.labels import open_store

    lost = find_import_format(args.format).lost
    out = Path(args.out)
    if args.store is None:
        _check_file(out, args)
    elif args.before and out.resolve() == Path(args.before).resolve():
        raise ValueError(
            f'Expected another folder than {out} to write to: the labels of '
            '--before lie in it.'
        )
    records, notes = import_labels_of(
        args.labels,
        args.format,
        args.images,
        args.default_score,
        args.merge_categories,
        open_store(args.before) if args.before else None,
        args.same_iou,
        args.keep_rest,
        lambda images: followed(images, None, 'importing'),
    )
    if not records:
        raise ValueError(
            f'Expected {args.labels} to have labels of images, but got none.'
        )
    _write(records, out, args)
    number = sum(len(record.annotations) for record in records)
    print(f'{out}: {number:,} masks in {len(records):,} images')
    for note in notes:
        print(f'  {note}')
    if args.format != 'coco':
        print(f'  not kept by {args.format}: {", ".join(lost)}')
    return 0


def _check_file(out: Path, args: argparse.Namespace) -> None:
    if out.is_dir():
        raise ValueError(
            f'Expected a file to write to, but got the folder {out}: give '
            '--store to make a label store.'
        )
    if out.exists() and not args.overwrite:
        raise ValueError(
            f'Expected no file at {out}, but got one: give --overwrite to '
            'replace it.'
        )
    inputs = [Path(path) for path in (args.labels, args.before) if path]
    if any(
        out.exists() and path.exists() and out.samefile(path)
        for path in inputs
    ):
        raise ValueError(f'Expected another file than {out} to write to.')


def _write(
    records: 'list[ImageRecord]', out: Path, args: argparse.Namespace
) -> None:
    from mmcuts3d.files.whole_files import digest_files, write_json
    from mmcuts3d.labels import build_labels, write_records
    from mmcuts3d.labels.importing import DESCRIPTION

    if args.store is None:
        out.parent.mkdir(parents=True, exist_ok=True)
        labels = build_labels(records, {'description': DESCRIPTION})
        if args.truth:
            labels['info']['description'] = 'ground truth'
            for row in labels['annotations']:
                for key in ('score', 'confidence'):
                    row.pop(key, None)
        write_json(out, labels)
        return
    labels = Path(args.labels)
    files = [labels]
    if labels.is_dir():
        files = sorted(path for path in labels.rglob('*') if path.is_file())
    provenance = {
        'settings': {
            'imported': labels.name,
            'format': args.format,
            'digest': digest_files(files),
            'default_score': args.default_score,
            'merge_categories': args.merge_categories,
            'images': args.images,
            'before': args.before,
            'same_iou': args.same_iou,
            'keep_rest': args.keep_rest,
        }
    }
    store = None if args.store == 'auto' else args.store
    write_records(records, out, store, provenance, args.overwrite)


if __name__ == '__main__':
    run_tool_main(main)
