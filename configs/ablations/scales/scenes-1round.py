# Ablations on the embedded scenes, with one round of self-training in the
# second half of the run; see scenes.py.
_base_ = (
    '../../cuts3d/cascade-mask-rcnn_r18_fpn_cuts3d_1xb2-demo_rgbd-scenes.py'
)

train_cfg = dict(labels=dict(model=dict(cut=dict(preset='paper'))))
