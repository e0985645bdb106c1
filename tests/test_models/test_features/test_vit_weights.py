"""Weights by name against a local HTTP server: cache, record, refusal."""

import functools
import hashlib
import http.server
import threading

import pytest
import torch

from mmcuts3d.cli.running import MISTAKES
from mmcuts3d.models import hub
from mmcuts3d.models.features import weights as module
from mmcuts3d.models.features.vit_keys import ViTKeys
from mmcuts3d.models.features.weights import (
    HOST,
    OFFICIAL_WEIGHTS,
    WeightsError,
    find_weights,
    weights_folder,
)

PATH = 'dino/dino_deitsmall8_pretrain/dino_deitsmall8_pretrain.pth'


class Handler(http.server.SimpleHTTPRequestHandler):
    def do_GET(self):
        self.server.requests.append(self.path)
        super().do_GET()

    def send_header(self, keyword, value):
        if keyword == 'Content-Length' and self.server.truncated:
            value = str(int(value) + 1000)
        super().send_header(keyword, value)

    def log_message(self, *args):
        pass


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    monkeypatch.setenv('no_proxy', '*')


@pytest.fixture
def server(tmp_path):
    root = tmp_path / 'served'
    root.mkdir()
    handler = functools.partial(Handler, directory=str(root))
    with http.server.ThreadingHTTPServer(('127.0.0.1', 0), handler) as server:
        server.requests, server.truncated, server.root = [], False, root
        server.url = f'http://127.0.0.1:{server.server_port}'
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def serve(server, path=PATH, content=b'weights' * 100_000):
    file = server.root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    return content


def names(folder):
    return sorted(p.name for p in folder.iterdir()) if folder.exists() else []


def test_downloads_once_and_records_the_digest(server, tmp_path):
    content = serve(server)
    cache = tmp_path / 'cache'
    for _ in range(2):
        path = find_weights('dino_vits8', cache, server.url)
    assert path == cache / 'dino_deitsmall8_pretrain.pth'
    assert path.read_bytes() == content
    record = cache / 'dino_deitsmall8_pretrain.pth.sha256'
    expected = f'{hashlib.sha256(content).hexdigest()}  {path.name}\n'
    assert record.read_text() == expected
    assert server.requests == ['/' + PATH]
    assert names(cache) == [path.name, record.name]


def test_a_download_is_announced_once(server, tmp_path, monkeypatch):
    said = []
    monkeypatch.setattr(hub, 'print_log', lambda line, _: said.append(line))
    serve(server)
    for _ in range(2):
        path = find_weights('dino_vits8', tmp_path / 'cache', server.url)
    assert said == [
        f'Downloading {path.name}, 0.7 MB, once, from {server.url}/{PATH} to '
        f'{path.parent}'
    ]


def test_tools_take_a_failure_for_a_mistake_of_the_user():
    assert issubclass(WeightsError, MISTAKES)


def test_file_that_changed_is_refused(server, tmp_path):
    serve(server)
    path = find_weights('dino_vits8', tmp_path, server.url)
    path.write_bytes(b'something else')
    with pytest.raises(WeightsError, match='has changed: SHA-256') as error:
        find_weights('dino_vits8', tmp_path, server.url)
    assert f'fetch {server.url}/{PATH} and save it as {path}' in str(
        error.value
    )


def test_second_download_is_compared_with_the_first(server, tmp_path):
    serve(server)
    path = find_weights('dino_vits8', tmp_path, server.url)
    path.unlink()
    serve(server, content=b'replaced at the source')
    with pytest.raises(WeightsError, match='has changed: SHA-256'):
        find_weights('dino_vits8', tmp_path, server.url)
    assert not path.exists()
    (tmp_path / f'{path.name}.sha256').unlink()
    path = find_weights('dino_vits8', tmp_path, server.url)
    assert path.read_bytes() == b'replaced at the source'


@pytest.mark.parametrize('fault', ['missing', 'truncated', 'nobody there'])
def test_failed_download_says_how_to_place_the_file(fault, server, tmp_path):
    url, cache = server.url, tmp_path / 'cache'
    if fault == 'truncated':
        serve(server)
        server.truncated = True
    if fault == 'nobody there':
        url = 'http://127.0.0.1:9'
    with pytest.raises(WeightsError) as error:
        find_weights('dino_vits8', cache, url)
    message = str(error.value)
    assert {
        'missing': 'HTTP Error 404',
        'truncated': 'ended after 700000 of 701000 bytes',
        'nobody there': 'refused',
    }[fault] in message
    target = cache / 'dino_deitsmall8_pretrain.pth'
    assert f'fetch {url}/{PATH} and save it as {target}' in message
    assert names(cache) == []  # neither a part nor a record is left


def test_published_digest_is_checked(server, tmp_path):
    official = OFFICIAL_WEIGHTS['mae_vitb16']
    content = serve(server, official.url.lstrip('/'))
    md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
    with pytest.raises(
        WeightsError,
        match=f'md5 begins with {md5[:6]}, the published .*8cad7c',
    ):
        find_weights('mae_vitb16', tmp_path / 'cache', server.url)
    assert names(tmp_path / 'cache') == []


