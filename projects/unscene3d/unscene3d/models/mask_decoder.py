"""The decoder: queries look for instances among segments."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from mmengine.model import BaseModule
from torch import Tensor, nn

from mmcuts3d.registry import MODELS

from .attention import DecoderBlock
from .queries import FourierEncoding, farthest_segments

Queries = Literal['sampled', 'learned']


@dataclass
class SegmentBatch:
    """Segments of a batch of scenes, padded to one number S.

    Attributes:
        levels (list[Tensor]): (B, S, C_l) features, coarse to fine.
        centres (Tensor): (B, S, 3), metres, from the middle of the scene.
        sizes (Tensor): (B, S) numbers of vertices, 0 in the padding.
        valid (Tensor): (B, S) bool, what is no padding.
        numbers (tuple[int]): Segments of each scene.
    """

    levels: list[Tensor]
    centres: Tensor
    sizes: Tensor
    valid: Tensor
    numbers: tuple[int, ...]


@dataclass
class MaskPredictions:
    """What the queries find after one look, or before the first.

    Attributes:
        objectness (Tensor): (B, Q) logits of being an object.
        masks (Tensor): (B, Q, S) logits of the segments.
        queries (tuple[int]): Of each scene; what stands behind is padding.
        segments (tuple[int]): The same.
        seeds (Tensor, optional): (B, Q) int64, the segment at which a query
            began; None where it began at none.
    """

    objectness: Tensor
    masks: Tensor
    queries: tuple[int, ...]
    segments: tuple[int, ...]
    seeds: Tensor | None = None

    def of_scene(self, scene: int) -> tuple[Tensor, Tensor]:
        """(q,) objectness and (q, s) masks of a scene, float32 logits."""
        q, s = self.queries[scene], self.segments[scene]
        return (
            self.objectness[scene, :q].float(),
            self.masks[scene, :q, :s].float(),
        )


@MODELS.register_module()
class SegmentMaskDecoder(BaseModule):
    """Masked attention to the segments (Sec. 4.3, 4.4, after Mask3D).

    Each layer looks at the levels from coarse to fine. A query attends to
    the segments of its mask so far, to all where that is empty. Mask3D
    attends to voxels; here segments are attended to and predicted alike, and
    both sides of a mask know their place, which a U-Net does not: two chairs
    that look the same differ in where they are.

    Args:
        in_channels (Sequence[int]): Of the levels, coarse to fine, after
            pooling: twice those of the voxels.
        channels (int): Hidden size. Defaults to 128.
        num_queries (int): Most queries of a scene. Defaults to 100.
        num_layers (int): Defaults to 3.
        num_heads (int): Defaults to 8.
        hidden_channels (int): Of the feed-forward layers. Defaults to 1024.
        num_levels (int): How many levels are looked at, the coarsest first.
            Defaults to 4.
        queries (str): 'sampled', at segments far from each other, with that
            segment's features: no more than a scene has segments; or
            'learned', which is the same number for every scene. Defaults to
            'sampled'.
        init_cfg (dict, optional): Of mmengine. Defaults to None.

    Raises:
        ValueError: If a setting is out of its range.
    """

    def __init__(
        self,
        in_channels: Sequence[int],
        channels: int = 128,
        num_queries: int = 100,
        num_layers: int = 3,
        num_heads: int = 8,
        hidden_channels: int = 1024,
        num_levels: int = 4,
        queries: Queries = 'sampled',
        init_cfg: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(init_cfg)
        if queries not in get_args(Queries):
            raise ValueError(
                'Expected argument `queries` to be one of '
                f'{get_args(Queries)}, but got {queries!r}.'
            )
        if channels % num_heads:
            raise ValueError(
                'Expected argument `channels` to be a multiple of '
                f'`num_heads`, but got {channels} and {num_heads}.'
            )
        if not 1 <= num_levels <= len(in_channels):
            raise ValueError(
                'Expected argument `num_levels` to be from 1 to the number '
                f'of levels, {len(in_channels)}, but got {num_levels}.'
            )
        self.num_queries = num_queries
        self.num_levels = num_levels
        self.place = FourierEncoding(channels)
        self.query_place = _two_layers(channels, channels)
        self.inputs = nn.ModuleList(
            nn.Sequential(nn.Linear(width, channels), nn.LayerNorm(channels))
            for width in in_channels[:num_levels]
        )
        self.mask_features = _two_layers(in_channels[-1], channels)
        self.mask_place = _two_layers(channels, channels)
        self.blocks = nn.ModuleList(
            DecoderBlock(channels, num_heads, hidden_channels)
            for _ in range(num_layers * num_levels)
        )
        if queries == 'learned':
            self.query = nn.Embedding(num_queries, channels)
            self.learned_place = nn.Embedding(num_queries, channels)
        else:
            self.query = None
        self.norm = nn.LayerNorm(channels)
        self.objectness = nn.Linear(channels, 1)
        self.mask_embedding = _two_layers(channels, channels)

    def forward(self, segments: SegmentBatch) -> list[MaskPredictions]:
        """Look for instances.

        Args:
            segments (SegmentBatch): Of a batch of scenes.

        Returns:
            list[MaskPredictions]: Before the first look and after each, the
            last one being the result.
        """
        places = self.place(segments.centres)
        memories = [
            project(level)
            for project, level in zip(
                self.inputs, segments.levels[: self.num_levels], strict=True
            )
        ]
        embeddings = self.mask_features(segments.levels[-1])
        embeddings = embeddings + self.mask_place(places)
        x, x_place, x_valid, seeds = self._queries(
            segments, memories[-1], places
        )
        numbers = self._numbers(segments), segments.numbers, seeds
        found = [
            MaskPredictions(*self._predict(x, x_place, embeddings), *numbers)
        ]
        for number, block in enumerate(self.blocks):
            x = block(
                x,
                memories[number % self.num_levels],
                _allowed(found[-1].masks, segments.valid),
                x_place,
                places,
                x_valid,
            )
            found.append(
                MaskPredictions(
                    *self._predict(x, x_place, embeddings), *numbers
                )
            )
        return found

    def _numbers(self, segments: SegmentBatch) -> tuple[int, ...]:
        """Queries of each scene."""
        if self.query is not None:
            return (self.num_queries,) * len(segments.numbers)
        return tuple(min(self.num_queries, n) for n in segments.numbers)

    def _queries(
        self, segments: SegmentBatch, memory: Tensor, places: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, Tensor | None]:
        """(B, Q, C) queries, their places, which are real, their seeds."""
        if self.query is not None:
            size = (len(memory), -1, -1)
            x = self.query.weight.expand(size)
            x_place = self.learned_place.weight.expand(size)
            return x, x_place, x.new_ones(x.shape[:2]).bool(), None
        chosen, valid = farthest_segments(
            segments.centres, segments.valid, self.num_queries
        )
        index = chosen[..., None].expand(-1, -1, memory.shape[-1])
        x_place = self.query_place(places.gather(1, index))
        return memory.gather(1, index), x_place, valid, chosen

    def _predict(
        self, x: Tensor, x_place: Tensor, embeddings: Tensor
    ) -> tuple[Tensor, Tensor]:
        """(B, Q) objectness and (B, Q, S) masks."""
        x = self.norm(x)
        masks = self.mask_embedding(x + x_place) @ embeddings.transpose(1, 2)
        return self.objectness(x)[..., 0], masks


def _allowed(masks: Tensor, valid: Tensor) -> Tensor:
    """(B, Q, S) bool: the segments of a mask, or all where it is empty."""
    inside = (masks.detach() > 0) & valid[:, None]
    return inside | (~inside.any(-1, keepdim=True) & valid[:, None])


def _two_layers(before: int, after: int) -> nn.Module:
    return nn.Sequential(
        nn.Linear(before, after), nn.ReLU(), nn.Linear(after, after)
    )
