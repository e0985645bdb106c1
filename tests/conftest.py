"""What every test starts from."""

from helpers.starts import no_scope_left_behind  # noqa: F401
