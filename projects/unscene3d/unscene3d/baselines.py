"""What UnScene3D is compared with (Table 1): segments alone, and clusters."""

from typing import Literal, get_args

import numpy as np

from .features.geometry_parts import normals_of
from .optional import need
from .segments import neighbour_graph, unique_pairs
from .structures import Scene, SceneInstances, Segments

Method = Literal['dbscan', 'hdbscan']


def segments_as_instances(segments: Segments) -> SceneInstances:
    """Each segment is an instance, the larger the surer.

    Args:
        segments (Segments): s of them.

    Returns:
        SceneInstances: s instances.
    """
    sizes = segments.sizes
    return SceneInstances(
        np.eye(len(segments), dtype=bool),
        (sizes / sizes.max()).astype(np.float32),
        segments,
    )


def cluster_vertices(
    scene: Scene,
    method: Method = 'dbscan',
    radius: float = 0.08,
    min_samples: int = 10,
    min_vertices: int = 50,
    normal_weight: float = 0.1,
    colour_weight: float = 0.1,
) -> SceneInstances:
    """Dense clusters of vertices by place, normal and colour.

    Args:
        scene (Scene): n vertices.
        method (str): 'dbscan' or 'hdbscan'. Defaults to 'dbscan'.
        radius (float): Within which vertices are neighbours, metres, for
            DBSCAN. Defaults to 0.08, the best of three on embedded rooms.
        min_samples (int): Vertices of a dense neighbourhood. Defaults to 10.
        min_vertices (int): Of a cluster of HDBSCAN. Defaults to 50.
        normal_weight (float): Metres that a turn of a normal by a right
            angle, nearly, counts as. Defaults to 0.1.
        colour_weight (float): Metres that black and white are apart.
            Defaults to 0.1.

    Returns:
        SceneInstances: Clusters, the larger the surer.

    Raises:
        ValueError: If there is no such method.
        ImportError: If scikit-learn is not installed.
    """
    if method not in get_args(Method):
        raise ValueError(
            f'Expected argument `method` to be one of {get_args(Method)}, '
            f'but got {method!r}.'
        )
    cluster = need('sklearn.cluster', 'A cluster of vertices')
    values = [scene.points, normal_weight * normals_of(scene)]
    if scene.colours is not None:
        values.append(colour_weight * scene.colours / 255.0)
    found = np.concatenate(values, axis=1)
    if method == 'dbscan':
        model = cluster.DBSCAN(eps=radius, min_samples=min_samples)
    else:
        model = cluster.HDBSCAN(
            min_cluster_size=min_vertices,
            min_samples=min_samples,
            copy=False,
        )
    labels = model.fit_predict(found)
    # Noise is a segment that is no instance.
    of_vertex = np.unique(labels, return_inverse=True)[1].astype(np.int32)
    touching = of_vertex[neighbour_graph(scene)]
    edges = unique_pairs(touching, int(of_vertex.max()) + 1)
    segments = Segments(of_vertex, edges)
    every = segments_as_instances(segments)
    first = 1 if (labels < 0).any() else 0
    return SceneInstances(every.masks[first:], every.scores[first:], segments)
