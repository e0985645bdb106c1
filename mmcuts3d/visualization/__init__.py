"""Pictures: cuts as sheets of panels, instances, and point clouds."""

from .. import registry  # noqa: F401  # isort: skip (first: it repairs)

from .cut_visualizer import CutVisualizer, save_image
from .drawing import draw_instances
from .layers import Layer, as_cloud, cloud_layers
from .panels import draw_cut
from .ply import load_edges, load_ply, save_edges, save_ply
from .point_cloud import Cloud, build_point_cloud, removed_edges
from .point_cloud_viewer import render_png, render_view, show
from .training_samples import draw_training_sample
from .web_cloud import cloud_figure, plotly_script, script_json

__all__ = [
    'Cloud',
    'CutVisualizer',
    'Layer',
    'as_cloud',
    'build_point_cloud',
    'cloud_figure',
    'cloud_layers',
    'draw_cut',
    'draw_instances',
    'draw_training_sample',
    'load_edges',
    'load_ply',
    'plotly_script',
    'removed_edges',
    'render_png',
    'render_view',
    'save_edges',
    'save_image',
    'save_ply',
    'script_json',
    'show',
]
