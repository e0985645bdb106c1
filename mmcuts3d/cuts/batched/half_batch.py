"""Images that take the steps of their cuts together.

On the device: graphs, eigenvectors and, where it is asked to, the CRF. In the
pool: the rest.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future
from functools import partial
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..cuts3d import CutS3D
from ..dense_crf import fit_to_colours
from ..instances import masks_to_refine
from ..mask_cut import MaskCut
from ..progress import Progress, SurfaceProgress, advanced
from ..semantic.normalized_cut import NormalizedCut
from ..types import PseudoInstances
from ..worker_pool import WorkerPool
from .affinity import affinity, paint_out
from .dense_crf import dense_crf
from .normalized_cut import cut_strong, has_no_structure, symmetric
from .spatial_importance import exceeds, spatial_importance, strong_edges

Found = PseudoInstances | ValueError
CRFPlace = Literal['pool', 'device']


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
        crf: Where the CRF runs.
        results: By the place of an image, filled by :meth:`run`.
    """

    def __init__(
        self,
        method: CutS3D | MaskCut,
        pool: WorkerPool,
        images: list[BatchItem],
        crf: CRFPlace,
        results: dict[int, Found],
    ) -> None:
        self.method = method
        self.pool = pool
        self.images = images
        self.crf = crf
        self.results = results

    def run(self) -> Iterator[None]:
        """Yields where processes have work that the other half can use."""
        method, going = self.method, self.images
        for image in going:
            grid = (image.features.shape[1], image.features.shape[2])
            if isinstance(method, CutS3D):
                # Pixels go to another process only where they are needed.
                pixels = image.pixels if method.local.colours else None
                args: tuple[Any, ...] = (
                    method.begin,
                    image.depth,
                    grid,
                    pixels,
                )
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
            self._begin_instances(image)
        yield
        for image in left:
            if image.place not in self.results:
                found = self._wait(image)
                if found is not None:
                    self.results[image.place] = found

    def _begin_instances(self, image: BatchItem) -> None:
        """Hand the steps of an image to the pool, the CRF's masks with them.

        It waits while the pool has enough to do, so that the masks of a few
        images are kept at a time, whatever the size of the batch.
        """
        steps = image.progress.steps
        try:
            fitted = self._fitted(image) if self.crf == 'device' else None
        except ValueError as error:
            self.results[image.place] = error
            return
        image.future = self.pool.submit(
            self.method.instances, image.pixels, steps, fitted
        )

    def _fitted(self, image: BatchItem) -> NDArray[np.bool_] | None:
        """What the CRF makes of an image's masks; None if it is not asked."""
        refine = self.method.refine
        patches, others = masks_to_refine(image.progress.steps)
        if refine.crf is False or not patches:
            return None
        size = (image.pixels.shape[0], image.pixels.shape[1])
        masks, rests = refine.enlarged(size, list(patches.values()), others)
        run = partial(dense_crf, device=image.features.device)
        return fit_to_colours(run, image.pixels, masks, rests, refine.crf)

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
            return symmetric(exceeds(edges, self._threshold(image)))
        surface = image.progress.surface
        depth = torch.from_numpy(surface.depth)
        importance = surface.trust * spatial_importance(
            depth[None].to(edges.device), sharpening.beta, sharpening.sigma
        )
        tau = self._threshold(image, importance[0])
        return symmetric(
            strong_edges(edges, importance, tau, sharpening.pair_rule)
        )

    def _threshold(
        self, image: BatchItem, importance: Tensor | None = None
    ) -> float:
        """That of the reference, which needs the features on the CPU."""
        semantic = self.method.semantic
        if semantic.tau_ncut != 'auto':
            return semantic.tau_ncut
        return semantic.threshold(
            image.features.cpu().numpy(),
            None if importance is None else importance.cpu().numpy(),
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
