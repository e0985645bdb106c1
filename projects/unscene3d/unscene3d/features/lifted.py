"""Features of images, brought to segments by the cameras that took them."""

from collections.abc import Iterator, Sequence
from typing import Literal

import cv2
import numpy as np
import torch
from mmdet.structures import DetDataSample
from scipy import sparse
from torch import nn

from mmcuts3d.registry import MODELS

from ..frames import Sight, check_frame, sight
from ..scans import check_poses
from ..structures import Frame, Scene, Segments
from .segment_features import SegmentFeatures, check_segments

Sampling = Literal['nearest', 'bilinear']


@MODELS.register_module()
class LiftedFeatures(nn.Module):
    """Means of image features over the frames that see a segment (Sec. 4.2).

    The paper lifts DINO's features. Here any extractor of the core will do.
    A vertex takes the feature at its pixel in each frame that sees it: whose
    depth there agrees. Every such sight counts the same, so that the result
    does not depend on the order of the frames. Memory grows with segments,
    not with vertices or frames.

    Colour and depth of a frame must show the same view; their sizes may
    differ.

    Args:
        features (dict): Config of the extractor, such as
            ``dict(type='mmcuts3d.ViTKeys', weights='dino_vits8')``.
        image_size (tuple, optional): Height and width that colour images
            are brought to before it, pixels. Defaults to None: as they are;
            ViTs have a size of their own.
        depth_tolerance (tuple): Metres, and share of the depth, that a
            vertex and the depth image may differ by. Defaults to
            (0.05, 0.02).
        sampling (str): 'nearest' patch or 'bilinear' between four. Defaults
            to 'bilinear'.
        every_nth (int): Takes one of so many frames: neighbours in a video
            show the same. Defaults to 1.
        batch_size (int): Images in one pass of the extractor, if they have
            one size. Defaults to 8.

    Raises:
        ValueError: If a setting is out of its range.
    """

    modality: Literal['2d', '3d'] = '2d'

    def __init__(
        self,
        features: dict,
        image_size: tuple[int, int] | None = None,
        depth_tolerance: tuple[float, float] = (0.05, 0.02),
        sampling: Sampling = 'bilinear',
        every_nth: int = 1,
        batch_size: int = 8,
    ) -> None:
        super().__init__()
        _check(image_size, depth_tolerance, sampling, every_nth, batch_size)
        self.features = MODELS.build(features)
        self.image_size = image_size
        self.depth_tolerance = tuple(depth_tolerance)
        self.sampling = sampling
        self.every_nth = every_nth
        self.batch_size = batch_size

    @torch.no_grad()
    def forward(
        self, scene: Scene, segments: Segments, frames: Sequence[Frame]
    ) -> SegmentFeatures:
        """Lift the features of the frames to the segments.

        Args:
            scene (Scene): n vertices in the world of the poses.
            segments (Segments): Of the scene.
            frames (Sequence[Frame]): Read one after the other, none is kept.

        Returns:
            SegmentFeatures: Unseen are the segments of which no frame sees
            a vertex.

        Raises:
            ValueError: If no frame sees the scene, the poses look like those
                of another convention, a frame is bad, or the extractor
                refuses it; names the scene or the frame.
        """
        check_segments(scene, segments)
        check_poses(scene, frames)
        sums: np.ndarray | float = 0.0
        counts = np.zeros(len(segments))
        for batch in self._batches(scene, frames):
            seen = [frame for frame, _ in batch]
            for (_, own), found in zip(batch, self._maps(seen), strict=True):
                table = patch_table(
                    own, segments, found.shape[1:], self.sampling
                )
                sums = sums + table @ found.reshape(len(found), -1).T
                counts += np.asarray(table.sum(axis=1)).ravel()
        if not counts.any():
            raise ValueError(
                f'{scene.name}: expected frames that see the scene, but none '
                f'of {len(range(0, len(frames), self.every_nth))} sees a '
                'vertex: are poses and depths those of this scene, in metres?'
            )
        seen = counts > 0
        means = sums / np.where(seen, counts, 1)[:, None]
        return SegmentFeatures(means.astype(np.float32), seen)

    def _batches(
        self, scene: Scene, frames: Sequence[Frame]
    ) -> Iterator[list[tuple[Frame, Sight]]]:
        """Frames of one size that see the scene, with what they see."""
        batch: list[tuple[Frame, Sight]] = []
        for index in range(0, len(frames), self.every_nth):
            frame = check_frame(frames[index])
            own = sight(scene.points, frame, self.depth_tolerance)
            if not len(own.vertices):
                continue
            full = len(batch) == self.batch_size
            if batch and (
                full or batch[-1][0].colour.shape != frame.colour.shape
            ):
                yield batch
                batch = []
            batch.append((frame, own))
        if batch:
            yield batch

    def _maps(self, frames: list[Frame]) -> np.ndarray:
        """Features (B, C, h, w) float32 of colour images of one size."""
        images = [frame.colour for frame in frames]
        if self.image_size:
            images = [_resize(image, self.image_size) for image in images]
        height, width = images[0].shape[:2]
        samples = [
            DetDataSample(
                metainfo=dict(
                    img_path=frame.name,
                    img_shape=(height, width),
                    ori_shape=frame.colour.shape[:2],
                )
            )
            for frame in frames
        ]
        pixels = torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2)
        names = f'{frames[0].name} … {frames[-1].name}'
        try:
            found = self.features(pixels, samples)
        except ValueError as error:
            raise ValueError(f'{names}: {error}') from error
        maps = [one.detach().float().cpu().numpy() for one in found]
        if not all(np.isfinite(one).all() for one in maps):
            raise ValueError(
                f'{names}: expected finite features of images, but got NaN '
                'or infinite ones.'
            )
        return np.stack(maps)


