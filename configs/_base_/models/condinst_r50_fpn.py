# mmdet's CondInst of 80 classes, the model alone. Its config has data and a
# schedule too, and no key may stand in two bases.
from mmengine import Config

model = Config.fromstring(
    "_base_ = 'mmdet::condinst/condinst_r50_fpn_ms-poly-90k_coco_instance.py'",
    '.py',
).model
del Config
