"""The package as others meet it: imports, repairs, clear refusals."""

import importlib
import importlib.util
import os
import subprocess
import sys
import types

import pytest
from helpers import ROOT

from mmcuts3d import _openmmlab, compat
from mmcuts3d.compat import (
    checkpoint_classes,
    import_hooks,
    measures_by_one_process,
    mmpretrain_multimodal,
)


def run(code, *arguments, **env):
    """Standard output of ``code`` in a fresh Python."""
    result = subprocess.run(
        [sys.executable, '-c', code, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=180,
        env={**os.environ, 'PYTHONPATH': str(ROOT), **env},
    )
    assert result.returncode == 0, result.stderr
    return result.stdout.split()


def test_import_is_light_and_silent():
    heavy = 'torch numpy scipy mmengine mmcv mmdet mmpretrain torchvision'
    code = (
        'import sys, mmcuts3d\n'
        'print(*[n for n in sys.argv[1].split() if n in sys.modules])'
    )
    assert run(code, heavy) == []


def test_cuts_and_labels_do_without_openmmlab():
    code = """if True:
        import sys
        for name in ('mmengine', 'mmcv', 'mmdet', 'mmpretrain'):
            sys.modules[name] = None  # an import of it raises
        import mmcuts3d.cuts, mmcuts3d.labels
        print('imported')
        """
    assert run(code) == ['imported']


@pytest.mark.parametrize('first', ['registry', 'apis', 'visualization'])
def test_everything_imports_beside_any_torchvision(first):
    pytest.importorskip('mmpretrain')
    if importlib.util.find_spec('torchvision') is None:
        pytest.skip('torchvision is not installed')
    code = f"""if True:
        import mmcuts3d.{first}
        import torchvision
        import mmpretrain.models
        from mmengine.runner import Runner
        print(torchvision.__name__, mmpretrain.models.VisionTransformer
              .__name__, Runner.__name__)
        """
    assert run(code)[-3:] == ['torchvision', 'VisionTransformer', 'Runner']


@pytest.mark.parametrize('fits', [False, True])
def test_torchvision_is_repaired_only_if_its_binary_fails(fits, tmp_path):
    """A package of that name, as torchvision's import behaves."""
    package = tmp_path / 'torchvision'
    package.mkdir()
    (package / '_C.so').write_bytes(b'no library')
    (package / '__init__.py').write_text(
        'import torch\n'
        'try:\n'
        '    torch.ops.torchvision.nms.default\n'
        '    known = True\n'
        'except AttributeError:\n'
        '    known = False\n'
    )
    code = f"""if True:
        import torch
        from mmcuts3d import compat
        compat.install_hooks()
        if {fits}:
            torch.ops.load_library = lambda path: None
        import torchvision
        print(torchvision.known, torchvision.__file__)
        """
    path = os.pathsep.join([str(tmp_path), str(ROOT)])
    known, file = run(code, PYTHONPATH=path)
    assert known == str(not fits)
    assert file.startswith(str(tmp_path))


def test_hooks_are_installed_once():
    compat.install_hooks()
    compat.install_hooks()
    finders = [
        f for f in sys.meta_path if isinstance(f, import_hooks.RepairFinder)
    ]
    assert len(finders) == 1
    assert finders[0].find_spec('numpy', None) is None
    assert set(finders[0].repairs) == {
        'torchvision',
        'mmpretrain.utils.dependency',
    }


def test_every_repair_is_listed_and_says_when_it_goes():
    folder = ROOT / 'mmcuts3d' / 'compat'
    files = {p.stem for p in folder.glob('*.py')}
    assert files - {'__init__', 'import_hooks'} == {
        *compat.HOOKS,
        *compat.PATCHES,
    }
    for name in (*compat.HOOKS, *compat.PATCHES):
        module = importlib.import_module(f'mmcuts3d.compat.{name}')
        assert callable(module.install)
        text = ' '.join(module.__doc__.split())
        assert 'Upstream: https://github.com/' in text
        assert 'Delete this file when' in text


def test_cuts_and_package_install_no_repair():
    code = """if True:
        import sys
        import mmcuts3d, mmcuts3d.cuts, mmcuts3d.labels
        print(sum('Repair' in type(f).__name__ for f in sys.meta_path))
        import mmcuts3d.registry
        print(sum('Repair' in type(f).__name__ for f in sys.meta_path))
        """
    assert run(code) == ['0', '1']


@pytest.mark.parametrize(
    'version,expected', [('5.23.0', True), ('4.53.0', False)]
)
def test_multimodal_is_switched_off_for_a_new_transformers(
    version, expected, monkeypatch
):
    pytest.importorskip('mmpretrain')
    import mmpretrain.version

    monkeypatch.setattr('importlib.metadata.version', lambda name: version)
    monkeypatch.setattr(mmpretrain.version, '__version__', '1.3.6')
    module = types.SimpleNamespace(WITH_MULTIMODAL=True)
    assert mmpretrain_multimodal.switch_off_multimodal(module) is expected
    assert module.WITH_MULTIMODAL is not expected
    module.WITH_MULTIMODAL = False
    assert mmpretrain_multimodal.switch_off_multimodal(module) is False


def test_openmmlab_fits():
    _openmmlab.prepare()  # raises otherwise


def test_missing_package_names_both_families(monkeypatch):
    monkeypatch.setitem(sys.modules, 'mmdet', None)
    with pytest.raises(ImportError, match='mminstall-onedl.txt') as caught:
        _openmmlab.import_module('mmdet')
    assert 'requirements/mminstall.txt' in str(caught.value)
    assert 'needs mmdet' in str(caught.value)


def test_companions_that_do_not_fit_are_an_import_error(monkeypatch):
    def refuse(name):
        raise AssertionError('MMCV==2.3.6 is used but incompatible')

    monkeypatch.setattr('importlib.import_module', refuse)
    with pytest.raises(ImportError, match=r'MMCV==2\.3\.6'):
        _openmmlab.import_module('mmdet')


def test_old_version_is_refused():
    module = types.ModuleType('mmdet')
    module.__version__ = '2.28.0'
    with pytest.raises(ImportError, match=r'3\.3\.0 or newer.*2\.28\.0'):
        _openmmlab.check_version(module, (3, 3, 0))
    module.__version__ = '3.5.1'
    _openmmlab.check_version(module, (3, 3, 0))


@pytest.mark.parametrize(
    'spec,words', [(None, 'without its compiled'), ('there', 'another torch')]
)
def test_mmcv_without_operators_is_refused(spec, words, monkeypatch):
    monkeypatch.setattr('importlib.util.find_spec', lambda name: spec)
    monkeypatch.setitem(sys.modules, 'mmcv._ext', None)
    with pytest.raises(ImportError, match=words):
        _openmmlab.check_operators()


def checkpoint(tmp_path, **extra):
    """A checkpoint with all that mmengine's Runner writes besides tensors."""
    import numpy as np
    import torch
    from mmengine.logging import MessageHub

    hub = MessageHub('test_package')
    hub.update_scalar('train/loss', np.float32(0.5).item())
    hub.update_scalar('train/loss', torch.tensor(0.25))
    hub.update_info('iter', np.int64(7))
    hub.update_info('lr', np.float64(0.1))
    path = tmp_path / 'checkpoint.pth'
    state = {
        'state_dict': {'weight': torch.ones(2)},
        'message_hub': hub.state_dict(),
        'meta': {'seed': np.uint32(3), 'dataset_meta': {'classes': ('a',)}},
    }
    torch.save({**state, **extra}, path)
    return path


def test_checkpoints_of_mmengine_load_safely(tmp_path):
    import torch

    checkpoint_classes.install()
    loaded = torch.load(checkpoint(tmp_path), weights_only=True)
    history = loaded['message_hub']['log_scalars']['train/loss']
    assert history.mean() == pytest.approx(0.375)
    assert history.statistics('min') == 0.25
    assert loaded['message_hub']['runtime_info']['iter'] == 7


@pytest.mark.parametrize('rank', [0, 1])
def test_measures_are_written_by_one_process(rank, tmp_path, monkeypatch):
    """mmengine writes them from every process, to one path."""
    from types import SimpleNamespace

    from mmengine.dist import utils
    from mmengine.hooks import LoggerHook

    measures_by_one_process.install()
    measures_by_one_process.install()
    hook = LoggerHook()
    hook.json_log_path = 'measures.json'
    runner = SimpleNamespace(
        log_dir=str(tmp_path),
        test_dataloader=[],
        logger=SimpleNamespace(info=lambda text: None),
        log_processor=SimpleNamespace(
            get_log_after_epoch=lambda *a, **k: ({'AP': 1.0}, 'AP: 1.0')
        ),
    )
    monkeypatch.setattr(utils, 'get_rank', lambda group=None: rank)
    hook.after_test_epoch(runner)
    assert (tmp_path / 'measures.json').exists() == (rank == 0)


class OtherAttribute:
    def __reduce__(self):
        from mmengine.logging import HistoryBuffer

        return getattr, (HistoryBuffer, '__init__')


class SystemCall:
    def __reduce__(self):
        return os.system, ('true',)


@pytest.mark.parametrize('evil', [OtherAttribute, SystemCall])
def test_other_objects_stay_refused(evil, tmp_path):
    import torch
    from mmengine.logging import HistoryBuffer

    checkpoint_classes.install()
    path = checkpoint(tmp_path, more=evil())
    with pytest.raises(Exception, match='Weights only|Expected a check'):
        torch.load(path, weights_only=True)
    with pytest.raises(ValueError, match='__init__'):
        checkpoint_classes._statistic(HistoryBuffer, '__init__')


def test_config_of_the_package_is_a_base_by_name(tmp_path, package_with_mim):
    from mmengine.config import Config
    from mmengine.hub import get_config, get_model

    name = 'mmcuts3d::maskcut/maskcut_classical_rgbd-scenes.py'
    path = tmp_path / 'mine.py'
    path.write_text(f"_base_ = '{name}'\n")
    for config in (Config.fromfile(path), get_config(name)):
        assert config.model.type == 'mmcuts3d.MaskCutLabeler'
        assert config.default_scope == 'mmdet'
    model = get_model(name)
    assert type(model).__name__ == 'MaskCutLabeler'


def test_all_modules_are_registered_for_the_hub():
    """A detector by bare names of mmdet: the hub scopes to the package."""
    from mmengine.registry import MODELS, DefaultScope

    from mmcuts3d.utils import register_all_modules

    with DefaultScope.overwrite_default_scope('mmcuts3d'):
        register_all_modules()
        assert MODELS.build({'type': 'mmdet.CrossEntropyLoss'})
        assert MODELS.build({'type': 'CrossEntropyLoss'})
        assert MODELS.build({'type': 'mmcuts3d.FlatDepth'})


@pytest.fixture
def package_with_mim(tmp_path, monkeypatch):
    """The package as an installation has it, with its folder `.mim`."""
    installed = tmp_path / 'installed'
    (installed / '.mim').mkdir(parents=True)
    for entry in ('configs', 'model-index.yml'):
        (installed / '.mim' / entry).symlink_to(ROOT / entry)
    from mmengine import hub
    from mmengine.config import config
    from mmengine.utils import get_installed_path

    def installed_path(name):
        if name == 'mmcuts3d':
            return str(installed)
        return get_installed_path(name)

    for module in (hub.hub, config):
        monkeypatch.setattr(module, 'get_installed_path', installed_path)
    monkeypatch.setattr(hub.hub, 'install_package', lambda package: None)
    monkeypatch.setattr(config, 'is_installed', lambda package: True)
