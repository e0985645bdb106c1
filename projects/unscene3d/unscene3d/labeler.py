"""Pseudo-masks of a scene: segments, features, masked normalized cut."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_args

import numpy as np

from mmcuts3d.cuts import GraphCut, GraphInstances
from mmcuts3d.registry import MODELS

from .features import similarity
from .features.similarity import Metric
from .structures import Frame, Scene, SceneInstances, Segments

Score = Literal['order', 'contrast']


@MODELS.register_module()
class SceneLabeler:
    """UnScene3D's pseudo-masks, without any training (Sec. 4.1 and 4.2).

    Args:
        segmenter (dict): What cuts a scene into segments, such as
            ``dict(type='mmcuts3d.Felzenszwalb')``.
        features (Sequence[dict]): Of the segments, one entry a modality.
        cut (dict, optional): Settings of :class:`mmcuts3d.cuts.GraphCut`.
            Defaults to None: the paper's for two modalities; for geometry
            alone it has ``tau=0.55``.
        weights (Sequence[float], optional): Of the modalities. Defaults to
            None: equal.
        metric (str): How segments are compared, 'cosine' or 'l2'. Defaults
            to 'cosine'.
        score (str): 'order': the paper takes what is cut first as surest;
            'contrast', ours: mean similarity inside a mask less that to the
            segments around it. Defaults to 'order'.

    Raises:
        ValueError: If a part is missing or a setting out of range.
    """

    def __init__(
        self,
        segmenter: Mapping[str, Any],
        features: Sequence[Mapping[str, Any]],
        cut: Mapping[str, Any] | None = None,
        weights: Sequence[float] | None = None,
        metric: Metric = 'cosine',
        score: Score = 'order',
    ) -> None:
        if isinstance(features, Mapping) or not len(features):
            raise ValueError(
                'Expected argument `features` to be a list with an entry for '
                f'each modality, but got {features!r}.'
            )
        if score not in get_args(Score):
            raise ValueError(
                f'Expected argument `score` to be one of {get_args(Score)}, '
                f'but got {score!r}.'
            )
        self.segmenter = MODELS.build(dict(segmenter))
        self.features = [MODELS.build(dict(one)) for one in features]
        self.cut = GraphCut(**(cut or {}))
        self.weights = weights
        self.metric = metric
        self.score = score

    @property
    def needs_frames(self) -> bool:
        """Whether a modality is made of frames."""
        return any(one.modality == '2d' for one in self.features)

    def __call__(
        self, scene: Scene, frames: Sequence[Frame] = ()
    ) -> SceneInstances:
        """Label a scene.

        Args:
            scene (Scene): n vertices.
            frames (Sequence[Frame]): Posed images of it; needed where a
                modality is made of them. Defaults to none.

        Returns:
            SceneInstances: Of whole segments, with the steps of the cut; in
            the order in which they were cut.

        Raises:
            ValueError: If frames are needed and there are none, or a part
                refuses the scene; names the scene.
        """
        if self.needs_frames and not len(frames):
            raise ValueError(
                f'{scene.name}: expected posed RGB-D frames, of which its '
                'features are made, but got none. Features of geometry alone '
                'need none.'
            )
        segments = self.segmenter(scene)
        return self.cut_segments(scene, segments, frames)

    def cut_segments(
        self,
        scene: Scene,
        segments: Segments,
        frames: Sequence[Frame] = (),
    ) -> SceneInstances:
        """The same with segments that are known.

        Args:
            scene (Scene): n vertices.
            segments (Segments): Of the scene.
            frames (Sequence[Frame]): See :meth:`__call__`.

        Returns:
            SceneInstances: See :meth:`__call__`.
        """
        if len(segments) < 2:  # nothing to part
            return SceneInstances(
                np.zeros((0, 1), bool), np.zeros(0, np.float32), segments
            )
        found = [one(scene, segments, frames) for one in self.features]
        alike = similarity(found, self.weights, self.metric)
        cut = self.cut(alike, segments.edges, segments.sizes)
        return self.instances_of(cut, alike, segments)

    def instances_of(
        self, cut: GraphInstances, alike: np.ndarray, segments: Segments
    ) -> SceneInstances:
        """What was cut, with its scores.

        Args:
            cut (GraphInstances): Of the segments.
            alike (np.ndarray): (s, s) their similarities.
            segments (Segments): The segments.

        Returns:
            SceneInstances: In the order in which they were cut.
        """
        scores = self._scores(cut.masks, alike, segments)
        return SceneInstances(cut.masks, scores, segments, cut.steps)

    def _scores(
        self, masks: np.ndarray, alike: np.ndarray, segments: Segments
    ) -> np.ndarray:
        if self.score == 'order':
            places = np.arange(len(masks)) / self.cut.num_instances
            return (1 - places).astype(np.float32)
        start, end = segments.edges.T
        scores = []
        for mask in masks:
            inside = alike[np.ix_(mask, mask)].mean()
            border = mask[start] != mask[end]
            outside = 0.0
            if border.any():
                outside = alike[start[border], end[border]].mean()
            scores.append(np.clip((1 + inside - outside) / 2, 0, 1))
        return np.array(scores, np.float32)