def patch_table(
    own: Sight,
    segments: Segments,
    grid: tuple[int, int],
    sampling: Sampling = 'bilinear',
) -> sparse.csr_array:
    """How much each segment takes of each patch of a feature map.

    A product with this table does at once what sampling the map vertex by
    vertex and adding the samples up per segment does.

    Args:
        own (Sight): The vertices that a frame sees.
        segments (Segments): s segments.
        grid (tuple): Height and width of the map, patches.
        sampling (str): 'nearest' or 'bilinear'; at the rim both take the
            outermost patch. Defaults to 'bilinear'.

    Returns:
        sparse.csr_array: (s, h·w) float64; the rows add up to the number of
        vertices that are seen of each segment.
    """
    height, width = grid
    segment = segments.of_vertex[own.vertices]
    x = own.places[:, 0] * width - 0.5
    y = own.places[:, 1] * height - 0.5
    if sampling == 'nearest':
        x, y = np.floor(x + 0.5), np.floor(y + 0.5)
    left, top = np.floor(x), np.floor(y)
    shares, patches = [], []
    for column, wide in ((left, left + 1 - x), (left + 1, x - left)):
        for row, high in ((top, top + 1 - y), (top + 1, y - top)):
            inside = row.clip(0, height - 1) * width + column.clip(
                0, width - 1
            )
            patches.append(inside.astype(np.int64))
            shares.append(wide * high)
    rows = np.tile(segment, 4)
    table = sparse.coo_array(
        (np.concatenate(shares), (rows, np.concatenate(patches))),
        shape=(len(segments), height * width),
    )
    return table.tocsr()


def _resize(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    if image.shape[:2] == tuple(size):
        return image
    shrinks = image.shape[0] > size[0]
    way = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return cv2.resize(image, (size[1], size[0]), interpolation=way)


def _check(image_size, tolerance, sampling, every_nth, batch_size) -> None:
    wrong = {
        'image_size': (
            image_size,
            image_size is None
            or (len(image_size) == 2 and min(image_size) >= 1),
            'None or (height, width) in pixels',
        ),
        'depth_tolerance': (
            tolerance,
            len(tolerance) == 2 and min(tolerance) >= 0 and max(tolerance) > 0,
            '(metres, share), >= 0 and not both 0',
        ),
        'sampling': (
            sampling,
            sampling in ('nearest', 'bilinear'),
            "'nearest' or 'bilinear'",
        ),
        'every_nth': (every_nth, every_nth >= 1, 'at least 1'),
        'batch_size': (batch_size, batch_size >= 1, 'at least 1'),
    }
    for key, (value, good, words) in wrong.items():
        if not good:
            raise ValueError(
                f'Expected argument `{key}` to be {words}, but got {value!r}.'
            )
