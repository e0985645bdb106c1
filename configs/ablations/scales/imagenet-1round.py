# Ablations as the paper has them, with one round of self-training (Tables 4
# and 6; supplement, Table 9); see imagenet.py.
_base_ = [
    '../../cuts3d/cascade-mask-rcnn_r50_fpn_cuts3d-3rounds_4xb1-400k_imagenet.py',
    '../../_base_/labelers/diffncuts_zoedepth_imagenet.py',
]

labels_dir = '{{$MMCUTS3D_LABELS_DIR:data/imagenet/annotations/ablations}}'
train_cfg = dict(
    type='mmcuts3d.LabelThenTrainLoop',
    max_iters=240_000,  # supplement, Tables 8 and 9: 160k + 80k
    labels=dict(out_dir=labels_dir, **_base_.labeling),
)
train_dataloader = dict(dataset=dict(dataset=dict(ann_file=labels_dir)))
# The first of the three rounds.
custom_hooks = _base_.custom_hooks
custom_hooks[0].begins = [160_000]
custom_hooks[0].score_thr = 0.7  # CutLER
custom_hooks[0].out_dir = labels_dir + '/self_training'

# See imagenet.py.
without_confidence = dict(train_dataloader=dict(batch_size=2))
