"""Shows how an image is cut: panels of every step, and its point cloud.

    python tools/view_cuts.py                       an embedded scene
    python tools/view_cuts.py IMAGE --depth FILE    an image

Writes cuts/NAME.png, clouds/NAME.png, vis/NAME.png, preds/NAME.json and three
PLY files below --out: clouds/NAME.ply (colours of the image; each vertex has
its instance and confidence), NAME.painted.ply (colours of the instances) and
NAME.edges.ply (edges that were removed from the graph).
"""

import mmcuts3d.registry  # noqa: F401  # isort: skip (checks, repairs)

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from mmengine.config import DictAction

CONFIG = Path('configs', 'cuts3d', 'cuts3d_classical_rgbd-scenes.py')


def parse_args(arguments: list[str] | None = None) -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument('image', nargs='?', help='image file')
    parser.add_argument(
        '--scene',
        type=int,
        default=2,
        help='without IMAGE: seed of the embedded scene (%(default)s)',
    )
    parser.add_argument('--depth', help='depth map of the image')
    parser.add_argument(
        '--depth-direction',
        choices=['near_is_small', 'near_is_large'],
        default='near_is_small',
        help='distances, or inverse depth (%(default)s)',
    )
    parser.add_argument(
        '--depth-unit',
        choices=['mm', 'cm', 'm', 'relative'],
        default='relative',
        help='unit of the depth map (%(default)s)',
    )
    parser.add_argument(
        '--depth-invalid', type=float, help='value for "not measured"'
    )
    parser.add_argument(
        '--depth-clip',
        nargs=2,
        type=float,
        metavar=('LOW', 'HIGH'),
        help='percentiles that depth is clipped to, such as 1 99 (1 99 where '
        'there are outliers, else the whole range)',
    )
    parser.add_argument(
        '--depth-frame',
        choices=['auto', 'upright', 'raw'],
        default='auto',
        help='whether depth lies in the frame of the upright image, or of '
        'the image as it is stored with an EXIF orientation (%(default)s)',
    )
    parser.add_argument('--features', help='feature map of the image')
    parser.add_argument(
        '--config', help=f'config of a labeler ({CONFIG.as_posix()})'
    )
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        action=DictAction,
        help='settings to change in the config, such as '
        'model.cut.local.z_scale=5',
    )
    parser.add_argument(
        '--out',
        default='work_dirs/view_cuts',
        help='folder of the pictures (%(default)s)',
    )
    parser.add_argument(
        '--show', action='store_true', help='open the cloud in a window'
    )
    parser.add_argument(
        '--edges',
        action='store_true',
        help='draw the edges that were removed from the graph, in red',
    )
    parser.add_argument(
        '--device', help='such as cpu or cuda:0 (a GPU where there is one)'
    )
    return parser.parse_args(arguments)


def write_scene(seed: int, out: Path) -> tuple[str, str]:
    """Writes an embedded scene; the paths of its image and depth."""
    # Here and below: --help does not wait for mmdet.
    import numpy as np

    from mmcuts3d.datasets.rgbd_scenes import make_scene
    from mmcuts3d.visualization import save_image

    scene = make_scene(seed)
    image, depth = out / f'scene-{seed}.png', out / f'scene-{seed}-depth.npy'
    save_image(scene.image, image)
    np.save(depth, scene.depth)
    return str(image), str(depth)


def main(arguments: list[str] | None = None) -> int:
    """Cuts one image and writes what it looks like."""
    args = parse_args(arguments)
    from mmcuts3d.apis import CutS3DInferencer
    from mmcuts3d.files import shown

    out = Path(args.out)
    image, depth = args.image, args.depth
    settings = {
        'direction': args.depth_direction,
        'unit': args.depth_unit,
        'invalid': args.depth_invalid,
        'clip': args.depth_clip or 'auto',
        'frame': args.depth_frame,
    }
    if image is None:
        image, depth = write_scene(args.scene, out)
    if Path(image).is_dir():
        print(f'{shown(image)} is a folder, not an image', file=sys.stderr)
        return 1
    root = Path(__file__).resolve().parents[1]
    config = args.config or root / CONFIG
    inferencer = CutS3DInferencer(
        config, device=args.device, cfg_options=args.cfg_options
    )
    result = inferencer(
        image,
        depth=depth,
        features=args.features,
        depth_settings=settings,
        explain=True,
        edges=args.edges,
        out_dir=str(out),
    )
    prediction = result['predictions'][0]
    if prediction['error'] is not None:
        print(f'{shown(image)}: {prediction["error"]}', file=sys.stderr)
        return 1
    scores = ', '.join(f'{score:.2f}' for score in prediction['scores'])
    print(f'{shown(image)}: {len(prediction["scores"])} instances ({scores})')
    # By the stem as it is: a name such as "photo [1]" is no pattern.
    stem = Path(image).stem
    ends = ('.json', '.png', '.ply', '.painted.ply', '.edges.ply')
    names = {stem + end for end in ends}
    for path in sorted(p for p in out.glob('*/*') if p.name in names):
        print(f'  {shown(path)}')
    if args.show:
        from mmcuts3d.visualization import load_edges, load_ply, show

        cloud = out / 'clouds' / f'{stem}.painted.ply'
        try:
            shown_cloud = load_ply(cloud)
            if args.edges:
                lines = load_edges(cloud.with_name(f'{stem}.edges.ply'))
                shown_cloud = replace(shown_cloud, line_ends=lines)
            show(shown_cloud)
        except FileNotFoundError:
            print(
                f'no point cloud: {shown(config)} uses no depth',
                file=sys.stderr,
            )
            return 1
        except (ImportError, RuntimeError) as error:
            picture = shown(cloud.with_name(f'{stem}.png'))
            print(f'{error} A picture of it: {picture}', file=sys.stderr)
            return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
