"""Shows how an image is cut: panels of every step, and its point cloud.

Writes cuts/NAME.png, clouds/NAME.png, vis/NAME.png, preds/NAME.json and three
PLY files below --out: clouds/NAME.ply (colours of the image; each vertex has
its instance and confidence), NAME.painted.ply (colours of the instances) and
NAME.edges.ply (edges that were removed from the graph).
"""

import mmcuts3d.registry  # noqa: F401  # isort: skip (checks, repairs)

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from mmengine.config import DictAction

from mmcuts3d.cli.running import add_examples, run_tool_main

if TYPE_CHECKING:
    from mmcuts3d.viewing import CutView

CONFIG = Path('configs', 'cuts3d', 'cuts3d_classical_rgbd-scenes.py')


def parse_args(arguments: list[str] | None = None) -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_examples(
        parser,
        'tools/view_cuts.py',
        'tools/view_cuts.py street.jpg --depth street.npy --web street.html',
        'tools/view_cuts.py --show',
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
        '--edges',
        action='store_true',
        help='draw the edges that were removed from the graph, in red, into '
        'the pictures',
    )
    parser.add_argument(
        '--device', help='such as cpu or cuda:0 (a GPU where there is one)'
    )
    views = parser.add_argument_group('ways to look at the cloud')
    views.add_argument(
        '--show',
        action='store_true',
        help='open a window with a panel: colours, step, tau, and settings '
        'that cut again',
    )
    views.add_argument(
        '--web', metavar='FILE.html', help='a page for the browser (plotly)'
    )
    views.add_argument(
        '--rrd', metavar='FILE.rrd', help='a recording for Rerun'
    )
    views.add_argument(
        '--spin', metavar='FILE.gif', help='a turning view, .gif or .mp4'
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
    from mmcuts3d.apis.items import as_items
    from mmcuts3d.apis.looking import as_maps, as_view
    from mmcuts3d.files import shown
    from mmcuts3d.viewing import ViewState, open_window

    try:
        check_views(args)
    except (ImportError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
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
    (data,) = inferencer.preprocess(
        as_items(image, depth, args.features), depth_settings=settings
    )
    samples, explanations = inferencer.forward([data], explain=True)
    inferencer.visualize([data], samples, out_dir=str(out))
    result = inferencer.postprocess(
        samples,
        [],
        out_dir=str(out),
        edges=args.edges,
        data=[data],
        explanations=explanations,
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
    if not (args.show or args.web or args.rrd or args.spin):
        return 0
    try:
        view = as_view(data, samples[0], explanations[0])
        write_views(view, args)
        if args.show:
            print('  window: close it to end', flush=True)
            open_window(ViewState(view, as_maps(inferencer, data)))
    except (ImportError, OSError, RuntimeError, ValueError) as error:
        text = str(error).rstrip('.')
        print(f'{text}. Pictures of it: {shown(out)}', file=sys.stderr)
        return 1
    return 0


def check_views(args: argparse.Namespace) -> None:
    """What a view needs is asked for before the image is cut."""
    from mmcuts3d.viewing import check_movie, rerun_module
    from mmcuts3d.visualization import plotly_script

    if args.spin:
        check_movie(args.spin)
    if args.web:
        plotly_script()
    if args.rrd:
        rerun_module()


def write_views(view: 'CutView', args: argparse.Namespace) -> None:
    """Writes the page, the recording and the turning view, as asked for."""
    from mmcuts3d.files import shown
    from mmcuts3d.viewing import save_movie, save_recording, save_web_page
    from mmcuts3d.visualization import as_cloud

    if args.web:
        print(f'  {shown(save_web_page(view, args.web))}')
    if args.rrd:
        print(f'  {shown(save_recording(view, args.rrd))}')
    if args.spin:
        cloud = as_cloud(view.layers(), 'instances')
        print(f'  {shown(save_movie(cloud, args.spin))}')


if __name__ == '__main__':
    run_tool_main(main)
