"""BoxInst's preprocessor for masks that are there."""

from typing import Any

from mmdet.models.data_preprocessors import BoxInstDataPreprocessor
from mmdet.structures import DetDataSample
from mmengine.structures import InstanceData

from mmcuts3d.registry import MODELS

from .colour_pairs import pack_pairs

KEY = 'colour_pairs'


@MODELS.register_module()
class ColourPairsPreprocessor(BoxInstDataPreprocessor):
    """mmdet's ``BoxInstDataPreprocessor``, which keeps the masks.

    mmdet's own makes a mask of each box, and a map of colours for each of
    them. Here instances stay as they are, and the map, one for all of them,
    is metainfo ``colour_pairs`` of the data sample: (h, w) uint8 at the
    stride of the masks, see :func:`.pack_pairs`.

    Args:
        *args (Any): Those of ``BoxInstDataPreprocessor``.
        bottom_pixels_removed (int): Rows at the bottom without pairs. mmdet's
            10 are for the borders of COCO's annotations, which there are none
            of here. Defaults to 0.
        **kwargs (Any): Those of ``BoxInstDataPreprocessor``, such as
            ``mean``, ``std`` and ``pairwise_color_thresh``; ``pad_mask`` is
            always True.

    Raises:
        ValueError: Without ``mean`` and ``std``, which turn inputs back into
            colours, or with another ``pairwise_size`` than 3.
    """

    def __init__(
        self, *args: Any, bottom_pixels_removed: int = 0, **kwargs: Any
    ) -> None:
        super().__init__(
            *args,
            **{**kwargs, 'pad_mask': True},
            bottom_pixels_removed=bottom_pixels_removed,
        )
        if not hasattr(self, 'mean'):
            raise ValueError(
                'Expected arguments `mean` and `std` of '
                'ColourPairsPreprocessor to be given, but got none.'
            )
        if self.pairwise_size != 3:
            raise ValueError(
                'Expected argument `pairwise_size` to be 3, but got '
                f'{self.pairwise_size}.'
            )
        self._instances: list[InstanceData] = []

    def pad_gt_masks(self, data_samples: list[DetDataSample]) -> None:
        """Pads the masks, and puts one box in the place of the instances.

        mmdet's ``forward`` asks for it before it makes its maps, as many as
        there are boxes.
        """
        super().pad_gt_masks(data_samples)
        for sample in data_samples:
            self._instances.append(sample.gt_instances)
            frame = sample.batch_input_shape
            sample.gt_instances = InstanceData(
                bboxes=sample.gt_instances.bboxes.new_tensor(
                    [[0, 0, frame[1], frame[0]]]
                )
            )

    def forward(self, data: dict, training: bool = False) -> dict:
        """Prepares a batch.

        Args:
            data (dict): ``inputs`` and ``data_samples``.
            training (bool): Whether colours are asked for. Defaults to False.

        Returns:
            dict: ``inputs`` (B, 3, H, W) and ``data_samples``.
        """
        self._instances = []
        prepared = super().forward(data, training)
        if training:
            for sample, instances in zip(
                prepared['data_samples'], self._instances, strict=True
            ):
                pairs = sample.gt_instances.pairwise_masks[0]
                sample.set_metainfo({KEY: pack_pairs(pairs)})
                sample.gt_instances = instances
        self._instances = []
        return prepared
