# In-domain self-training on COCO (CutS3D, Sec. 4.3; supplement, E.3), from the
# detector on DINO labels after its round on ImageNet.
#
# Needs data/coco/annotations/cuts3d_self_training: what that detector
# predicts, and nothing else, made by
# python tools/generate_pseudo_labels.py THIS_FILE
#     --checkpoint FILE, the one that `load_from` names
#     --score-thr 0.7 --images data/coco/train2017
#     --out data/coco/annotations/cuts3d_self_training
# No threshold is published for COCO; 0.7 is CutLER's for a first round.
_base_ = [
    '../_base_/models/cascade-mask-rcnn_r50_fpn_class-agnostic.py',
    '../_base_/datasets/coco_self-training.py',
    '../_base_/datasets/coco_val_class-agnostic.py',
    '../_base_/schedules/schedule_80k_self-training.py',
    '../_base_/default_runtime.py',
]

# E.3: "we keep our settings largely the same", those of Table 9, "and mainly
# reduce the total iterations to 14K".
train_cfg = dict(max_iters=14_000, val_interval=7_000)

# No DropLoss: CutLER's self-training goes without it.
train_dataloader = dict(batch_size=1)  # Table 9: 8, on 8 GPUs

# The best detector that was trained on ImageNet.
load_from = (
    'work_dirs/cascade-mask-rcnn_r50_fpn_cuts3d-self-train-r1_8xb1-80k_imagenet/'
    'iter_80000.pth'
)
