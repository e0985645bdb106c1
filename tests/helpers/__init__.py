"""What several test modules share."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def shared_data(*parts: str) -> Path:
    """Path of real test data, or skip the test with the reason."""
    root = Path(
        os.environ.get('MMCUTS3D_DATA', ROOT.parent / 'shared' / 'data')
    )
    path = root.joinpath(*parts)
    if not path.exists():
        pytest.skip(f'real data not here: {path} (set MMCUTS3D_DATA)')
    return path
