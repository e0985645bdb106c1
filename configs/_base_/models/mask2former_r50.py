# mmdet's Mask2Former of 80 classes, the model alone. Its config has data and a
# schedule too, and no key may stand in two bases.
from mmengine import Config

model = Config.fromstring(
    "_base_ = 'mmdet::mask2former/mask2former_r50_8xb2-lsj-50e_coco.py'", '.py'
).model
del Config
