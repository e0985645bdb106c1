"""Time and memory of segments, and how well they make up objects.

Each scene is cut in a process of its own, whose peak of memory is read at
the end; some 550 MB of it are packages. `oracle` is the mean over the true
instances of at least 100 vertices of the best IoU that a union of segments
reaches, `> 0.5` the share of them above that.

    python projects/unscene3d/benchmarks/segments.py
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
sys.path.insert(0, str(ROOT))

from projects.unscene3d.unscene3d.scans import (
    read_scene,
    save_scene_ply,
)
from projects.unscene3d.unscene3d.segments import (
    Felzenszwalb,
    merge_nodes,
    neighbour_graph,
    segments_from_labels,
    vertex_normals,
)
from projects.unscene3d.unscene3d.structures import Scene, Segments

#: Vertices of an instance that ScanNet's protocol counts.
LEAST = 100
STEPS = ('graph', 'normals', 'weights', 'merging', 'segments')


def main():
    """Print a row for each scene."""
    args = parse_args()
    if args.one:
        sys.stdout.write(json.dumps(measure(args.one, args)))
        return
    data = os.environ.get('MMCUTS3D_DATA', ROOT.parent / 'shared' / 'data')
    scan = Path(data) / 'scannet' / 'scene0000_00.npz'
    scenes = [str(scan)] if scan.is_file() else []
    scenes += args.scenes or [
        f'{kind}:{number}'
        for number in (81_000, args.vertices)
        for kind in ('cloud', 'mesh')
    ]
    head = ''.join(f'{step:>10}' for step in STEPS)
    print(
        f'{"scene":<18}{"vertices":>10}{"edges":>11}{head}{"peak":>9}', end=''
    )
    print(f'{"number":>8}{"oracle":>8}{"> 0.5":>7}')
    for scene in scenes:
        row = json.loads(run(scene, args))
        times = ''.join(f'{row[step]:>8.2f} s' for step in STEPS)
        print(
            f'{Path(scene).stem:<18}{row["vertices"]:>10,}{row["edges"]:>11,}'
            f'{times}{row["peak"] / 1e6:>6,.0f} MB{row["number"]:>8,}'
            f'{row["oracle"]:>8.3f}{row["half"]:>7.0%}',
            flush=True,
        )


def parse_args():
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        'scenes', nargs='*', help='files, or cloud:NUMBER and mesh:NUMBER'
    )
    parser.add_argument('--vertices', type=int, default=1_000_000)
    parser.add_argument('--k', type=float, default=0.005)
    parser.add_argument('--min-vertices', type=int, default=50)
    parser.add_argument('--colour-weight', type=float, default=1.0)
    parser.add_argument('--smooth', type=int, default=0)
    parser.add_argument('--out', help='folder of PLY files with the segments')
    parser.add_argument('--one', help=argparse.SUPPRESS)
    return parser.parse_args()


def run(scene, args):
    """What a process of its own says about a scene."""
    options = [
        f'--{name.replace("_", "-")}={value}'
        for name, value in vars(args).items()
        if name not in ('scenes', 'one', 'vertices') and value is not None
    ]
    command = [sys.executable, __file__, '--one', scene, *options]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stderr)
    return done.stdout


def measure(name, args):
    """Cut a scene, step by step."""
    kind, _, number = name.partition(':')
    if number:
        scene = make_floor(int(number), faces=kind == 'mesh')
    else:
        scene = read_scene(name)
    cut = Felzenszwalb(
        args.k, args.min_vertices, args.colour_weight, smooth=args.smooth
    )
    small = make_floor(2000, faces=False)
    cut(small)  # compiles
    marks = [time.perf_counter()]

    def mark(value):
        marks.append(time.perf_counter())
        return value

    edges = mark(neighbour_graph(scene, cut.neighbours, cut.max_gap))
    normals, _ = mark(vertex_normals(scene, edges, cut.rings, cut.smooth))
    mark(cut.weights(replace(scene, normals=normals), edges))
    weights = cut.weights(scene, edges)  # with their normals, not timed
    marks[-1], shift = time.perf_counter(), time.perf_counter() - marks[-1]
    pieces = mark(
        merge_nodes(edges, weights, len(scene), cut.k, cut.min_vertices)
    )
    segments = mark(segments_from_labels(pieces, scene, edges))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    took = dict(zip(STEPS, np.diff(marks).tolist(), strict=True))
    took['weights'] -= shift
    best = oracle(segments, scene.instances)
    if args.out:
        path = Path(args.out) / f'{Path(name).stem.replace(":", "_")}.ply'
        save_scene_ply(scene, segments.of_vertex + 1, path)
    return dict(
        vertices=len(scene),
        edges=len(edges),
        number=len(segments),
        peak=peak,
        oracle=float(best.mean()) if len(best) else float('nan'),
        half=float((best > 0.5).mean()) if len(best) else float('nan'),
        **took,
    )


def oracle(segments: Segments, truth: np.ndarray | None) -> np.ndarray:
    """The best IoU of a union of segments with each true instance.

    Segments are taken in the order of the share that lies inside, which is
    the order that the best union has.

    Args:
        segments (Segments): Of n vertices.
        truth (np.ndarray, optional): (n,) int, 0 = none.

    Returns:
        np.ndarray: (instances of at least 100 vertices,) float.
    """
    best = []
    numbers, counts = np.unique(
        np.zeros(0, int) if truth is None else truth, return_counts=True
    )
    for number, count in zip(numbers, counts, strict=True):
        if number == 0 or count < LEAST:
            continue
        inside = np.bincount(
            segments.of_vertex[truth == number], minlength=len(segments)
        )
        order = np.argsort(-inside / segments.sizes, kind='stable')
        inter = np.cumsum(inside[order])
        union = np.cumsum(segments.sizes[order]) + count - inter
        best.append((inter / union).max())
    return np.array(best)


def make_floor(number: int, faces: bool, seed: int = 0) -> Scene:
    """A floor of rooms with boxes, as a scanner at 2 cm gives it.

    Args:
        number (int): Vertices, about.
        faces (bool): Whether the squares are meshes.
        seed (int): Of boxes, colours and noise. Defaults to 0.

    Returns:
        Scene: Floors and walls of no instance, boxes of one each.
    """
    rng = np.random.default_rng(seed)
    step, side, height = 0.02, 4.0, 2.4
    parts, triangles, colours, labels = [], [], [], []
    count = box = 0

    def add(corner, across, along, label, colour):
        nonlocal count
        # A square of vertices every 2 cm.
        sizes = [np.linalg.norm(way) for way in (across, along)]
        rows, columns = (max(int(size / step), 2) for size in sizes)
        a, b = np.mgrid[: 1 : rows * 1j, : 1 : columns * 1j].reshape(2, -1, 1)
        parts.append(corner + a * across + b * along)
        at = np.arange(rows * columns).reshape(rows, columns)
        low, up = at[:-1, :-1].ravel(), at[1:, :-1].ravel()
        squares = np.stack([low, up, low + 1, up, up + 1, low + 1], axis=1)
        triangles.append(squares.reshape(-1, 3) + count)
        colours.append(np.tile(colour, (len(a), 1)))
        labels.append(np.full(len(a), label))
        count += len(a)

    room = 0
    while count < number:
        corner = np.array([room % 10, room // 10, 0]) * (side + 0.2)
        room += 1
        x, y, z = np.diag([side, side, height])
        paint = rng.integers(90, 230, (2, 3))
        add(corner, x, y, 0, paint[0])
        add(corner, x, z, 0, paint[1])
        add(corner, y, z, 0, paint[1])
        for place in range(5):
            box += 1
            size = rng.uniform(0.3, 0.8, 3)
            x, y, z = np.diag(size)
            cell = np.array([place % 3, place // 3, 0]) * 1.2
            at = corner + cell + np.append(rng.uniform(0.1, 0.3, 2), 0)
            colour = rng.integers(30, 230, 3)
            add(at + z, x, y, box, colour)
            for base, way in ((at, x), (at + y, x), (at, y), (at + x, y)):
                add(base, way, z, box, colour)
    points = np.concatenate(parts)
    points += rng.normal(0, 0.0015, points.shape)
    shade = np.concatenate(colours) + rng.normal(0, 6, points.shape)
    return Scene(
        f'floor of {room} rooms',
        points.astype(np.float32),
        shade.clip(0, 255).astype(np.uint8),
        faces=np.concatenate(triangles).astype(np.int32) if faces else None,
        instances=np.concatenate(labels).astype(np.int32),
    )


if __name__ == '__main__':
    main()
