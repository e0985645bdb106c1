"""The demo's recipe, shrunk to seconds, in the current folder."""

from mmengine.config import Config
from mmengine.hooks import Hook

from helpers import ROOT
from mmcuts3d.registry import HOOKS

DEMO = 'cascade-mask-rcnn_r18_fpn_cuts3d_1xb2-demo_rgbd-scenes.py'
LABELS = {
    'model': {
        'type': 'mmcuts3d.CutS3DLabeler',
        'features': {'type': 'mmcuts3d.ClassicalFeatures', 'patch_size': 8},
        'depth': {
            'type': 'mmcuts3d.DepthFromFiles',
            'root': 'scenes/depth',
        },
        'cut': {'preset': 'touching'},
    },
    'dataloader': {
        'batch_size': 1,
        'num_workers': 0,
        'sampler': {'type': 'DefaultSampler', 'shuffle': False},
        'dataset': {
            'type': 'mmcuts3d.RGBDScenes',
            'data_root': 'scenes',
            'num_scenes': 5,
            'seed': 3,
            'size': (128, 128),
            'pipeline': [
                {'type': 'mmcuts3d.LoadImage'},
                {'type': 'mmdet.Resize', 'scale': (128, 128)},
                {'type': 'mmdet.PackDetInputs'},
            ],
            'serialize_data': False,  # its garbage collection takes a second
        },
    },
    'out_dir': 'labels',
}


def tiny_config(max_iters, hooks=()):
    """The demo's config with a tiny detector, five scenes, no validation."""
    config = Config.fromfile(ROOT / 'configs' / 'cuts3d' / DEMO)
    model = config.model
    model.backbone.update(base_channels=8)
    model.neck.update(in_channels=[8, 16, 32, 64], out_channels=16)
    model.rpn_head.update(in_channels=16, feat_channels=16)
    heads = model.roi_head
    heads.bbox_roi_extractor.out_channels = 16
    heads.mask_roi_extractor.out_channels = 16
    for head in heads.bbox_head:
        head.update(in_channels=16, fc_out_channels=16)
    for head in heads.mask_head:
        head.update(num_convs=1, in_channels=16, conv_out_channels=16)
    model.train_cfg.rpn_proposal.update(nms_pre=100, max_per_img=30)
    model.test_cfg.rpn.update(nms_pre=100, max_per_img=30)
    model.test_cfg.rcnn.update(max_per_img=8)
    config.train_dataloader.dataset = {
        'type': 'mmcuts3d.PseudoLabelDataset',
        'ann_file': 'labels/pseudo_labels.json',
        'data_prefix': {'img': 'scenes/color'},
        'filter_cfg': {'filter_empty_gt': True},
        'pipeline': [
            {'type': 'mmcuts3d.LoadImage'},
            {'type': 'mmcuts3d.LoadPseudoLabels'},
            {'type': 'mmdet.Resize', 'scale': (96, 96)},
            {'type': 'mmcuts3d.PackPseudoLabels'},
        ],
        'serialize_data': False,
    }
    config.train_cfg.max_iters = max_iters
    config.train_cfg.labels = LABELS  # ConfigDict.update would merge
    for key in ('val_dataloader', 'val_evaluator', 'val_cfg'):
        config.pop(key)
    for key in ('test_dataloader', 'test_evaluator', 'test_cfg'):
        config.pop(key)
    config.param_scheduler = []
    config.default_hooks.checkpoint.update(interval=1, max_keep_ckpts=-1)
    config.custom_hooks = [{'type': 'mmcuts3d.Watcher'}, *hooks]
    config.work_dir = 'work'
    config.randomness = {'seed': 0}
    config.env_cfg = {}
    config.log_level = 'WARNING'
    return config


@HOOKS.register_module()
class Watcher(Hook):
    """Notes what an iteration trains on and leaves behind."""

    priority = 65  # after SelfTrainingHook, before the schedulers
    before = []
    after = []

    def before_train_iter(self, runner, batch_idx, data_batch=None):
        samples = data_batch['data_samples']
        self.before.append(
            {
                'iter': runner.iter,
                'lr': runner.optim_wrapper.get_lr()['lr'][0],
                'images': {
                    sample.img_id: len(sample.gt_instances)
                    for sample in samples
                },
                'size': len(samples),
            }
        )

    def after_train_iter(
        self, runner, batch_idx, data_batch=None, outputs=None
    ):
        dataset = runner.train_dataloader.dataset
        while hasattr(dataset, 'dataset'):
            dataset = dataset.dataset
        self.after.append(
            {
                'lr': runner.optim_wrapper.get_lr()['lr'][0],
                'state': len(runner.optim_wrapper.optimizer.state),
                'ann_file': str(dataset.ann_file),
                'training': runner.model.training,
            }
        )
