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
    'reporting': 3,
    'engine': 4,
    'apis': 5,
}
OPENMMLAB = {'mmengine', 'mmcv', 'mmdet', 'mmpretrain'}
PURE = {'cuts', 'files', 'labels'}
#: Files at the package's top: what each layer's pure part may do without.
TOP = {'registry', 'version', '_openmmlab', '_import_repairs', '__init__'}
#: Imported inside functions only, and only there.
LAZY = {
    'open3d': ('visualization/',),
    'pydensecrf': ('cuts/dense_crf.py',),
    'transformers': ('models/', '_import_repairs.py'),
    'diffusers': ('models/',),
    'faster_coco_eval': ('evaluation/functional/coco_backends.py',),
    'timm': (),  # a reference of the tests
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


def violations(source, path):
    """What a file at ``path`` (relative to the package) does wrong."""
    path = Path(path)
    package = ['mmcuts3d', *path.parts[:-1]]
    layer = path.parts[0] if len(path.parts) > 1 else None
    wrong = []
    for name, inside, line in imports(ast.parse(source), package):
        where = f'{path}:{line}'
        parts = name.split('.')
        if parts[0] == 'mmcuts3d' and len(parts) > 1 and layer:
            other = parts[1]
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
            elif path.name in ('__init__.py', '_import_repairs.py') and (
                layer is None and not inside
            ):
                wrong.append(f'{where}: import mmcuts3d imports {parts[0]}')
        if parts[0] == 'torch' and layer is None and not inside:
            wrong.append(f'{where}: import mmcuts3d imports torch')
        if parts[0] in LAZY:
            allowed = LAZY[parts[0]]
            if not inside:
                wrong.append(f'{where}: {parts[0]} outside a function')
            elif not path.as_posix().startswith(allowed):
                places = ', '.join(allowed) or 'no file'
                wrong.append(f'{where}: {parts[0]} belongs into {places}')
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
        ('cuts/cleanup.py', 'def f():\n import pydensecrf', 'dense_crf'),
        ('models/depth/a.py', 'from transformers import X', 'outside'),
        ('__init__.py', 'import mmengine', 'import mmcuts3d imports'),
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
        ('cuts/dense_crf.py', 'def f():\n from pydensecrf import densecrf'),
        ('models/labelers/a.py', 'from ..features import X\nimport mmdet'),
        ('models/labelers/a.py', 'from ...cuts import CutS3D'),
        ('datasets/transforms/a.py', 'from ...labels import X'),
        ('engine/hooks/a.py', 'from mmcuts3d.models import X'),
        ('apis/a.py', 'from ..visualization import X'),
        ('models/depth/a.py', 'def f():\n from transformers import X'),
        ('registry.py', 'from mmengine.registry import MODELS'),
    ],
)
def test_checker_lets_pass(path, source):
    assert violations(source, path) == []


def test_every_file_has_a_layer():
    known = set(LAYER)
    folders = {
        p.relative_to(PACKAGE).parts[0] for p in SOURCES if p.parent != PACKAGE
    }
    assert folders <= known
    assert {p.stem for p in SOURCES if p.parent == PACKAGE} == TOP


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
