"""The import law of the house, read from the sources by ``ast``."""

import ast
import importlib
from pathlib import Path

import pytest
from helpers import ROOT

PACKAGE = ROOT / 'mmcuts3d'
SOURCES = sorted(p for p in PACKAGE.rglob('*.py') if '.mim' not in p.parts)

LAYER = {
    'cuts': 0,
    'files': 0,
    'compat': 0,
    'labels': 1,
    'models': 2,
    'datasets': 2,
    'evaluation': 2,
    'visualization': 2,
    'exports': 2,
    'reporting': 3,
    'viewing': 3,
    'imports': 3,
    'engine': 4,
    'apis': 5,
    'cli': 6,
}
OPENMMLAB = {'mmengine', 'mmcv', 'mmdet', 'mmpretrain'}
PURE = {'cuts', 'files', 'labels', 'exports', 'imports'}
#: Nobody but the check of the packages, and commands, installs repairs.
REPAIRS = 'compat'
#: Layers that start without the registry: commands say what is missing.
START = {REPAIRS, 'cli'}
PROJECTS = ROOT / 'projects'
#: Files at the package's top: what each layer's pure part may do without.
TOP = {'registry', 'version', 'utils', '_openmmlab', '__init__', '__main__'}
#: Imported inside functions only, and only there.
LAZY = {
    'open3d': ('visualization/', 'viewing/'),
    'plotly': ('visualization/web_cloud.py',),
    'rerun': ('viewing/',),
    'pydensecrf': (),  # a reference of the tests
    'transformers': ('models/', 'compat/'),
    'diffusers': ('models/',),
    'faster_coco_eval': ('evaluation/functional/coco_backends.py',),
    'timm': (),  # a reference of the tests
    # Rooms of what comes: a store's backends, the executors of a job.
    'pyarrow': ('labels/backends/',),
    'ray': ('engine/executors/',),
    'supervision': ('exports/',),
}
#: Rooms inside a layer with a law of their own: who may import them, beside
#: themselves. A twin, a backend or an executor is chosen by name at the door.
ROOMS = {
    'cuts/batched': ('cuts/batched/',),
    'labels/backends': ('labels/',),
    'engine/executors': ('engine/',),
}
MAX_LINES, MAX_FILES = 350, 15


def imports(tree, package):
    """Absolute (name, inside a function?, line) of each import of a module."""
    found = []

    def visit(node, inside):
        for child in ast.iter_child_nodes(node):
            deeper = inside or isinstance(
                child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
            )
            if isinstance(child, ast.Import):
                for alias in child.names:
                    found.append((alias.name, inside, child.lineno))
            elif isinstance(child, ast.ImportFrom):
                base = child.module or ''
                if child.level:
                    parents = package[: len(package) - child.level + 1]
                    base = '.'.join([*parents, *filter(None, [base])])
                # `from . import x` may name a module: keep the full name.
                for alias in child.names:
                    found.append(
                        (f'{base}.{alias.name}', inside, child.lineno)
                    )
            visit(child, deeper)

    visit(tree, False)
    return found


def room_of(parts):
    """The room that a module name below the package lies in, or None."""
    name = '/'.join(parts[1:3])
    return name if name in ROOMS else None


