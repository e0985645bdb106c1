# The one round of self-training of CutS3D (supplement, Table 9).
#
# Its labels: what the detector before predicts on data/imagenet/train with
# tools/generate_pseudo_labels.py --checkpoint ... --score-thr 0.7 (CutLER's
# value for the first round), merged with cuts3d_pseudo_labels
# by tools/merge_rounds.py into a folder.
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
    dataset=dict(dataset=dict(ann_file='annotations/cuts3d_self_training_r1')),
)

# Table 9: the weights of the training before.
load_from = (
    'work_dirs/cascade-mask-rcnn_r50_fpn_cuts3d_4xb1-160k_imagenet/'
    'iter_160000.pth'
)
