"""Every config loads, names what exists, and keeps the house's rules."""

import ast

import pytest
import yaml
from helpers import ROOT

FOLDER = ROOT / 'configs'
CONFIGS = sorted(
    p
    for p in FOLDER.rglob('*.py')
    if not {'_base_', 'rows'} & set(p.parts) and not p.name.startswith('_')
)
FILES = sorted(FOLDER.rglob('*.py'))
#: Settings that name a file or a download, and what a test builds with.
WITHOUT_WEIGHTS = {'init_cfg': None, 'weights': None}
#: Networks that come whole from a hub; their own tests build tiny ones.
DOWNLOADED = {
    'mmcuts3d.DepthFromTransformers': 'mmcuts3d.FlatDepth',
    'mmcuts3d.DepthFromDiffusers': 'mmcuts3d.FlatDepth',
    'mmcuts3d.FeaturesFromTransformers': 'mmcuts3d.ClassicalFeatures',
}


def name(path):
    return path.relative_to(FOLDER).as_posix()


def load(path):
    from mmengine.config import Config

    import mmcuts3d.registry  # noqa: F401

    return Config.fromfile(path)


def walk(node):
    """Every dict below ``node``, itself included."""
    if isinstance(node, dict):
        yield node
        for value in node.values():
            yield from walk(value)
    elif isinstance(node, (list, tuple)):
        for value in node:
            yield from walk(value)


def own_bases(path):
    """Paths of the bases of ``path`` that lie in this repository."""
    tree = ast.parse(path.read_text('utf-8'))
    for node in tree.body:
        if isinstance(node, ast.Assign) and any(
            isinstance(t, ast.Name) and t.id == '_base_' for t in node.targets
        ):
            value = ast.literal_eval(node.value)
            for base in [value] if isinstance(value, str) else value:
                if '::' not in base:
                    yield (path.parent / base).resolve()


def depth(path):
    return 1 + max((depth(base) for base in own_bases(path)), default=-1)


def resolve(type_name):
    """The class of ``mmcuts3d.X``, from whichever registry holds it."""
    from mmengine.registry import Registry

    import mmcuts3d.registry as registries

    for registry in vars(registries).values():
        if isinstance(registry, Registry) and registry.scope == 'mmcuts3d':
            found = registry.get(type_name)
            if found is not None:
                return found
    return None


def test_there_are_configs():
    assert {p.parent.name for p in CONFIGS} >= {'cuts3d', 'maskcut'}


@pytest.mark.parametrize('path', CONFIGS, ids=name)
def test_config_loads(path):
    config = load(path)
    assert config.get('default_scope') == 'mmdet'
    types = {
        node['type']
        for node in walk(config.to_dict())
        if isinstance(node.get('type'), str)
    }
    own = {t for t in types if t.startswith('mmcuts3d.')}
    assert own, 'a config of mmcuts3d without mmcuts3d'
    assert {t for t in own if resolve(t) is None} == set()


@pytest.mark.parametrize('path', FILES, ids=name)
def test_config_keeps_the_rules(path):
    text = path.read_text('utf-8')
    code = {
        node.value if isinstance(node, ast.Constant) else node.arg
        for node in ast.walk(ast.parse(text))
        if isinstance(node, (ast.Constant, ast.keyword))
    }
    assert '_delete_' not in code
    assert 'custom_imports' not in text
    # A scale of ablations is a recipe that is run otherwise: one level more.
    assert depth(path) <= (3 if path.parent.name == 'scales' else 2)
    for base in own_bases(path):
        assert base.is_file(), base


@pytest.mark.parametrize('path', CONFIGS, ids=name)
def test_model_builds(path, tmp_path):
    from mmdet.registry import MODELS
    from mmengine.registry import init_default_scope

    config = load(path)
    model = config.model  # as a ConfigDict: mmdet reads attributes of it
    for node in walk(model):
        for key, value in WITHOUT_WEIGHTS.items():
            if key in node:
                node[key] = value
        kind = str(node.get('type', ''))
        if kind.startswith('mmcuts3d.') and 'root' in node:
            node['root'] = str(tmp_path)
        if kind in DOWNLOADED:
            node.clear()
            node['type'] = DOWNLOADED[kind]
    init_default_scope(config.get('default_scope', 'mmdet'))
    built = MODELS.build(model)
    assert callable(built.predict)


@pytest.mark.parametrize('folder', sorted(p.name for p in FOLDER.iterdir()))
def test_folder_is_described(folder):
    if folder == '_base_':
        return
    assert (FOLDER / folder / 'README.md').is_file()
    assert (FOLDER / folder / 'metafile.yml').is_file()


def test_model_index_names_every_metafile():
    index = yaml.safe_load((ROOT / 'model-index.yml').read_text('utf-8'))
    metafiles = {
        p.relative_to(ROOT).as_posix() for p in FOLDER.rglob('metafile.yml')
    }
    assert set(index['Import']) == metafiles


@pytest.mark.parametrize(
    'path', sorted(FOLDER.rglob('metafile.yml')), ids=name
)
def test_metafile_names_the_configs_of_its_folder(path):
    metafile = yaml.safe_load(path.read_text('utf-8'))
    collections = {entry['Name'] for entry in metafile['Collections']}
    for entry in metafile['Collections']:
        assert (ROOT / entry['README']).is_file()
        assert entry['Paper']['URL'].startswith('https://')
    models = metafile['Models']
    assert {m['In Collection'] for m in models} <= collections
    assert {ROOT / m['Config'] for m in models} == {
        p for p in CONFIGS if p.parent == path.parent
    }
    for model in models:
        assert model['Name'] == (ROOT / model['Config']).stem
        # Weights that do not exist must not be promised.
        assert 'Weights' not in model
