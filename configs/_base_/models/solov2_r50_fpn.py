# mmdet's SOLOv2 of 80 classes, the model alone. Its config has data and a
# schedule too, and no key may stand in two bases.
from mmengine import Config

model = Config.fromstring(
    "_base_ = 'mmdet::solov2/solov2_r50_fpn_1x_coco.py'", '.py'
).model
del Config
