"""Images that take the steps of their cuts together.

On the device: graphs and eigenvectors. In the pool: what needs one image.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..cuts3d import CutS3D
from ..mask_cut import MaskCut
from ..progress import Progress, SurfaceProgress, advanced
from ..semantic.normalized_cut import NormalizedCut
from ..types import PseudoInstances
from ..worker_pool import WorkerPool
from .affinity import affinity, paint_out
from .normalized_cut import cut_strong, has_no_structure, symmetric
from .spatial_importance import exceeds, spatial_importance, strong_edges

Found = PseudoInstances | ValueError


class BatchItem:
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


class HalfBatch:
    """Images of one grid, on one device, that take their steps together.

    Args:
        method: What to do.
        pool: Where the CPU's share of the work goes.
        images: The images.
        results: By the place of an image, filled by :meth:`run`.
    """

    def __init__(
        self,
        method: CutS3D | MaskCut,
        pool: WorkerPool,
        images: list[BatchItem],
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

    def _collect(self, images: list[BatchItem]) -> list[BatchItem]:
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

    def _wait(self, image: BatchItem) -> Any:
        """What the pool makes of an image; None if it refuses it."""
        try:
            return image.future.result()
        except ValueError as error:
            self.results[image.place] = error
            return None

    def _graphs(self, images: list[BatchItem]) -> Tensor:
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

    def _strong(self, image: BatchItem) -> Tensor:
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
        self, images: list[BatchItem], strong: Tensor
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
