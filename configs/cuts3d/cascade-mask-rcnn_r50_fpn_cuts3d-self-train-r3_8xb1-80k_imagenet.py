# The third round of CutS3D's 3-round self-training (supplement, Table 5).
#
# Settings of Table 9. Labels as for the second round, merged with
# cuts3d_self_training_r2; no threshold is published for it.
_base_ = [
    '../_base_/models/cascade-mask-rcnn_r50_fpn_class-agnostic.py',
    '../_base_/datasets/imagenet_self-training.py',
    '../_base_/datasets/coco_val_class-agnostic.py',
    '../_base_/schedules/schedule_80k_self-training.py',
    '../_base_/default_runtime.py',
]

# No DropLoss: CutLER's self-training goes without it.
train_dataloader = dict(
    batch_size=1,  # Table 9: 8, on 8 GPUs
    dataset=dict(dataset=dict(ann_file='annotations/cuts3d_self_training_r3')),
)

# Table 9: the weights of the training before.
load_from = (
    'work_dirs/cascade-mask-rcnn_r50_fpn_cuts3d-self-train-r2_8xb1-80k_imagenet/'
    'iter_80000.pth'
)
