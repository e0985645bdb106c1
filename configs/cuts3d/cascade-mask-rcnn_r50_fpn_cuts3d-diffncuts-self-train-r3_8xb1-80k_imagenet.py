# The third round of self-training, on labels of DiffNCuts (supplement,
# Tables 5 and 9).
#
# Its labels: as for cascade-mask-rcnn_r50_fpn_cuts3d-self-train-r3,
# here of the detector named by `load_from`, with --score-thr 0.65 (none is
# published for a third round), merged with cuts3d-diffncuts_self_training_r2.
_base_ = (
    './cascade-mask-rcnn_r50_fpn_cuts3d-self-train-r3_8xb1-80k_imagenet.py'
)

train_dataloader = dict(
    dataset=dict(
        dataset=dict(ann_file='annotations/cuts3d-diffncuts_self_training_r3')
    ),
)

# Table 9: the weights of the training before.
load_from = (
    'work_dirs/cascade-mask-rcnn_r50_fpn_cuts3d-diffncuts-self-train-r2_8xb1-80k_imagenet/'
    'iter_80000.pth'
)
