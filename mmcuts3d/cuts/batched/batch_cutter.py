"""CutS3D and MaskCut of many images together.

The graphs and eigenvectors of a batch are made on one device, step by step
for all images that want one; what follows from them, bipartition, LocalCut
and CRF, goes to a pool of processes. Two halves of a batch take turns, so
that the device cuts one while the processes have the other.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future
from types import TracebackType
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from .._check import (
    check_features,
    check_image,
    check_range,
)
from ..cuts3d import CutS3D
from ..mask_cut import MaskCut
from ..progress import Progress, SurfaceProgress, advanced
from ..semantic.normalized_cut import NormalizedCut
from ..spatial.surface import Surface
from ..types import PseudoInstances
from ..worker_pool import WorkerPool
from .affinity import affinity, paint_out
from .memory import free_memory, images_that_fit
from .normalized_cut import cut_strong, has_no_structure, symmetric
from .spatial_importance import exceeds, spatial_importance, strong_edges

Found = PseudoInstances | ValueError


class BatchCutter:
    """Labels images in batches, as `method` does one by one.

    Args:
        method: What to do, and its settings.
        workers: Processes for the CPU's share of the work; 0 does it in
            this one. Defaults to 0.
        memory: Gigabytes of the device's memory to use at most. Defaults to
            None: half of what is free, on a CPU 2.

    Raises:
        ValueError: On a setting out of range.
    """

    def __init__(
        self,
        method: CutS3D | MaskCut,
        *,
        workers: int = 0,
        memory: float | None = None,
    ) -> None:
        if not isinstance(method, (CutS3D, MaskCut)):
            raise ValueError(
                'Expected argument `method` to be a CutS3D or a MaskCut, '
                f'but got {method!r}.'
            )
        if memory is not None:
            check_range('memory', memory, 0, open_low=True)
        self.method = method
        self.memory = memory
        self.pool = WorkerPool(workers)

    def close(self) -> None:
        """End the processes."""
        self.pool.close()

    def __enter__(self) -> BatchCutter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

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
        by_kind: dict[Any, list[_Image]] = {}
        for place in range(number):
            try:
                image = _Image(
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
        for group in by_kind.values():
            _take_turns(
                _Half(self.method, self.pool, part, results).run()
                for part in self._halves(group)
            )
        return [results[place] for place in range(number)]

    def _halves(self, group: list[_Image]) -> Iterator[list[_Image]]:
        """Two parts, or more where two do not fit into memory."""
        features = group[0].features
        memory = free_memory(features.device, self.memory)
        fit = images_that_fit(features[0].numel(), memory) // 2
        size = max(1, min(-(-len(group) // 2), fit))
        for first in range(0, len(group), size):
            yield group[first : first + size]


class _Image:
    """One image on its way."""

    def __init__(
        self,
        place: int,
        pixels: NDArray[np.uint8],
        features: Tensor,
        depth: Any,
    ) -> None:
        self.place = place
        self.pixels = pixels
        self.features = features
        self.depth = depth
        self.progress: Progress
        self.future: Future[Any]


class _Half:
    """Images that go through their steps together."""

    def __init__(
        self,
        method: CutS3D | MaskCut,
        pool: WorkerPool,
        images: list[_Image],
        results: dict[int, Found],
    ) -> None:
        self.method = method
        self.pool = pool
        self.images = images
        self.results = results

    def run(self) -> Iterator[None]:
        """Yields where processes have work that the other half can use."""
        method, going = self.method, self.images
        for image in going:
            grid = (image.features.shape[1], image.features.shape[2])
            if isinstance(method, CutS3D):
                args: tuple[Any, ...] = (method.begin, image.depth, grid)
            else:
                args = (method.begin, grid)
            image.future = self.pool.submit(*args)
        yield
        going = self._collect(going)
        strong = self._graphs(going)
        while going:
            for image, cut in zip(
                going, self._cut(going, strong), strict=True
            ):
                image.future = self.pool.submit(
                    advanced, method, image.progress, cut
                )
            yield
            before, going = going, self._collect(going)
            kept = [k for k, image in enumerate(before) if image in going]
            if len(kept) < len(before) and going:
                strong = strong[kept]
        del strong
        left = [im for im in self.images if im.place not in self.results]
        for image in left:
            image.future = self.pool.submit(
                method.instances, image.pixels, image.progress.steps
            )
        yield
        for image in left:
            found = self._wait(image)
            if found is not None:
                self.results[image.place] = found

    def _collect(self, images: list[_Image]) -> list[_Image]:
        """Wait for states; the images that want a semantic cut."""
        going = []
        for image in images:
            progress = self._wait(image)
            if progress is None:
                continue
            image.progress = progress
            if not progress.done:
                going.append(image)
        return going

    def _wait(self, image: _Image) -> Any:
        """What the pool makes of an image; None if it refuses it."""
        try:
            return image.future.result()
        except ValueError as error:
            self.results[image.place] = error
            return None

    def _graphs(self, images: list[_Image]) -> Tensor:
        """(B, n, n) float32, 1 for a strong edge; made one by one."""
        first = images[0].features if images else torch.zeros(1, 0, 0)
        number = first[0].numel()
        graphs = torch.zeros(
            (len(images), number, number),
            dtype=torch.float32,
            device=first.device,
        )
        for image, graph in zip(images, graphs, strict=True):
            graph.copy_(self._strong(image)[0])
        return graphs

    def _strong(self, image: _Image) -> Tensor:
        """(1, n, n) bool, edges that exceed the threshold."""
        semantic = self.method.semantic
        edges = affinity(image.features[None])
        sharpening = semantic.sharpening
        if sharpening is None or not isinstance(
            image.progress, SurfaceProgress
        ):
            return symmetric(exceeds(edges, semantic.tau_ncut))
        depth = torch.from_numpy(image.progress.surface.depth)
        importance = spatial_importance(
            depth[None].to(edges.device), sharpening.beta, sharpening.sigma
        )
        return symmetric(
            strong_edges(
                edges, importance, semantic.tau_ncut, sharpening.pair_rule
            )
        )

    def _cut(
        self, images: list[_Image], strong: Tensor
    ) -> list[NormalizedCut | None]:
        """The normalized cut of what is left of each graph."""
        semantic = self.method.semantic
        found = np.stack([image.progress.found for image in images])
        gone = torch.from_numpy(found).to(strong.device)
        paint_out(strong, gone)
        left = ~gone.flatten(1)
        flat = has_no_structure(strong, left)
        nodes = left
        if semantic.removal != 'delete':
            nodes = torch.ones_like(left)
        wanted = [place for place, same in enumerate(flat) if not same]
        cuts: list[NormalizedCut | None] = [None] * len(images)
        if not wanted:
            return cuts
        if len(wanted) < len(images):
            strong, nodes = strong[wanted], nodes[wanted]
        solved = cut_strong(strong, nodes, semantic.eps, semantic.solver)
        masks = nodes.cpu().numpy()
        for row, place in enumerate(wanted):
            cuts[place] = NormalizedCut(
                solved.eigenvectors[row, masks[row]],
                float(solved.eigenvalues[row]),
            )
        return cuts


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
