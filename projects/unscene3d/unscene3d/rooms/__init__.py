"""Embedded indoor scenes: meshes, truth and frames made by code."""

from .room import Room, make_room, make_rooms

__all__ = ['Room', 'make_room', 'make_rooms']
