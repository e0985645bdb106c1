"""Pseudo-masks of geometry beside segments alone and clusters: AP, time.

    python projects/unscene3d/benchmarks/pseudo_masks.py

Each row runs in a process of its own, whose peak of memory is read at the end.
The scan of shared data counts the objects of ScanNet's 20 classes. Floors of
rooms (`cloud:NUMBER`) are made by code, for time and memory.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

import segments as segment_benchmark
from mmengine.config import Config

from mmcuts3d.registry import MODELS
from projects.unscene3d.unscene3d.baselines import (
    cluster_vertices,
    segments_as_instances,
)
from projects.unscene3d.unscene3d.evaluation import evaluate_scenes
from projects.unscene3d.unscene3d.features import similarity
from projects.unscene3d.unscene3d.scans import keep_objects, read_scene

CONFIGS = Path(__file__).resolve().parents[1] / 'configs'
METHODS = ('segments', 'dbscan', 'hdbscan', 'paper', 'default')
#: The paper's settings with geometry alone (supplement 8.2).
PAPER = {
    'labeler.segmenter.smooth': 0,
    'labeler.cut.tau': 0.55,
    'labeler.cut.min_nodes': 8,
}


def main():
    """Print a row for each method and scene."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add = parser.add_argument
    add('scenes', nargs='*', help='files, or cloud:NUMBER and mesh:NUMBER')
    add('--methods', nargs='+', choices=METHODS, default=METHODS)
    add('--one', nargs=2, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        sys.stdout.write(json.dumps(measure(*args.one)))
        return
    data = os.environ.get('MMCUTS3D_DATA', ROOT.parent / 'shared' / 'data')
    scan = Path(data) / 'scannet' / 'scene0000_00.npz'
    scenes = args.scenes or ([str(scan)] if scan.is_file() else [])
    print(
        f'{"scene":<16}{"method":<10}{"AP25":>6}{"AP50":>6}{"AP":>6}'
        f'{"found":>6}{"peak":>10}  seconds'
    )
    for scene in scenes:
        for method in args.methods:
            command = [sys.executable, __file__, '--one', scene, method]
            done = subprocess.run(command, capture_output=True, text=True)
            if done.returncode:
                raise SystemExit(done.stderr)
            row = json.loads(done.stdout.splitlines()[-1])
            took = ', '.join(f'{k} {v:.1f}' for k, v in row['took'].items())
            print(
                f'{Path(scene).stem:<16}{method:<10}{row["AP25"]:>6.1f}'
                f'{row["AP50"]:>6.1f}{row["AP"]:>6.1f}{row["found"]:>6}'
                f'{row["peak"] / 1e6:>7,.0f} MB  {took}',
                flush=True,
            )


def read(name):
    """A scene with the truth that counts."""
    kind, _, number = name.partition(':')
    if number:
        return segment_benchmark.make_floor(int(number), kind == 'mesh')
    scene = read_scene(name)
    with np.load(name) as arrays:
        if 'semantic' in arrays:
            kept = keep_objects(scene.instances, arrays['semantic'])
            scene = replace(scene, instances=kept)
    return scene


def measure(name, method):
    """One method on one scene."""
    scene, took = read(name), {}
    config = Config.fromfile(CONFIGS / 'pseudo-masks_geometry.py')
    if method == 'paper':
        config.merge_from_dict(PAPER)
    labeler = MODELS.build(config.labeler)
    # Compiles what is compiled, so that times are those of work.
    labeler.segmenter(segment_benchmark.make_floor(2000, faces=False))

    def timed(key, make):
        start = time.perf_counter()
        made = make()
        took[key] = time.perf_counter() - start
        return made

    if method in ('dbscan', 'hdbscan'):
        found = timed('clusters', lambda: cluster_vertices(scene, method))
    else:
        segments = timed('segments', lambda: labeler.segmenter(scene))
        found = segments_as_instances(segments)
    if method in ('paper', 'default'):
        features = timed(
            'features', lambda: [f(scene, segments) for f in labeler.features]
        )
        alike = timed('similarity', lambda: similarity(features))
        cut = timed(
            'cut', lambda: labeler.cut(alike, segments.edges, segments.sizes)
        )
        found = labeler.instances_of(cut, alike, segments)
    measures = evaluate_scenes(
        [(found.on_vertices(), found.scores)], [scene.instances]
    )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return dict(measures, found=len(found), peak=peak, took=took)


if __name__ == '__main__':
    main()
