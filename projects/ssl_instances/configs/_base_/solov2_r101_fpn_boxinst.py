# SOLOv2 for one class with BoxInst's loss, on a frozen backbone (Sec. A.2.1).
# Of mmdet's config the model alone: no key may stand in two bases.
from mmengine import Config

model = Config.fromstring(
    "_base_ = 'mmdet::solov2/solov2_r101_fpn_ms-3x_coco.py'", '.py'
).model
model.data_preprocessor.type = 'mmcuts3d.ColourPairsPreprocessor'
model.backbone.frozen_stages = 4  # "a frozen backbone"
# Placed by hand: the command says where.
model.backbone.init_cfg.checkpoint = 'mmcuts3d://densecl_resnet101'
model.mask_head.type = 'mmcuts3d.BoxInstSOLOV2Head'
model.mask_head.num_classes = 1
# The settings of mmdet's DiceLoss are not this one's.
model.mask_head.loss_mask = dict(type='mmcuts3d.BoxInstMaskLoss')
del Config
