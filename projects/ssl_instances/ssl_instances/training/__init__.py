"""SOLOv2 on mask proposals, with BoxInst's loss (Sec. A.2.1)."""

from .boxinst_mask_loss import BoxInstMaskLoss
from .boxinst_solov2_head import BoxInstSOLOV2Head
from .colour_pairs import pack_pairs, unpack_pairs
from .colour_pairs_preprocessor import ColourPairsPreprocessor

__all__ = [
    'BoxInstMaskLoss',
    'BoxInstSOLOV2Head',
    'ColourPairsPreprocessor',
    'pack_pairs',
    'unpack_pairs',
]
