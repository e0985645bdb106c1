# SOLOv2 on mask proposals, as the paper trains it (Tables 2 and 3).
#
# The label stores are made first, by
# `tools/generate_pseudo_labels.py` with
# proposals_vit-b16-mae_vit-b16-dino_coco.py: see the README.
_base_ = [
    './_base_/project.py',
    './_base_/solov2_r101_fpn_boxinst.py',
    './_base_/coco_proposals.py',
    './_base_/schedule_60k.py',
    '../../../configs/_base_/datasets/coco_val_class-agnostic.py',
    '../../../configs/_base_/default_runtime.py',
]

# SOLOv2 predicts no boxes.
val_evaluator = dict(metric=('segm',))
test_evaluator = val_evaluator
