"""CutS3D and MaskCut of many images together.

The graphs and eigenvectors of a batch are made on one device, step by step
for all images that want one; what follows from them, bipartition and
LocalCut, goes to a pool of processes. After the last step the CRF runs, on
the device or in the pool, and the pool judges and collects its masks. Two
halves of a batch take turns, so that the device has one while the processes
have the other.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from .._check import (
    check_arguments,
    check_features,
    check_image,
    check_literal,
    check_range,
)
from ..closing import Closing
from ..cuts3d import CutS3D
from ..mask_cut import MaskCut
from ..spatial.surface import Surface
from ..worker_pool import WorkerPool
from .half_batch import BatchItem, CRFPlace, Found, HalfBatch
from .memory import crf_memory, free_memory, images_that_fit


class BatchCutter(Closing):
    """Labels images in batches, as `method` does one by one.

    Args:
        method: What to do, and its settings.
        workers: Processes for the CPU's share of the work; 0 does it in
            this one. Defaults to 0.
        memory: Gigabytes of the device's memory to use at most. Defaults to
            None: half of what is free, on a CPU 2.
        crf: Where the CRF runs: on the ``'device'``, image by image, or in
            the ``'pool'``. Pixels in which both labels are as likely may
            differ. Defaults to None: on the device if that is a GPU.

    Raises:
        ValueError: On a setting out of range.
    """

    def __init__(
        self,
        method: CutS3D | MaskCut,
        *,
        workers: int = 0,
        memory: float | None = None,
        crf: CRFPlace | None = None,
    ) -> None:
        if not isinstance(method, (CutS3D, MaskCut)):
            raise ValueError(
                'Expected argument `method` to be a CutS3D or a MaskCut, '
                f'but got {method!r}.'
            )
        if memory is not None:
            check_range('memory', memory, 0, open_low=True)
        if crf is not None:
            check_literal('crf', crf, CRFPlace)
        if crf == 'device' and method.refine.confidence != 'patches':
            raise ValueError(
                "Expected argument `crf` to be 'pool' where "
                "`refine.confidence` is not 'patches', but got 'device': the "
                "device's CRF gives masks, and no maps of confidence."
            )
        self.method = method
        self.memory = memory
        self.crf = crf
        self.pool = WorkerPool(workers)

    @classmethod
    def from_settings(
        cls, method: CutS3D | MaskCut, **settings: Any
    ) -> BatchCutter:
        """A cutter by settings of whose names one cannot be sure: a config's.

        Args:
            method: The method.
            **settings: Arguments of :class:`BatchCutter`.

        Raises:
            ValueError: On another name, or settings out of range.
        """
        check_arguments(cls, settings, {})
        return cls(method, **settings)

    def close(self) -> None:
        """End the processes."""
        self.pool.close()

    def __call__(
        self,
        images: Sequence[ArrayLike],
        features: Sequence[ArrayLike | Tensor],
        depths: Sequence[ArrayLike | Surface] | None = None,
    ) -> list[Found]:
        """Label images of any sizes.

        Args:
            images: (H, W, 3) uint8 RGB each.
            features: (C, h, w) float each; tensors are cut on the device
                that they lie on, arrays on the CPU.
            depths: (h, w) or finer, float in [0, 1], 0 = nearest, of any
                size, or a surface, each; for CutS3D. Defaults to None.

        Returns:
            For each image, in order, what the method gives, or the
            ValueError that it raises.

        Raises:
            ValueError: If the numbers of images, features and depths differ.
            RuntimeError: If processes die of an image, see
                :class:`WorkerPool`.
        """
        with_depth = isinstance(self.method, CutS3D)
        number = len(images)
        if len(features) != number or (
            with_depth and (depths is None or len(depths) != number)
        ):
            raise ValueError(
                'Expected as many features, and depths for CutS3D, as images '
                f'({number}), but got {len(features)} and '
                f'{None if depths is None else len(depths)}.'
            )
        results: dict[int, Found] = {}
        by_kind: dict[Any, list[BatchItem]] = {}
        for place in range(number):
            try:
                image = BatchItem(
                    place,
                    check_image(images[place]),
                    _checked(features[place]),
                    depths[place] if depths is not None else None,
                )
                if self.method.semantic.sharpening and not with_depth:
                    raise ValueError(
                        'Expected argument `depth` for sharpening, but got '
                        'None.'
                    )
            except ValueError as error:
                results[place] = error
            else:
                kind = (tuple(image.features.shape), image.features.device)
                by_kind.setdefault(kind, []).append(image)
        _take_turns(
            half.run()
            for group in by_kind.values()
            for half in self._halves(group, results)
        )
        return [results[place] for place in range(number)]

    def place_of_crf(self, device: torch.device) -> CRFPlace:
        """Where the CRF runs for features that lie on a device."""
        if self.method.refine.confidence != 'patches':
            return 'pool'  # the device's CRF gives masks alone
        if self.crf is not None:
            return self.crf
        return 'pool' if device.type == 'cpu' else 'device'

    def _halves(
        self, group: list[BatchItem], results: dict[int, Found]
    ) -> Iterator[HalfBatch]:
        """Two parts, or more where two do not fit into memory."""
        features = group[0].features
        crf = self.place_of_crf(features.device)
        memory = free_memory(features.device, self.memory)
        if crf == 'device' and self.method.refine.crf is not False:
            memory -= crf_memory(
                max(image.pixels.size // 3 for image in group),
                self.method.num_instances,
            )
        fit = images_that_fit(features[0].numel(), memory) // 2
        size = max(1, min(-(-len(group) // 2), fit))
        for first in range(0, len(group), size):
            part = group[first : first + size]
            yield HalfBatch(self.method, self.pool, part, crf, results)


def _take_turns(halves: Iterable[Iterator[None]]) -> None:
    """Run two at a time, each up to where it waits for processes."""
    waiting = iter(halves)
    active: deque[Iterator[None]] = deque()
    while True:
        while len(active) < 2:
            half = next(waiting, None)
            if half is None:
                break
            next(half)
            active.append(half)
        if not active:
            return
        half = active.popleft()
        if next(half, half) is None:  # it yielded: it goes on
            active.append(half)


def _checked(features: ArrayLike | Tensor) -> Tensor:
    """(C, h, w) finite float32, a tensor where it was."""
    if isinstance(features, Tensor):
        values = features.detach().float()
        if (
            values.ndim == 3
            and values.numel()
            and bool(torch.isfinite(values).all())
        ):
            return values
    # A copy: tensors share no read-only memory.
    return torch.from_numpy(np.array(check_features(features)))
