"""The dataset of self-training: scenes and their pseudo-masks."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from mmengine.dataset import Compose
from torch.utils.data import Dataset

from mmcuts3d.files import as_path, first_few, shown
from mmcuts3d.registry import DATASETS, MODELS

from ..structures import Scene, SceneInstances
from .scene_labels import label_path, read_scene_labels


@DATASETS.register_module()
class PseudoMaskScenes(Dataset):
    """Scenes with pseudo-masks of whole segments.

    What is random in the pipeline is drawn from ``results['rng']``, which
    depends on ``seed`` and the number of the draw alone: a training that was
    stopped and goes on sees what it would have seen.

    Args:
        scenes (dict | Sequence[Scene]): A source of scenes, such as
            :class:`RoomScenes` or :class:`ScanFolder`; or the scenes.
        labels (str, optional): Folder of pseudo-masks, see
            :func:`write_scene_labels`. Defaults to None: there are none, and
            ``segmenter`` cuts the scenes into segments.
        pipeline (Sequence[dict]): Transforms, :class:`PackScene` last.
            Defaults to ().
        segmenter (dict, optional): What makes the segments of a scene
            without labels. Defaults to None.
        add_normals (bool): Whether scenes without normals get some, of their
            faces or neighbours. Those of a cloud point upwards, whichever
            side its surface is seen from. Defaults to True.
        seed (int): Of what is drawn. Defaults to 0.

    Raises:
        ValueError: If a scene has no file of labels, or neither labels nor a
            segmenter is given.
    """

    metainfo = dict(classes=('object',))

    def __init__(
        self,
        scenes: dict[str, Any] | Sequence[Scene],
        labels: str | None = None,
        pipeline: Sequence[dict[str, Any]] = (),
        segmenter: dict[str, Any] | None = None,
        add_normals: bool = True,
        seed: int = 0,
    ) -> None:
        if isinstance(scenes, Mapping):
            self.scenes = DATASETS.build(scenes)
            self.names = list(self.scenes.names)
        else:
            self.scenes = list(scenes)
            self.names = [scene.name for scene in self.scenes]
        self.labels = None if labels is None else as_path(labels, 'labels')
        self.segmenter = segmenter and MODELS.build(segmenter)
        self.add_normals = add_normals
        self.seed = seed
        self.pipeline = Compose(list(pipeline))
        if self.labels is None and self.segmenter is None:
            raise ValueError(
                'Expected `labels`, a folder of pseudo-masks, or a '
                '`segmenter`, but got neither.'
            )
        if self.labels is not None:
            self._check_labels()

    def __len__(self) -> int:
        return len(self.names)

    def __getitem__(self, number: int) -> dict[str, Any]:
        """A scene, after the pipeline.

        Args:
            number (int): Of the draw: the scene, plus a multiple of the
                number of scenes, see :class:`SceneEpochSampler`.

        Returns:
            dict: ``inputs`` and ``data_samples``.
        """
        scene = self.scenes[number % len(self)]
        labels = self.instances(scene)
        points = scene.points.astype(np.float32)
        normals = scene.normals
        if normals is None and self.add_normals:
            normals = normals_of(scene)
        return self.pipeline(
            dict(
                name=scene.name,
                rng=np.random.default_rng((self.seed, number)),
                points=points,
                colours=scene.colours,
                normals=normals,
                faces=scene.faces,
                truth=scene.instances,
                of_vertex=labels.segments.of_vertex.astype(np.int64),
                edges=labels.segments.edges,
                masks=labels.masks,
                scores=labels.scores,
            )
        )

    def instances(self, scene: Scene) -> SceneInstances:
        """The pseudo-masks of a scene, none where there are no labels.

        Args:
            scene (Scene): One of the dataset's.

        Returns:
            SceneInstances: With the segments of the scene.

        Raises:
            ValueError: If the labels are of another scene.
        """
        if self.labels is not None:
            return read_scene_labels(self.labels, scene.name, len(scene))
        segments = self.segmenter(scene)
        return SceneInstances(
            np.zeros((0, len(segments)), bool),
            np.zeros(0, np.float32),
            segments,
        )

    def _check_labels(self) -> None:
        missing = [
            name
            for name in self.names
            if not label_path(self.labels, name).is_file()
        ]
        if missing:
            raise ValueError(
                f'Expected a file of pseudo-masks in {shown(self.labels)} '
                f'for each scene, but got none for {len(missing)} of '
                f'{len(self.names)}: {first_few(missing)}. Make them by the '
                "project's tools, see its README."
            )


def normals_of(scene: Scene) -> np.ndarray:
    """Normals of a scene that has none.

    Args:
        scene (Scene): With or without faces.

    Returns:
        np.ndarray: (n, 3) float32 of length 1, or 0 where nothing says what
        it is. Without faces, where the side is not known, z is at least 0.
    """
    from ..segments import neighbour_graph, vertex_normals

    normals, signed = vertex_normals(scene, neighbour_graph(scene))
    if not signed:
        normals = np.where(normals[:, 2:] < 0, -normals, normals)
    return normals