def violations(source, path):
    """What a file at ``path`` (relative to the package) does wrong."""
    path = Path(path)
    package = ['mmcuts3d', *path.parts[:-1]]
    layer = path.parts[0] if len(path.parts) > 1 else None
    wrong = []
    for name, inside, line in imports(ast.parse(source), package):
        where = f'{path}:{line}'
        parts = name.split('.')
        room = room_of(parts) if parts[0] == 'mmcuts3d' else None
        if room and LAYER.get(layer, 9) <= LAYER[room.split('/')[0]]:
            allowed = ROOMS[room]
            if not path.as_posix().startswith(allowed):
                wrong.append(f'{where}: {path} imports the room {room}')
        if parts[0] == 'projects':
            wrong.append(f'{where}: the core imports a project')
        if parts[0] == 'mmcuts3d' and len(parts) > 1 and layer:
            other = parts[1]
            if other == REPAIRS and layer != REPAIRS and layer in PURE:
                wrong.append(f'{where}: pure {layer} imports a repair')
                continue
            if other in LAYER and other != layer:
                if LAYER[other] == LAYER[layer]:
                    wrong.append(f'{where}: sibling {layer} imports {other}')
                elif LAYER[other] > LAYER[layer]:
                    wrong.append(f'{where}: {layer} imports {other} above it')
            elif other == 'registry' and layer in PURE:
                wrong.append(f'{where}: pure {layer} imports the registry')
            elif other == '_openmmlab' and layer in PURE:
                wrong.append(f'{where}: pure {layer} imports OpenMMLab')
        if parts[0] in OPENMMLAB:
            if layer in PURE:
                wrong.append(f'{where}: pure {layer} imports {parts[0]}')
            elif layer == REPAIRS and not inside:
                wrong.append(f'{where}: a repair imports {parts[0]} too early')
            elif path.name == '__init__.py' and layer is None and not inside:
                wrong.append(f'{where}: import mmcuts3d imports {parts[0]}')
        if parts[0] == 'torch' and layer in (None, REPAIRS) and not inside:
            wrong.append(f'{where}: import mmcuts3d imports torch')
        if parts[0] in LAZY:
            allowed = LAZY[parts[0]]
            if not inside:
                wrong.append(f'{where}: {parts[0]} outside a function')
            elif not path.as_posix().startswith(allowed):
                places = ', '.join(allowed) or 'no file'
                wrong.append(f'{where}: {parts[0]} belongs into {places}')
    return wrong


def project_violations(source, path):
    """What a file at ``path`` (relative to projects/) does wrong."""
    path = Path(path)
    package = ['projects', *path.parts[:-1]]
    wrong = []
    for name, _, line in imports(ast.parse(source), package):
        where = f'projects/{path}:{line}'
        parts = name.split('.')
        if parts[0] == 'mmcuts3d' and any(
            part.startswith('_') for part in parts
        ):
            wrong.append(f'{where}: a private name of the core, {name}')
        if parts[0] == 'projects' and parts[1:2] != [path.parts[0]]:
            wrong.append(f'{where}: another project, {name}')
    return wrong


@pytest.mark.parametrize(
    'path', SOURCES, ids=lambda p: p.relative_to(PACKAGE).as_posix()
)
def test_file_keeps_the_law(path):
    relative = path.relative_to(PACKAGE)
    assert violations(path.read_text('utf-8'), relative) == []
    assert len(path.read_text('utf-8').splitlines()) <= MAX_LINES


@pytest.mark.parametrize(
    'path,source,words',
    [
        ('cuts/semantic/affinity.py', 'import mmengine', 'imports mmengine'),
        ('cuts/a.py', 'def f():\n import mmcv.ops', 'imports mmcv'),
        ('labels/store.py', 'from mmdet.structures import X', 'mmdet'),
        ('labels/store.py', 'from ..registry import MODELS', 'registry'),
        ('cuts/a.py', 'from ..labels import read_labels', 'above it'),
        ('cuts/a.py', 'from mmcuts3d import labels', 'above it'),
        ('models/labelers/a.py', 'from ...datasets import X', 'sibling'),
        ('models/a.py', 'from .. import evaluation', 'sibling'),
        ('datasets/transforms/a.py', 'import mmcuts3d.models', 'sibling'),
        ('evaluation/a.py', 'from ..apis.inferencer import X', 'above it'),
        ('visualization/a.py', 'import open3d', 'outside a function'),
        ('models/a.py', 'def f():\n import open3d', 'belongs into'),
        ('cuts/a.py', 'def f():\n import pydensecrf', 'belongs into'),
        ('models/depth/a.py', 'from transformers import X', 'outside'),
        ('__init__.py', 'import mmengine', 'import mmcuts3d imports'),
        ('compat/a.py', 'import mmengine', 'too early'),
        ('compat/a.py', 'import torch', 'imports torch'),
        ('cuts/a.py', 'from ..compat import install_hooks', 'a repair'),
        ('labels/store.py', 'import pyarrow', 'outside a function'),
        ('labels/a.py', 'def f():\n import pyarrow', 'labels/backends/'),
        ('engine/a.py', 'def f():\n import ray', 'engine/executors/'),
        ('cuts/cuts3d.py', 'from .batched import X', 'the room cuts/batched'),
        ('engine/a.py', 'from projects.depthg import X', 'a project'),
        ('cuts/a.py', 'def f():\n import projects.depthg', 'a project'),
        ('__init__.py', 'import torch', 'imports torch'),
    ],
)
def test_checker_catches(path, source, words):
    found = violations(source, path)
    assert len(found) == 1
    assert words in found[0]


