"""Addresses are told from paths, and repeated as they were given."""

from pathlib import Path

import pytest

from mmcuts3d.files.addresses import check_local


@pytest.mark.parametrize(
    'path',
    [
        'https://host/a/depth.png',
        Path('https://host/a/depth.png'),
        's3://host/a/depth.png',
    ],
)
def test_addresses_are_refused(path):
    with pytest.raises(ValueError, match=r'address (https|s3)://host/a/d'):
        check_local(path, 'a depth map')


@pytest.mark.parametrize(
    'path', ['depth.png', '/a/depth.png', 'C:/a/depth.png', 'C:\\a', 'a:b.png']
)
def test_paths_pass(path):
    check_local(path, 'a depth map')
