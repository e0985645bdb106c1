"""Compares feature sources by the instances that their clusters meet.

Clusters the patches of each image for several k, and takes for each true
instance the cluster that meets it best (Engstler et al., 2023, Table 1):
recall by the number of instances of one class in the image, with intervals,
beside the paper's table; and a sheet of pictures. Without --ann the pictures
alone. With --search it finds the layer, kind and threshold of each source for
CutS3D, as a config. Sources whose weights cannot be had are "not run". With
the same --out a call that was stopped goes on. `--list` prints all names.
"""

import sys
from pathlib import Path

# `projects` lies in the root of the repository.
sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

import mmcuts3d.registry  # noqa: F401  # isort: skip (checks, repairs)

import argparse

from mmcuts3d.cli.running import add_examples, run_tool_main
from mmcuts3d.datasets.rgbd_scenes import write_scenes
from mmcuts3d.engine.calibration.candidates import Tau
from mmcuts3d.engine.processes import check_device
from mmcuts3d.files import shown
from mmcuts3d.models.features import KINDS
from projects.ssl_instances.ssl_instances.analysis import (
    MaskJob,
    SourceMasks,
    StudyImages,
    recall_table,
    table_text,
    write_study,
)
from projects.ssl_instances.ssl_instances.backbones import (
    Source,
    find_sources,
    sources_text,
)
from projects.ssl_instances.ssl_instances.backbones.sources import GRID
from projects.ssl_instances.ssl_instances.clustering import KS, check_ks
from projects.ssl_instances.ssl_instances.pictures import (
    choose_images,
    draw_sheet,
)
from projects.ssl_instances.ssl_instances.search import search_setting


def parse_args(arguments: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        epilog='exit codes: 0; 1, an error; 2, the command line is wrong; 3, '
        'some images or sources could not be clustered',
    )
    add = parser.add_argument
    add('--images', help='folder of your images')
    add('--ann', metavar='FILE', help='COCO file of true instances')
    add(
        '--scenes',
        type=int,
        metavar='N',
        help='embedded scenes in place of your images, made below --out',
    )
    add(
        '--features',
        nargs='+',
        metavar='NAME',
        help='sources, see --list; files:DIR reads maps, one an image',
    )
    add('--ks', nargs='+', type=int, default=KS, help='clusters (2 to 6)')
    add('--out', default='compared_features', help='folder (%(default)s)')
    add(
        '--grid',
        type=int,
        default=GRID,
        help='patches of a side (%(default)s); a network sees images of this '
        'times its patch size',
    )
    add('--layer', type=int, help='block that is clustered (the last)')
    add('--kind', choices=KINDS, help='what is read of it (by the source)')
    add(
        '--tau',
        type=float,
        help='cluster the graph of two weights with this threshold, in '
        '[0, 1], not that of cosines',
    )
    add('--no-split', action='store_true', help='clusters as they are')
    add('--seed', type=int, default=0, help='of k-means (%(default)s)')
    add('--limit', type=int, help='images at most, spread over the folder')
    add('--pictures', type=int, default=4, help='images drawn (%(default)s)')
    add(
        '--paper',
        choices=('coco', 'voc', 'none'),
        default='coco',
        help='set of the paper beside ours (%(default)s)',
    )
    add('--samples', type=int, default=1000, help='of the bootstrap')
    add('--device', default='cpu', help='such as cuda:0 (%(default)s)')
    add('--list', action='store_true', help='print all sources, and end')
    search = parser.add_argument_group('search')
    add = search.add_argument
    add('--search', action='store_true', help='find a setting for CutS3D')
    add('--layers', nargs='+', type=int, metavar='N', help='blocks tried')
    add(
        '--kinds',
        nargs='+',
        choices=KINDS,
        metavar='KIND',
        help='kinds tried',
    )
    add('--taus', nargs='+', type=_tau, metavar='TAU', help='tried')
    add(
        '--search-limit',
        type=int,
        default=20,
        help='images that settings are tried on (%(default)s)',
    )
    add_examples(
        parser,
        'projects/ssl_instances/tools/compare_features.py --images images \\\n'
        '--ann instances.json --features mae_vitb16 dino_vitb16',
    )
    args = parser.parse_args(arguments)
    some = args.images or args.scenes is not None
    if not args.list and not (some and args.features):
        parser.error('--images and --features are needed, or --list')
    if args.scenes is not None and (args.images or args.ann):
        parser.error('--scenes come without --images and --ann')
    return args


