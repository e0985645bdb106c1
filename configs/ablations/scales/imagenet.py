# Ablations as the paper has them (Sec. 5): labels of ImageNet with DiffNCuts
# features and ZoeDepth, the detector of Table 8 of the supplement, AP on COCO
# val2017. Labels are made at the start of the run; rows that cut alike share
# them. The cut in batches wants a GPU.
#
# python tools/ablations.py table7 --scale imagenet --gpus 4
_base_ = [
    '../../cuts3d/cascade-mask-rcnn_r50_fpn_cuts3d_4xb1-160k_imagenet.py',
    '../../_base_/labelers/diffncuts_zoedepth_imagenet.py',
]

labels_dir = '{{$MMCUTS3D_LABELS_DIR:data/imagenet/annotations/ablations}}'
train_cfg = dict(
    type='mmcuts3d.LabelThenTrainLoop',
    labels=dict(out_dir=labels_dir, **_base_.labeling),
)
train_dataloader = dict(dataset=dict(dataset=dict(ann_file=labels_dir)))

# Without Spatial Confidence there is memory for twice the images: a batch of
# 8 (supplement, E.2), on 4 GPUs. tools/ablations.py puts this over such rows.
without_confidence = dict(train_dataloader=dict(batch_size=2))
