"""Renders a point cloud off screen with Open3D, in a process of its own.

Run as a script by point_cloud_viewer: a missing driver may abort the process,
and only this one. It imports nothing of the package, to start quickly.
"""

import os
import sys

import numpy as np


def main(source: str, target: str) -> int:
    """Render the arrays of an .npz file to FRONT.png in a folder; 0 if done.

    One picture for each row of ``fronts``, all from one window.
    """
    import open3d as o3d

    data = np.load(source)
    cloud = o3d.geometry.PointCloud()
    cloud.points = o3d.utility.Vector3dVector(data['points'])
    cloud.colors = o3d.utility.Vector3dVector(data['colors'] / 255)
    width, height = (int(value) for value in data['size'])
    window = o3d.visualization.Visualizer()
    if not window.create_window(width=width, height=height, visible=False):
        return 1
    window.add_geometry(cloud)
    if len(data['line_ends']):
        window.add_geometry(lines(o3d, data['line_ends']))
    options = window.get_render_option()
    options.background_color = np.ones(3)
    options.point_size = float(data['point_size'])
    options.light_on = False
    view = window.get_view_control()
    for index, front in enumerate(data['fronts']):
        view.set_lookat(data['lookat'])
        view.set_front(front)
        view.set_up(data['up'])
        view.set_zoom(float(data['zoom']))
        window.poll_events()
        window.update_renderer()
        picture = os.path.join(target, f'{index}.png')
        window.capture_screen_image(picture, do_render=True)
    window.destroy_window()
    return 0


def lines(o3d, ends: np.ndarray):
    """A red LineSet from (L, 2, 3) ends."""
    shape = o3d.geometry.LineSet()
    shape.points = o3d.utility.Vector3dVector(ends.reshape(-1, 3))
    pairs = np.arange(2 * len(ends)).reshape(-1, 2)
    shape.lines = o3d.utility.Vector2iVector(pairs)
    shape.paint_uniform_color([0.85, 0.1, 0.1])
    return shape


if __name__ == '__main__':
    sys.exit(main(sys.argv[1], sys.argv[2]))
