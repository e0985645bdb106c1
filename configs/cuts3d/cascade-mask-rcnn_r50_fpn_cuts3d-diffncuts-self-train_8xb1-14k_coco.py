# In-domain self-training on COCO (CutS3D, Sec. 4.3; supplement, E.3 and Table
# 4), from the detector on DiffNCuts labels after three rounds on ImageNet.
#
# Needs data/coco/annotations/cuts3d-diffncuts_self_training: what that
# detector predicts, and nothing else, made by
# python tools/generate_pseudo_labels.py THIS_FILE
#     --checkpoint FILE, the one that `load_from` names
#     --score-thr 0.7 --images data/coco/train2017
#     --out data/coco/annotations/cuts3d-diffncuts_self_training
_base_ = './cascade-mask-rcnn_r50_fpn_cuts3d-self-train_8xb1-14k_coco.py'

train_dataloader = dict(
    dataset=dict(
        dataset=dict(ann_file='annotations/cuts3d-diffncuts_self_training')
    ),
)

# The best detector that was trained on ImageNet.
load_from = (
    'work_dirs/cascade-mask-rcnn_r50_fpn_cuts3d-diffncuts-self-train-r3_8xb1-80k_imagenet/'
    'iter_80000.pth'
)