def test_published_digest_that_fits(server, tmp_path, monkeypatch):
    official = OFFICIAL_WEIGHTS['mae_vitb16']
    content = serve(server, official.url.lstrip('/'))
    md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
    official = official._replace(digest=f'md5:{md5[:6]}')
    monkeypatch.setitem(OFFICIAL_WEIGHTS, 'mae_vitb16', official)
    assert find_weights('mae_vitb16', tmp_path, server.url).is_file()


def test_file_placed_by_hand_is_recorded_and_needs_no_network(tmp_path):
    path = tmp_path / 'dino_deitsmall8_pretrain.pth'
    path.write_bytes(b'by hand')
    nowhere = 'http://127.0.0.1:9'
    assert find_weights('dino_vits8', tmp_path, nowhere) == path
    record = tmp_path / (path.name + '.sha256')
    assert hashlib.sha256(b'by hand').hexdigest() in record.read_text()
    path.write_bytes(b'another')
    with pytest.raises(WeightsError, match='has changed'):
        find_weights('dino_vits8', tmp_path, nowhere)


def test_weights_without_a_direct_link_say_where_to_get_them(tmp_path):
    with pytest.raises(WeightsError, match='no direct link') as error:
        find_weights('diffncuts_vits16', tmp_path)
    target = tmp_path / 'diffncuts_vits16.pth'
    assert 'fetch https://drive.google.com/file/d/' in str(error.value)
    assert f'save it as {target}' in str(error.value)


def test_wrong_architecture_under_an_official_name(tmp_path):
    path = tmp_path / 'dino_deitsmall8_pretrain.pth'
    torch.save(ViTKeys('tiny', 16, out='tokens').backbone.state_dict(), path)
    with pytest.raises(ValueError, match="arch 'tiny'") as error:
        ViTKeys('small', 8, 'dino_vits8', cache_dir=tmp_path)
    assert "'dino_vits8' stands for arch 'small' with patch size 8" in (
        str(error.value)
    )
    assert f'fetch {HOST}/{PATH} and save it as {path}' in str(error.value)


def test_local_file_is_taken_as_it_is(tmp_path):
    path = tmp_path / 'mine.pth'
    path.write_bytes(b'')
    assert find_weights(path) == path
    assert names(tmp_path) == ['mine.pth']


def test_unknown_name_lists_the_known_ones():
    with pytest.raises(ValueError, match=r'dino_vitb8.*mae_vitb16.*dino_vitl'):
        find_weights('dino_vitl8')


def test_cache_folder(monkeypatch, tmp_path):
    monkeypatch.delenv('MMCUTS3D_HOME', raising=False)
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path))
    assert weights_folder() == tmp_path / 'mmcuts3d' / 'weights'
    monkeypatch.setenv('MMCUTS3D_HOME', str(tmp_path / 'home'))
    assert weights_folder() == tmp_path / 'home' / 'weights'
    assert weights_folder(tmp_path) == tmp_path


def test_official_table():
    """No digest is invented, and the addresses are the authors'."""
    digests = {k: v.digest for k, v in OFFICIAL_WEIGHTS.items() if v.digest}
    assert digests == {
        'mae_vitb16': 'md5:8cad7c',
        'mae_vitl16': 'md5:b8b06e',
        'mae_vith14': 'md5:9bdbb0',
        'deit_vits16': 'sha256:cd65a155',
        'deit_vitb16': 'sha256:b5f2ef4d',
    }
    assert HOST + OFFICIAL_WEIGHTS['dino_vits8'].url == (
        'https://dl.fbaipublicfiles.com/dino/dino_deitsmall8_pretrain/'
        'dino_deitsmall8_pretrain.pth'
    )
    assert HOST + OFFICIAL_WEIGHTS['mae_vitb16'].url == (
        'https://dl.fbaipublicfiles.com/mae/pretrain/mae_pretrain_vit_base.pth'
    )
    addresses = {k: v.address() for k, v in OFFICIAL_WEIGHTS.items()}
    assert addresses['mocov3_vitb16'] == (
        f'{HOST}/moco-v3/vit-b-300ep/vit-b-300ep.pth.tar'
    )
    assert addresses['msn_vitb4'] == f'{HOST}/msn/vitb4_300ep.pth.tar'
    assert addresses['msn_vits16'] == f'{HOST}/msn/vits16_800ep.pth.tar'
    assert addresses['deit_vitb16'] == (
        f'{HOST}/deit/deit_base_patch16_224-b5f2ef4d.pth'
    )
    assert not OFFICIAL_WEIGHTS['selfpatch_vits16'].direct
    file_names = [w.file_name for w in module.OFFICIAL_WEIGHTS.values()]
    assert len(set(file_names)) == len(file_names)
