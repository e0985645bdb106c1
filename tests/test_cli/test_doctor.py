"""What ``doctor`` finds, with packages there, missing and broken."""

import json
import sys

import pytest
from helpers import ROOT

from mmcuts3d.cli import checks, doctor, main
from mmcuts3d.cli.checks import Check


@pytest.mark.slow
def test_this_machine_can_run_it(capsys):
    assert main(['doctor']) == 0
    text = capsys.readouterr().out
    assert 'mmcuts3d can run here' in text
    assert '1 mask of a square' in text
    assert main(['doctor', '--json']) == 0
    rows = json.loads(capsys.readouterr().out)
    assert {'topic', 'name', 'state', 'found', 'remedy'} == set(rows[0])
    assert {row['state'] for row in rows} <= {'ok', 'absent', 'broken'}


def test_a_missing_package_comes_with_its_command(monkeypatch):
    monkeypatch.setitem(sys.modules, 'pyarrow', None)
    (found,) = [one for one in checks.optional() if one.name == 'pyarrow']
    assert found.state in ('absent', 'broken')
    assert found.remedy[-1].endswith('pip install pyarrow')
    one = checks.module('Basics', 'no_such_package', needed=True)
    assert (one.state, one.found) == ('broken', 'not installed')
    one = checks.module('Optional', 'no_such_package', what='colours')
    assert one.state == 'absent'
    assert one.remedy == ('colours: pip install no_such_package',)


def test_every_requirement_is_looked_at(monkeypatch):
    lines = (ROOT / 'requirements' / 'runtime.txt').read_text().splitlines()
    asked = {line.split('>')[0] for line in lines if line[:1] not in '#'}
    seen = {checks.DISTRIBUTIONS.get(one, one) for one in checks.NEEDED}
    assert seen | {'torch'} == asked
    monkeypatch.setitem(sys.modules, 'yaml', None)
    (found,) = [one for one in checks.basics() if one.name == 'yaml']
    assert (found.state, found.remedy) == ('broken', ('pip install pyyaml',))


def test_a_package_that_cannot_be_imported_is_broken(tmp_path, monkeypatch):
    (tmp_path / 'breaks.py').write_text('raise OSError("no libusb\\nmore")')
    monkeypatch.syspath_prepend(tmp_path)
    found = checks.module('Optional', 'breaks')
    assert (found.state, found.found) == (
        'broken',
        'import fails: no libusb',
    )


@pytest.mark.parametrize(
    ('there', 'state', 'words'),
    [
        ((), 'broken', 'none installed'),
        (('mmengine', 'onedl-mmengine'), 'broken', 'both: mmengine'),
        (('mmcv', 'onedl-mmengine'), 'broken', 'onedl and upstream'),
    ],
)
def test_families_are_not_mixed(monkeypatch, there, state, words):
    monkeypatch.setattr(
        checks, 'installed', lambda name: '1.0' if name in there else None
    )
    first = next(iter(checks.openmmlab()))
    assert (first.name, first.state) == ('family', state)
    assert words in first.found
    assert 'make setup' in first.remedy[0]


def test_a_broken_cut_is_found(monkeypatch):
    def fail(*_args, **_settings):
        raise RuntimeError('no kernels')

    monkeypatch.setattr('mmcuts3d.cuts.CutS3D.__call__', fail)
    (found,) = checks.cutting()
    assert (found.state, found.found) == ('broken', 'fails: no kernels')


def test_what_is_needed_and_broken_is_the_exit_status(monkeypatch, capsys):
    rows = [
        Check('Basics', 'a', 'ok', '1.0'),
        Check('Basics', 'bb', 'broken', 'not installed', ('pip install bb',)),
    ]
    monkeypatch.setattr(doctor, 'all_checks', lambda: rows)
    assert main(['doctor']) == 1
    assert capsys.readouterr().out == (
        'Basics\n'
        '  ok  a   1.0\n'
        '  NO  bb  not installed\n'
        '          pip install bb\n'
        '\nSomething that is needed is broken: see NO.\n'
    )
