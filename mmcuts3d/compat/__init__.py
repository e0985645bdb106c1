"""Repairs of other packages, one file each: what fails, since when, and the
version at which the file can go."""

__all__: list[str] = []
