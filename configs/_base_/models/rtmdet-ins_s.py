# mmdet's RTMDet-Ins of 80 classes, the model alone. Its config has data and a
# schedule too, and no key may stand in two bases.
from mmengine import Config

model = Config.fromstring(
    "_base_ = 'mmdet::rtmdet/rtmdet-ins_s_8xb32-300e_coco.py'", '.py'
).model
del Config