def main(arguments: list[str] | None = None) -> int:
    """Compares.

    Raises:
        ValueError: If an image, a source or a setting cannot be used.
    """
    args = parse_args(arguments)
    if args.list:
        print(sources_text())
        return 0
    sources = checked_sources(args)
    if args.scenes is not None:
        make_scenes(args)
    images = StudyImages(args.images, args.ann, args.limit)
    if images.num_absent:
        print(f'{images.num_absent} images of {shown(args.ann)} are absent.')
    job = MaskJob(
        images,
        tuple(args.ks),
        not args.no_split,
        args.seed,
        args.tau,
        args.device,
    )
    runs, not_run = cluster(job, sources, Path(args.out))
    if not runs:
        name, reason = next(iter(not_run.items()))
        raise ValueError(f'No source could be run; {name}: {reason}')
    report(args, images, runs, not_run)
    ran = [run.source for run in runs]
    failed = bool(not_run) or any(run.failed for run in runs)
    if args.pictures > 0:
        failed |= draw(args, job, ran)
    if args.search:
        failed |= search(args, ran)
    return 3 if failed else 0


def checked_sources(args: argparse.Namespace) -> list[Source]:
    """The sources, and every other setting, checked before any work."""
    check_ks(args.ks)
    check_device(args.device)
    if args.tau is not None and not 0 <= args.tau <= 1:
        raise ValueError(
            f'Expected --tau to be in [0, 1], but got {args.tau}.'
        )
    return find_sources(args.features, args.grid, args.layer, args.kind)


def make_scenes(args: argparse.Namespace) -> None:
    """Embedded scenes of one to six objects of a kind, as the images."""
    folder = write_scenes(
        Path(args.out) / 'scenes', args.scenes, num_objects=(1, 6)
    )
    args.images = folder / 'color'
    args.ann = folder / 'instances.json'


def cluster(
    job: MaskJob, sources: list[Source], out: Path
) -> tuple[list[SourceMasks], dict[str, str]]:
    """The masks of all sources; and why others have none, by title."""
    runs, not_run = [], {}
    for source in sources:
        print(f'[{source.title}] {len(job.images)} images', flush=True)
        try:
            run = job(source, out)
        except (ValueError, ImportError, OSError) as error:
            not_run[source.title] = ' '.join(str(error).split())
            print(f'[{source.title}] not run: {not_run[source.title]}')
            continue
        for name, reason in list(run.failed.items())[:3]:
            print(f'  {shown(name)}: {reason}')
        runs.append(run)
    return runs, not_run


def report(
    args: argparse.Namespace,
    images: StudyImages,
    runs: list[SourceMasks],
    not_run: dict[str, str],
) -> None:
    """The table, where the truth is known; else how many masks there are."""
    if not images.has_truth:
        for run in runs:
            mean = len(run.predictions) / len(images)
            print(f'{run.source.title}: {mean:.1f} masks/image')
        print('Without --ann there is no table.')
        return
    paper = None if args.paper == 'none' else args.paper
    table = recall_table(images, runs, not_run, args.samples)
    print(f'\n{table_text(table, paper)}')
    settings = {
        'images': str(args.images),
        'annotations': str(args.ann),
        'features': {run.source.title: run.source.config for run in runs},
        'ks': list(args.ks),
        'split': not args.no_split,
        'seed': args.seed,
        'tau': args.tau,
    }
    files = write_study(table, args.out, settings, paper)
    print('\nWritten: ' + ', '.join(shown(path) for path in files))


def draw(
    args: argparse.Namespace, job: MaskJob, sources: list[Source]
) -> bool:
    """The sheet; whether something is missing on it."""
    chosen = choose_images(job.images, args.pictures)
    path, missing = draw_sheet(
        job, sources, chosen, Path(args.out) / 'clusters.png'
    )
    for name, reason in missing.items():
        print(f'not drawn: {shown(name)}: {reason}')
    print(f'Pictures: {shown(path)}')
    return bool(missing)


def search(args: argparse.Namespace, sources: list[Source]) -> bool:
    """A setting for each source; whether one has none."""
    failed = False
    for source in sources:
        print(f'\n[{source.title}] layer, kind and threshold for CutS3D')
        try:
            found = search_setting(
                source,
                args.images,
                Path(args.out) / 'search',
                args.ann,
                args.layers,
                args.kinds,
                args.taus,
                args.search_limit,
                args.device,
            )
        except (ValueError, OSError, ImportError) as error:
            print(f'not found: {error}')
            failed = True
            continue
        print(found.text())
        if found.is_useful:
            print(f'\nAs a config: {shown(found.config)}')
    return failed


def _tau(text: str) -> Tau:
    return text if text == 'auto' else float(text)


if __name__ == '__main__':
    run_tool_main(main, goes_on=True)
