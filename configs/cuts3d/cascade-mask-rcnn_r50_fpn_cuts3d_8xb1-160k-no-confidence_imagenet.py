# CutS3D's detector trained without Spatial Confidence: copy-paste draws its
# masks and pastes them as they are, all pixels count alike (supplement, E.2:
# "For our ablations without spatial confidence").
#
# Needs the labels of cascade-mask-rcnn_r50_fpn_cuts3d_4xb1-160k_imagenet.py;
# their confidences are not read.
_base_ = './cascade-mask-rcnn_r50_fpn_cuts3d_4xb1-160k_imagenet.py'

train_dataloader = dict(
    batch_size=1,  # supplement, E.2: 8, on 8 GPUs
    dataset=dict(dataset=dict(confidence=False)),
)

# The rate stays that of Table 8: E.2 names none for this batch.
auto_scale_lr = dict(base_batch_size=8)
