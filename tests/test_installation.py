"""Wheel, editable install, requirements and the files that go with them."""

import ast
import email
import importlib.metadata
import importlib.util
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml
from helpers import ROOT

import mmcuts3d


@pytest.fixture(scope='module')
def wheel(tmp_path_factory):
    """The wheel, built from a copy: a build leaves things in its tree."""
    pytest.importorskip('setuptools', '68')
    source = tmp_path_factory.mktemp('source') / 'mmcuts3d'
    source.mkdir()
    for entry in ('mmcuts3d', 'configs', 'tools', 'requirements'):
        shutil.copytree(
            ROOT / entry,
            source / entry,
            ignore=shutil.ignore_patterns('__pycache__', '.mim'),
        )
    for entry in ('setup.py', 'pyproject.toml', 'MANIFEST.in', 'README.md'):
        shutil.copy2(ROOT / entry, source)
    for entry in ('LICENSE', 'model-index.yml'):
        shutil.copy2(ROOT / entry, source)
    target = source.parent / 'dist'
    target.mkdir()
    code = (
        'import os, sys\n'
        'from setuptools import build_meta\n'
        'os.chdir(sys.argv[1])\n'
        'build_meta.build_wheel(sys.argv[2])\n'
    )
    subprocess.run(
        [sys.executable, '-c', code, str(source), str(target)],
        check=True,
        capture_output=True,
        timeout=180,
    )
    (path,) = target.glob('*.whl')
    return zipfile.ZipFile(path)


def test_source_archive_holds_the_pages_with_their_pictures(
    tmp_path, monkeypatch
):
    egg_info = pytest.importorskip('setuptools.command.egg_info')
    shutil.copytree(ROOT / 'docs', tmp_path / 'docs')
    monkeypatch.chdir(tmp_path)
    files = egg_info.FileList()
    files.findall()
    manifest = (ROOT / 'MANIFEST.in').read_text(encoding='utf-8')
    for line in manifest.splitlines():
        files.process_template_line(line)
    names = {Path(name).as_posix() for name in files.files}
    for path in Path('docs').rglob('*'):
        assert path.is_dir() or path.as_posix() in names
    assert 'docs/images/demo.jpg' in names


def test_wheel_holds_package_and_mim_folder(wheel):
    names = set(wheel.namelist())
    for path in (ROOT / 'configs').rglob('*.*'):
        if path.suffix in ('.py', '.yml', '.md'):
            relative = path.relative_to(ROOT).as_posix()
            assert f'mmcuts3d/.mim/{relative}' in names
    assert 'mmcuts3d/.mim/tools/train.py' in names
    assert 'mmcuts3d/.mim/model-index.yml' in names
    assert 'mmcuts3d/py.typed' in names
    modules = {
        p.relative_to(ROOT).as_posix()
        for p in (ROOT / 'mmcuts3d').rglob('*.py')
        if '.mim' not in p.parts
    }
    assert modules <= names
    assert not any(n.startswith(('tests/', 'configs/')) for n in names)


def test_wheel_asks_for_neither_family(wheel):
    (name,) = (n for n in wheel.namelist() if n.endswith('/METADATA'))
    metadata = email.message_from_bytes(wheel.read(name))
    assert metadata['Version'] == mmcuts3d.__version__
    required = metadata.get_all('Requires-Dist')
    plain = {r for r in required if 'extra ==' not in r}
    assert any(r.startswith('numpy') for r in plain)
    assert not any(re.match(r'(onedl-|mm|open3d)', r) for r in plain)
    extras = set(metadata.get_all('Provides-Extra'))
    assert {'optional', 'tests', 'docs', 'all'} <= extras


def test_editable_install_links_the_mim_folder(tmp_path, monkeypatch):
    for entry in ('configs', 'tools'):
        (tmp_path / entry).mkdir()
        (tmp_path / entry / 'a.py').write_text('a = 1\n')
    (tmp_path / 'model-index.yml').write_text('Import: []\n')
    monkeypatch.setattr('setuptools.setup', lambda **kwargs: None)
    spec = importlib.util.spec_from_file_location('setup', ROOT / 'setup.py')
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, 'ROOT', tmp_path)
    folder = tmp_path / 'mmcuts3d' / '.mim'
    for _ in range(2):  # an installation over an installation
        module.fill_mim(folder, link=True)
        assert (folder / 'configs' / 'a.py').read_text() == 'a = 1\n'
        assert (folder / 'configs').is_symlink()
        assert (tmp_path / 'configs' / 'a.py').is_file()


