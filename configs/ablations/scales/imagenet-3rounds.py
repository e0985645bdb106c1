# Ablations as the paper has them, with three rounds of self-training
# (supplement, Table 5); see imagenet.py.
_base_ = [
    '../../cuts3d/cascade-mask-rcnn_r50_fpn_cuts3d-3rounds_4xb1-400k_imagenet.py',
    '../../_base_/labelers/diffncuts_zoedepth_imagenet.py',
]

labels_dir = '{{$MMCUTS3D_LABELS_DIR:data/imagenet/annotations/ablations}}'
train_cfg = dict(
    type='mmcuts3d.LabelThenTrainLoop',
    labels=dict(out_dir=labels_dir, **_base_.labeling),
)
train_dataloader = dict(dataset=dict(dataset=dict(ann_file=labels_dir)))
# The labels of the rounds stay with those that they began from.
custom_hooks = _base_.custom_hooks
custom_hooks[0].out_dir = labels_dir + '/self_training'

# See imagenet.py.
without_confidence = dict(train_dataloader=dict(batch_size=2))
