"""A Ray cluster of two nodes labels as one process does, and loses nothing."""

import os
import signal
import subprocess
import sys

import pytest
from helpers import ROOT
from helpers.labeling import CONFIG, write_images

from mmcuts3d.engine.executors import run_on_ray
from mmcuts3d.engine.labeling import (
    LabelingJob,
    folder_dataloader,
    run_labeling,
)
from mmcuts3d.labels import BACKENDS

pytest.importorskip('ray', reason='needs ray[data]')


class KilledOnce(LabelingJob):
    """Its process dies by kill -9 in the middle of the set, once."""

    def _keep(self, writer, samples, root):
        super()._keep(writer, samples, root)
        mark = os.path.join(os.path.dirname(root), 'killed')
        if samples[0].img_path.endswith('4.png') and not os.path.exists(mark):
            open(mark, 'w').close()
            os.kill(os.getpid(), signal.SIGKILL)


def make_job(kind, images, out, store=None):
    loader = folder_dataloader(CONFIG['test_dataloader'], images)
    return kind(
        CONFIG['model'],
        loader,
        out,
        imports=['helpers.labeling'],
        store=store,
    )


def check(folder):
    """With both kinds of store, in one cluster."""
    import ray
    from mmengine.registry import init_default_scope
    from ray.cluster_utils import Cluster

    init_default_scope('mmdet')
    images = write_images(folder / 'images')
    cluster = Cluster(True, head_node_args={'num_cpus': 1})
    cluster.add_node(num_cpus=1)
    ray.init(address=cluster.address, log_to_driver=False)
    try:
        assert len(ray.nodes()) == 2
        for store in BACKENDS:
            check_store(folder / store, images, store)
            (folder / 'killed').unlink()
    finally:
        ray.shutdown()
        cluster.shutdown()


def check_store(folder, images, store):
    one = run_labeling(make_job(LabelingJob, images, folder / 'one', store))
    job = make_job(KilledOnce, images, folder / 'two', store)
    two = run_on_ray(job, workers=(1, 2))
    assert (images.parent / 'killed').exists()
    assert two.statistics == one.statistics
    paths = sorted(path.name for path in one.out_dir.iterdir())
    assert 'errors.json' in paths
    for name in paths:
        if not name.startswith('records.'):
            ours, theirs = two.out_dir / name, one.out_dir / name
            assert ours.read_bytes() == theirs.read_bytes(), name


def test_two_nodes_label_as_one_process_does(tmp_path):
    """In a process of its own: Ray leaves threads and handlers behind."""
    code = (
        'import sys, pathlib; from test_labeling_on_ray import check; '
        'check(pathlib.Path(sys.argv[1]))'
    )
    paths = [str(ROOT), str(ROOT / 'tests'), os.path.dirname(__file__)]
    result = subprocess.run(
        [sys.executable, '-c', code, str(tmp_path)],
        env={
            **os.environ,
            'PYTHONPATH': os.pathsep.join(paths),
            'OMP_NUM_THREADS': '1',
            'RAY_USAGE_STATS_ENABLED': '0',
        },
        capture_output=True,
        text=True,
        timeout=900,  # it waits more than it works, and longer under load
    )
    assert result.returncode == 0, result.stdout + result.stderr


def test_bounds_of_the_workers_are_checked(tmp_path):
    job = make_job(LabelingJob, tmp_path, tmp_path / 'out')
    with pytest.raises(ValueError, match='`workers`.*but got 3 and 2'):
        run_on_ray(job, workers=(3, 2))