def test_every_import_is_a_stated_requirement():
    """A module that the package imports stands in requirements/."""
    distributions = {
        'PIL': 'pillow',
        'rerun': 'rerun-sdk',
        'cv2': 'mmcv',
        'yaml': 'pyyaml',
        'huggingface_hub': 'transformers',  # which needs it
    }
    text = '\n'.join(
        (ROOT / 'requirements' / f'{name}.txt').read_text()
        for name in ('runtime', 'mminstall', 'optional')
    )
    stated = set(re.findall(r'^([A-Za-z0-9_-]+)', text, re.MULTILINE))
    stated |= {'open3d', *sys.stdlib_module_names, 'mmcuts3d'}
    missing = set()
    for path in (ROOT / 'mmcuts3d').rglob('*.py'):
        if '.mim' in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text('utf-8'))):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module]
            for name in names:
                top = name.split('.')[0]
                if distributions.get(top, top) not in stated:
                    missing.add((top, path.name))
    assert missing == set()


@pytest.mark.parametrize(
    'path', sorted((ROOT / 'requirements').glob('*.txt')), ids=lambda p: p.stem
)
def test_requirements_parse(path):
    from packaging.requirements import Requirement

    lines = path.read_text().splitlines()
    assert lines[0].startswith('#')
    for line in lines:
        if line and not line.startswith('#'):
            Requirement(line)


def promised_pythons():
    """What the classifiers of the package name, '3.10' and so on."""
    text = (ROOT / 'pyproject.toml').read_text('utf-8')
    return re.findall(r'Programming Language :: Python :: (3\.\d+)', text)


def test_set_up_and_package_promise_the_same_pythons():
    pythons = promised_pythons()
    text = (ROOT / 'pyproject.toml').read_text('utf-8')
    assert f"requires-python = '>={pythons[0]}'" in text
    assert f"python_version = '{pythons[0]}'" in text  # of mypy
    assert f"target-version = 'py{pythons[0].replace('.', '')}'" in text
    script = (ROOT / 'tools' / 'dev' / 'setup.sh').read_text('utf-8')
    least, most = (
        version.replace('.', ', ') for version in (pythons[0], pythons[-1])
    )
    assert f'({least}) <= sys.version_info[:2] <= ({most})' in script
    assert f'Python from {pythons[0]} to {pythons[-1]}' in script
    for version in pythons:
        assert f'python{version}' in script
    constraints = ROOT / 'requirements' / 'constraints.txt'
    assert f'Python {pythons[0]} to {pythons[-1]}' in constraints.read_text()


def pins_without_release(constraints, pythons, requires):
    """Pins that stand for a Python which their release does not run on."""
    from packaging.requirements import Requirement
    from packaging.specifiers import SpecifierSet

    wrong = []
    for line in constraints.splitlines():
        if not line or line.startswith('#'):
            continue
        pin = Requirement(line)
        (version,) = (part.version for part in pin.specifier)
        supported = requires(pin.name, version)
        for python in pythons:
            applies = pin.marker is None or pin.marker.evaluate(
                {
                    'python_version': python,
                    'python_full_version': f'{python}.0',
                }
            )
            if applies and f'{python}.5' not in SpecifierSet(supported or ''):
                wrong.append((pin.name, python))
    return wrong


def test_pins_have_a_release_for_every_python_promised():
    """By the installed releases: what they say that they run on."""
    looked_at = []

    def requires(name, version):
        try:
            release = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            return None  # the other family of OpenMMLab packages
        if release.version.split('+')[0] != version:
            return None
        looked_at.append(name)
        return release.metadata['Requires-Python']

    text = (ROOT / 'requirements' / 'constraints.txt').read_text()
    assert pins_without_release(text, promised_pythons(), requires) == []
    if not looked_at:
        pytest.skip('none of the pinned versions is installed here')


def test_pin_without_a_release_is_found():
    requires = {'a': '>=3.11', 'b': '>=3.10,!=3.14.1', 'c': '>=3.11.0'}
    text = 'a==1\nb==2; python_version >= "3.11"\nc==3; python_version>"3.10"'
    found = pins_without_release(
        text, ['3.10', '3.11'], lambda name, version: requires[name]
    )
    assert found == [('a', '3.10')]


def test_versions_agree():
    citation = yaml.safe_load((ROOT / 'CITATION.cff').read_text('utf-8'))
    assert citation['version'] == mmcuts3d.__version__
    assert mmcuts3d.__version__ in (ROOT / 'CHANGELOG.md').read_text('utf-8')
