# The one round of self-training, on labels of DiffNCuts (supplement,
# Table 9).
#
# Its labels: as for cascade-mask-rcnn_r50_fpn_cuts3d-self-train-r1,
# here of the detector named by `load_from`, with --score-thr 0.7 (CutLER),
# merged with cuts3d-diffncuts_pseudo_labels.
_base_ = (
    './cascade-mask-rcnn_r50_fpn_cuts3d-self-train-r1_8xb1-80k_imagenet.py'
)

train_dataloader = dict(
    dataset=dict(
        dataset=dict(ann_file='annotations/cuts3d-diffncuts_self_training_r1')
    ),
)

# Table 9: the weights of the training before.
load_from = (
    'work_dirs/cascade-mask-rcnn_r50_fpn_cuts3d-diffncuts_4xb1-160k_imagenet/'
    'iter_160000.pth'
)
