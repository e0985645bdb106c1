"""One bad image of a batch does not fail the others."""

from collections.abc import Sequence

from mmdet.structures import DetDataSample
from torch import Tensor, nn


def ask(
    source: nn.Module, images: Tensor, data_samples: list[DetDataSample]
) -> Sequence[Tensor | ValueError]:
    """A map for each image, or the error why there is none."""
    if not data_samples:
        return []
    try:
        maps: Sequence[Tensor] = source(images, data_samples)
        return maps
    except ValueError as error:
        if len(data_samples) == 1:
            return [error]
    found: list[Tensor | ValueError] = []
    for place, sample in enumerate(data_samples):
        found.extend(ask(source, images[place : place + 1], [sample]))
    return found