@pytest.mark.parametrize(
    'path,source',
    [
        ('cuts/a.py', 'import torch\nfrom .types import X\nimport scipy'),
        ('cuts/crf/a.py', 'def f():\n from numba import njit'),
        ('models/labelers/a.py', 'from ..features import X\nimport mmdet'),
        ('models/labelers/a.py', 'from ...cuts import CutS3D'),
        ('datasets/transforms/a.py', 'from ...labels import X'),
        ('engine/hooks/a.py', 'from mmcuts3d.models import X'),
        ('apis/a.py', 'from ..visualization import X'),
        ('models/depth/a.py', 'def f():\n from transformers import X'),
        ('registry.py', 'from mmengine.registry import MODELS'),
        ('compat/a.py', 'def install():\n import mmengine, torch'),
        ('cuts/batched/a.py', 'from ..types import X\nimport torch'),
        ('cuts/batched/__init__.py', 'from .affinity import X'),
        ('models/labelers/a.py', 'from ...cuts.batched import X'),
        ('labels/backends/parquet.py', 'def f():\n import pyarrow'),
        ('labels/store.py', 'from .backends import open_backend'),
        ('engine/executors/ray.py', 'def f():\n import ray'),
        ('engine/labeling.py', 'from .executors import X'),
    ],
)
def test_checker_lets_pass(path, source):
    assert violations(source, path) == []


@pytest.mark.parametrize(
    'path',
    sorted(PROJECTS.rglob('*.py')),
    ids=lambda p: p.relative_to(PROJECTS).as_posix(),
)
def test_project_keeps_the_law(path):
    text = path.read_text('utf-8')
    assert project_violations(text, path.relative_to(PROJECTS)) == []
    assert len(text.splitlines()) <= MAX_LINES


@pytest.mark.parametrize(
    'source,words',
    [
        ('from mmcuts3d.cuts.spatial import _parts', 'a private name'),
        ('import mmcuts3d._openmmlab', 'a private name'),
        ('from projects.other.package import X', 'another project'),
        ('from ...other.package import X', 'another project'),
    ],
)
def test_project_checker_catches(source, words):
    found = project_violations(source, 'mine/package/a.py')
    assert len(found) == 1
    assert words in found[0]


@pytest.mark.parametrize(
    'source',
    [
        'from mmcuts3d.cuts import CutS3D',
        'from projects.mine.package.b import X',
        'from .b import X\nfrom . import _c',
        'import mmcuts3d.registry, mmdet',
    ],
)
def test_project_checker_lets_pass(source):
    assert project_violations(source, 'mine/package/a.py') == []


def test_every_file_has_a_layer():
    known = set(LAYER)
    folders = {
        p.relative_to(PACKAGE).parts[0] for p in SOURCES if p.parent != PACKAGE
    }
    assert folders <= known
    assert {p.stem for p in SOURCES if p.parent == PACKAGE} == TOP


@pytest.mark.parametrize('layer', sorted(set(LAYER) - PURE - START))
def test_layer_imports_the_registry_first(layer):
    """It repairs what mmdet imports, whichever module a user names."""
    text = (PACKAGE / layer / '__init__.py').read_text('utf-8')
    first = imports(ast.parse(text), ['mmcuts3d', layer])[0][0]
    assert first == 'mmcuts3d.registry'


def test_folders_stay_small():
    sizes = {}
    for path in SOURCES:
        if path.name == '__init__.py':
            continue
        sizes[path.parent] = sizes.get(path.parent, 0) + 1
    assert {p.name: n for p, n in sizes.items() if n > MAX_FILES} == {}


def test_modules_open_with_a_docstring():
    without = [
        str(p.relative_to(ROOT))
        for p in SOURCES
        if not ast.get_docstring(ast.parse(p.read_text('utf-8')))
    ]
    assert without == []


@pytest.mark.parametrize(
    'path',
    [p for p in SOURCES if p.name == '__init__.py'],
    ids=lambda p: p.parent.relative_to(ROOT).as_posix(),
)
def test_public_names_exist(path):
    name = '.'.join(path.parent.relative_to(ROOT).parts)
    module = importlib.import_module(name)
    public = module.__all__
    assert sorted(set(public)) == sorted(public), 'a name twice'
    for entry in public:
        assert hasattr(module, entry), f'{name}.{entry}'
