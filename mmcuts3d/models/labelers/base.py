"""A pseudo-labeler is a model, and labeling is a test run."""

from abc import ABCMeta, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import torch
from mmdet.models.detectors import BaseDetector
from mmdet.structures import DetDataSample
from torch import Tensor, nn

from mmcuts3d.cuts import CutS3D, MaskCut, PseudoInstances
from mmcuts3d.cuts.batched import BatchCutter
from mmcuts3d.registry import MODELS

from .asking import ask
from .look_again import look_again, second_look_of
from .to_samples import at_size, to_instance_data, to_pixels

DATA_PREPROCESSOR = dict(type='mmdet.DetDataPreprocessor', bgr_to_rgb=True)
ON_ERROR = ('raise', 'record')
Inputs = dict[str, Any]


class BaseLabeler(BaseDetector, metaclass=ABCMeta):
    """What every labeler shares: features in, instances out, no training.

    Args:
        features (dict or ConfigDict): Config of the feature extractor.
        on_error (str): What a bad image does: ``'raise'`` a ValueError that
            names it, or ``'record'`` the message as metainfo ``error`` of its
            data sample, with no instances, so that the rest of a folder gets
            done. Defaults to 'record'; such images are listed by the
            metrics.
        data_preprocessor (dict or ConfigDict, optional): Hands the model RGB
            in [0, 255]; features and depth normalise for themselves.
            Defaults to ``DetDataPreprocessor`` with ``bgr_to_rgb``.
        second_look (dict, optional): Settings of
            :class:`~mmcuts3d.cuts.SecondLook`, which cuts windows of the
            image too, for small objects. Defaults to None: none.

    Attributes:
        keep_steps (bool): Whether predictions carry ``cut_steps``, the steps
            in which the image was cut (see
            :class:`~mmcuts3d.cuts.CutStep`), and ``cut_depth``. False at
            first; the inferencer sets it for explanations.

    Raises:
        ValueError: On an unknown ``on_error``, or a second look with
            settings out of range or at features that were made before.
    """

    #: Whether the method has Spatial Confidence.
    has_confidences = True
    #: What cuts the images of a batch together, if anything does.
    cutter: BatchCutter | None = None

    def __init__(
        self,
        features: dict,
        on_error: str = 'record',
        data_preprocessor: dict | None = None,
        second_look: dict | None = None,
    ) -> None:
        super().__init__(
            data_preprocessor=data_preprocessor or dict(DATA_PREPROCESSOR)
        )
        if on_error not in ON_ERROR:
            raise ValueError(
                f'Expected argument `on_error` to be one of {ON_ERROR}, '
                f'but got {on_error!r}.'
            )
        self.features = MODELS.build(features)
        self.second_look = second_look_of(second_look, self.features)
        self.on_error = on_error
        self.keep_steps = False

    def cut_in_batches(
        self, method: CutS3D | MaskCut, settings: dict[str, Any] | None
    ) -> None:
        """Set up :attr:`cutter` for a method: the setting ``batched``.

        The images of a batch are then cut together: their graphs and
        eigenvectors on the model's device, and the CRF if that is a GPU, the
        rest in processes. The batch size is the dataloader's, and two halves
        of a batch take turns: take 16 or more on a GPU.

        Args:
            method (CutS3D or MaskCut): The method.
            settings (dict, optional): Settings of
                :class:`~mmcuts3d.cuts.batched.BatchCutter`, such as
                ``dict(workers=8)``; None: image by image, by the numpy
                reference.

        Raises:
            ValueError: On a setting out of range, or maps of pixels beside
                a second look.
        """
        if self.second_look and method.refine.confidence != 'patches':
            raise ValueError(
                "Expected argument `cut.refine.confidence` to be 'patches' "
                f'beside `second_look`, but got {method.refine.confidence!r}: '
                'windows come back on the patch grid.'
            )
        if settings is not None:
            self.cutter = BatchCutter.from_settings(method, **settings)

    @abstractmethod
    def label(
        self, image: np.ndarray, inputs: dict[str, np.ndarray]
    ) -> PseudoInstances:
        """Cut one image, (H, W, 3) uint8 RGB, with its ``inputs``."""

    def sources(self) -> dict[str, nn.Module]:
        """Who gives the maps that the method needs beside the image.

        Returns:
            dict: Modules by the name of their maps, which is also the key of
            a map that lies in a sample's metainfo and is taken as it is. A
            module takes images (B, 3, H, W) and their data samples and
            returns B maps.
        """
        return {'features': self.features}

    def gather(
        self, image: Tensor, data_sample: DetDataSample
    ) -> dict[str, np.ndarray]:
        """What the method needs beside the image.

        Args:
            image (Tensor): (3, H, W) RGB in [0, 255].
            data_sample (DetDataSample): With ``img_path`` where maps are
                read from files.

        Returns:
            dict: A map for each of :meth:`sources`: ``features`` (C, h, w).

        Raises:
            ValueError: If there is no map of the image.
        """
        (inputs,) = self.gather_batch(image[None], [data_sample])
        if isinstance(inputs, ValueError):
            raise inputs
        return inputs

    def gather_batch(
        self, images: Tensor, data_samples: Sequence[DetDataSample]
    ) -> list[dict[str, np.ndarray] | ValueError]:
        """What the method needs beside images of one size.

        Each of :meth:`sources` is asked once for all images; where it
        refuses, once for each, so that one image does not fail the others.

        Args:
            images (Tensor): (B, 3, H, W) RGB in [0, 255].
            data_samples (Sequence[DetDataSample]): B samples.

        Returns:
            list: For each image what :meth:`gather` gives, or the error why
            there is none.
        """
        inputs: list[dict[str, np.ndarray] | ValueError] = []
        inputs.extend({} for _ in data_samples)
        for name, source in self.sources().items():
            left = []
            for place, sample in enumerate(data_samples):
                maps = inputs[place]
                if isinstance(maps, ValueError):
                    continue
                if sample.get(name) is None:
                    left.append(place)
                else:
                    maps[name] = self.as_input(name, sample.get(name))
            found = ask(source, images[left], [data_samples[i] for i in left])
            for place, value in zip(left, found, strict=True):
                maps = inputs[place]
                if isinstance(value, ValueError):
                    inputs[place] = value
                elif isinstance(maps, dict):
                    maps[name] = self.as_input(name, value)
        return inputs

    def as_input(self, name: str, value: Tensor | np.ndarray) -> Any:
        """A map as an array; features of a batch stay on their device."""
        if name == 'features' and self.cutter and isinstance(value, Tensor):
            return value.detach()
        return _to_numpy(value)

    @torch.no_grad()
    def predict(
        self,
        batch_inputs: Tensor,
        batch_data_samples: Sequence[DetDataSample],
        rescale: bool = True,
    ) -> list[DetDataSample]:
        """Label a batch.

        Args:
            batch_inputs (Tensor): (B, 3, H, W) RGB in [0, 255].
            batch_data_samples (list[DetDataSample]): With metainfo
                ``img_shape`` and ``ori_shape``; a sample with metainfo
                ``error`` gets no instances.
            rescale (bool): Whether the instances go to ``ori_shape``.
                Defaults to True.

        Returns:
            list[DetDataSample]: With ``pred_instances``: ``bboxes`` (N, 4)
            xyxy, ``labels`` 0, ``scores``, ``masks`` (N, H, W) bool and, for
            a method that has them, ``confidences`` (N, h, w) float in
            [0, 1].
        """
        places: list[int] = []
        images: list[Tensor] = []
        inputs: list[Inputs | ValueError] = []
        for (height, width), own in _by_size(batch_data_samples).items():
            pixels = batch_inputs[own, :, :height, :width]
            samples = [batch_data_samples[place] for place in own]
            places.extend(own)
            images.extend(pixels)
            inputs.extend(self.gather_batch(pixels, samples))
        labels = self._label_all(images, inputs)
        if self.second_look:
            samples = [batch_data_samples[place] for place in places]
            looks = zip(images, samples, inputs, labels, strict=True)
            labels = look_again(self, self.second_look, looks, len(images))
        results: dict[int, PseudoInstances] = {}
        for place, found in zip(places, labels, strict=True):
            if isinstance(found, ValueError):
                self._report(batch_data_samples[place], found)
            else:
                results[place] = found
        if self.keep_steps:
            for place, maps in zip(places, inputs, strict=True):
                if isinstance(maps, dict):
                    batch_data_samples[place].cut_depth = maps.get('depth')
        for place, sample in enumerate(batch_data_samples):
            shape = sample.ori_shape if rescale else sample.img_shape
            frame = (int(shape[0]), int(shape[1]))
            found = results.get(place)
            if found is None:
                found = PseudoInstances.empty(
                    frame, (1, 1), self.has_confidences
                )
            found = at_size(found, frame)
            sample.pred_instances = to_instance_data(
                found, batch_inputs.device
            )
            if self.keep_steps:
                sample.cut_steps = found.steps
        return list(batch_data_samples)

    def _label_all(
        self,
        images: Sequence[Tensor],
        inputs: Sequence[Inputs | ValueError],
    ) -> Iterator[PseudoInstances | ValueError]:
        """Labels, or the error why there are none, for each image."""
        good = [
            (to_pixels(image), maps)
            for image, maps in zip(images, inputs, strict=True)
            if isinstance(maps, dict)
        ]
        found = iter(self.cut_all(good))
        for maps in inputs:
            yield maps if isinstance(maps, ValueError) else next(found)

    def cut_all(
        self, items: Sequence[tuple[np.ndarray, Inputs]]
    ) -> Iterable[PseudoInstances | ValueError]:
        """Instances, or the error why there are none, for each image.

        Args:
            items (list): Images, (H, W, 3) uint8 RGB, with what
                :meth:`gather` gives of each.
        """
        cut = self._cut_together if self.cutter else self._cut_one_by_one
        return cut(items)

    def _cut_one_by_one(
        self, items: Sequence[tuple[np.ndarray, Inputs]]
    ) -> Iterator[PseudoInstances | ValueError]:
        for image, maps in items:
            try:
                yield self.label(image, maps)
            except ValueError as error:
                yield error

    def _cut_together(
        self, items: Sequence[tuple[np.ndarray, Inputs]]
    ) -> list[PseudoInstances | ValueError]:
        return self.cutter(
            [image for image, _ in items],
            [maps['features'] for _, maps in items],
            [maps.get('depth') for _, maps in items],
        )

    def _report(self, sample: DetDataSample, error: ValueError) -> None:
        if self.on_error == 'raise':
            name = sample.get('img_path', 'an image without a path')
            raise ValueError(f'{name}: {error}') from error
        # Some errors come without words; nothing would read as no error.
        sample.set_metainfo(dict(error=str(error) or repr(error)))

    def loss(self, *args: object, **kwargs: object) -> dict:
        """A labeler has nothing to train.

        Raises:
            RuntimeError: Always, with what to do instead.
        """
        raise RuntimeError(
            f'{type(self).__name__} is not trained: run tools/test.py or '
            'tools/generate_pseudo_labels.py with it, and train a detector '
            'on the labels.'
        )

    def extract_feat(self, batch_inputs: Tensor) -> tuple[Tensor]:
        """Dense features (B, C, h, w) of images (B, 3, H, W)."""
        samples = [DetDataSample() for _ in batch_inputs]
        return (self.features(batch_inputs, samples),)

    def _forward(
        self, batch_inputs: Tensor, batch_data_samples: object = None
    ) -> tuple[Tensor]:
        return self.extract_feat(batch_inputs)


def _by_size(
    data_samples: Sequence[DetDataSample],
) -> dict[tuple[int, int], list[int]]:
    """Places of the samples without an error, by the size of their image."""
    places: dict[tuple[int, int], list[int]] = {}
    for place, sample in enumerate(data_samples):
        if sample.get('error') is None:
            height, width = sample.img_shape[:2]
            places.setdefault((height, width), []).append(place)
    return places


def _to_numpy(value: Tensor | np.ndarray) -> np.ndarray:
    if isinstance(value, Tensor):
        return value.detach().float().cpu().numpy()
    return np.asarray(value)
