"""Pictures of predictions, and where what is written goes."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from mmdet.structures import DetDataSample

from .preparing import Prepared


def draw_predictions(
    visualizer: Any,
    inputs: Sequence[Prepared],
    preds: Sequence[DetDataSample],
    out_dir: str,
    **settings: Any,
) -> list[np.ndarray]:
    """Draw instances over their images.

    Args:
        visualizer (Visualizer): Of mmengine.
        inputs (Sequence[Prepared]): The images.
        preds (Sequence[DetDataSample]): Their predictions.
        out_dir (str): Folder of ``vis``; '' writes nothing.
        **settings: Of ``add_datasample``.

    Returns:
        list[np.ndarray]: (H, W, 3) uint8 RGB; an unreadable image is one
        black pixel.
    """
    pictures = []
    for data, sample in zip(inputs, preds, strict=True):
        image, name = data.image, data.item.name
        if image is None:
            pictures.append(np.zeros((1, 1, 3), np.uint8))
            continue
        out_file = Path(out_dir, 'vis', f'{name}.png') if out_dir else None
        visualizer.add_datasample(
            name,
            image,
            sample,
            draw_gt=False,
            out_file=out_file and str(out_file),
            **settings,
        )
        pictures.append(visualizer.get_image())
    return pictures


def check_outputs(
    batch_size: int, save_coco: bool, after: dict[str, Any]
) -> str:
    """Refuse arguments that do not fit each other.

    Args:
        batch_size (int): Images of a forward pass.
        save_coco (bool): Whether a COCO file is written.
        after (dict): Arguments of the last stage.

    Returns:
        str: The folder that files go to, '' for none.

    Raises:
        ValueError: If they do not.
    """
    if batch_size < 1:
        raise ValueError(
            'Expected argument `batch_size` to be at least 1, but got '
            f'{batch_size}'
        )
    if (save_coco or after.get('save_masks')) and not after.get('out_dir'):
        what = 'save_coco' if save_coco else 'save_masks'
        raise ValueError(
            f'Expected argument `out_dir`, the folder of what `{what}` '
            'writes, but got none'
        )
    return after.get('out_dir', '')
