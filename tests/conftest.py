"""What every test starts from."""

from helpers.starts import nothing_left_behind  # noqa: F401
