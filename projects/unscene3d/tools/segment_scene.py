"""Finds the instances of a scan: python .../tools/segment_scene.py scene.ply.

    segment_scene.py scene.ply --out DIR     any point cloud or mesh
    segment_scene.py FOLDER --layout scannet a scan of ScanNet
    segment_scene.py --frames FOLDER         posed RGB-D frames, no mesh
    segment_scene.py                         an embedded room

Writes NAME.ply (instances as colours and as a property), NAME.npz, NAME.csv
and NAME.png below --out, and prints the table. Nothing is trained, and no
weights are needed; --checkpoint takes a trained model instead. Run it from
the root of the repository.
"""

import sys
from pathlib import Path

# `projects` lies in the root of the repository.
sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

import mmcuts3d.registry  # noqa: F401  # isort: skip (checks, repairs)

import argparse
import csv

import numpy as np
from mmengine.config import DictAction

from mmcuts3d.cli.running import add_examples, run_tool_main
from mmcuts3d.engine.config import load_config
from mmcuts3d.registry import MODELS
from projects.unscene3d.unscene3d.evaluation import evaluate_scenes
from projects.unscene3d.unscene3d.structures import Scene, SceneInstances

CONFIGS = Path(__file__).resolve().parents[1] / 'configs'
HEAD = ('instance', 'score', 'vertices', 'x', 'y', 'z', 'dx', 'dy', 'dz')


def parse_args(arguments: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add('scene', nargs='?', help='PLY, OBJ, LAS, NPZ, XYZ, or a folder')
    add('--out', default='unscene3d_output', help='(%(default)s)')
    add(
        '--config',
        default=str(CONFIGS / 'pseudo-masks_geometry.py'),
        help='a config with a `labeler` (pseudo-masks of geometry), or, with '
        '--checkpoint, that of the training',
    )
    add('--checkpoint', help='weights of a trained model, which then predicts')
    add('--frames', help='folder of posed RGB-D frames')
    add('--layout', choices=['file', 'scannet'], default='file')
    add('--room', type=int, default=3, help='seed of the embedded room')
    add('--unit', choices=['m', 'cm', 'mm'], default='m')
    add(
        '--up',
        default='z',
        help='axis of file and poses that points upwards (%(default)s)',
    )
    add('--drop-invalid', action='store_true', help='leave NaN vertices out')
    add('--show', action='store_true', help='open the Open3D viewer')
    add('--no-picture', action='store_true', help='write no PNG')
    add('--cfg-options', nargs='+', action=DictAction, help='key=value')
    add_examples(
        parser,
        'projects/unscene3d/tools/segment_scene.py scene.ply --out out',
        'projects/unscene3d/tools/segment_scene.py --frames frames',
    )
    return parser.parse_args(arguments)


def read(args: argparse.Namespace):
    """The scene, and its frames, of the arguments.

    Raises:
        ValueError: If a file is not what it should be.
    """
    from projects.unscene3d.unscene3d.frames import fuse_frames
    from projects.unscene3d.unscene3d.rooms import make_room
    from projects.unscene3d.unscene3d.scans import (
        read_frames,
        read_scannet,
        read_scene,
        turn_upwards,
    )

    frames = ()
    if args.frames:
        frames = read_frames(args.frames, align=turn_upwards(args.up))
    if args.scene is None:
        if args.frames:
            name = Path(args.frames).resolve().name
            return fuse_frames(frames, name=name), frames
        room = make_room(args.room)
        return room.scene, room.frames
    if args.layout == 'scannet':
        scan = read_scannet(args.scene)
        return scan.scene, frames or scan.frames
    scene = read_scene(
        args.scene,
        unit=args.unit,
        up=args.up,
        drop_invalid=args.drop_invalid,
    )
    return scene, frames


def segment(args, scene: Scene, frames) -> SceneInstances:
    """The instances of a scene, by the config.

    Raises:
        ValueError: If the config is of another kind.
    """
    config = load_config(args.config, args.cfg_options)
    if args.checkpoint is not None:
        from projects.unscene3d.unscene3d.training import ScenePredictor

        return ScenePredictor(config, args.checkpoint)(scene)
    if config.get('labeler') is None:
        raise ValueError(
            f'{args.config}: expected a config with a `labeler`, but got '
            'none; with the config of a training, give its --checkpoint.'
        )
    return MODELS.build(config.labeler)(scene, frames)


def rows_of(scene: Scene, found: SceneInstances) -> list[tuple]:
    """A line of the table for each instance: place and size in metres."""
    rows = []
    for index, mask in enumerate(found.on_vertices()):
        low = scene.points[mask].min(axis=0)
        high = scene.points[mask].max(axis=0)
        numbers = np.round([*(low + high) / 2, *(high - low)], 2).tolist()
        score = round(float(found.scores[index]), 3)
        rows.append((index + 1, score, int(mask.sum()), *numbers))
    return rows


def print_table(rows: list[tuple]) -> None:
    """The table, at most 80 columns wide."""
    print(
        f'{"instance":>8} {"score":>6} {"vertices":>9}  '
        f'{"centre, m":^21} {"size, m":^20}'
    )
    for index, score, vertices, *numbers in rows:
        place = ' '.join(f'{n:6.2f}' for n in numbers[:3])
        size = ' '.join(f'{n:6.2f}' for n in numbers[3:])
        print(f'{index:>8} {score:>6.2f} {vertices:>9,}  {place}  {size}')


def main(arguments: list[str] | None = None) -> int:
    """Reads, segments, writes."""
    from projects.unscene3d.unscene3d.pictures import draw_scene, show_scene
    from projects.unscene3d.unscene3d.scans import save_scene_ply
    from projects.unscene3d.unscene3d.training import write_scene_labels

    args = parse_args(arguments)
    out = Path(args.out)
    scene, frames = read(args)
    found = segment(args, scene, frames)
    rows = rows_of(scene, found)
    ply = save_scene_ply(scene, found, out / f'{scene.name}.ply')
    write_scene_labels(out, scene.name, found)
    with (out / f'{scene.name}.csv').open('w', newline='') as file:
        csv.writer(file).writerows([HEAD, *rows])
    print_table(rows)
    print(
        f'{scene.name}: {len(scene):,} vertices, {len(found.segments)} '
        f'segments, {len(found)} instances'
    )
    if scene.instances is not None and scene.instances.any():
        measures = evaluate_scenes(
            [(found.on_vertices(), found.scores)], [scene.instances]
        )
        told = ', '.join(f'{k} {v:.1f}' for k, v in measures.items())
        print(f'against the truth of the file: {told}')
    if not args.no_picture:
        draw_scene(scene, found, out / f'{scene.name}.png')
    print(f'written: {ply} and .npz, .csv, .png beside it')
    if args.show:
        try:
            show_scene(scene, found)
        except (ImportError, RuntimeError) as error:
            print(f'no window: {error}')
    return 0


if __name__ == '__main__':
    run_tool_main(main)
