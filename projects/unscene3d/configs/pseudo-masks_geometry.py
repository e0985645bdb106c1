# Instances of any scan, without training:
#
#     python projects/unscene3d/tools/segment_scene.py scene.ply
_base_ = ['_base_/project.py', '_base_/pseudo-masks-of-geometry.py']
