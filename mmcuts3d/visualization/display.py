"""Whether a window can be opened at all, asked before anything is."""

import os
import subprocess
import sys

# In a process of its own, since the libraries wait for a server that does not
# answer. XOpenDisplay and wl_display_connect are what toolkits call first.
_PROBE = """
import ctypes, os, sys
for variable, library, call in (
    ('WAYLAND_DISPLAY', 'libwayland-client.so.0', 'wl_display_connect'),
    ('DISPLAY', 'libX11.so.6', 'XOpenDisplay'),
):
    if os.environ.get(variable):
        try:
            connect = getattr(ctypes.CDLL(library), call)
        except (OSError, AttributeError):
            continue
        connect.restype = ctypes.c_void_p
        connect.argtypes = [ctypes.c_char_p]
        if connect(None):
            sys.exit(0)
sys.exit(1)
"""


def display_problem(timeout: float = 5.0) -> str:
    """Why no window can be opened; '' if one can.

    Toolkits do not all say so: Open3D draws into a window that nobody can
    see or close, and never comes back.

    Args:
        timeout (float): Seconds that the display may take to answer.
            Defaults to 5.

    Returns:
        str: Half a sentence. Always '' where displays have no name (Windows
        and macOS).
    """
    if not sys.platform.startswith('linux'):
        return ''
    named = [
        f'{name}={os.environ[name]!r}'
        for name in ('WAYLAND_DISPLAY', 'DISPLAY')
        if os.environ.get(name)
    ]
    if not named:
        return 'neither DISPLAY nor WAYLAND_DISPLAY is set'
    try:
        done = subprocess.run(
            [sys.executable, '-c', _PROBE],
            timeout=timeout,
            capture_output=True,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f'{" and ".join(named)} did not answer in {timeout:g} s'
    if done.returncode:
        return f'{" and ".join(named)} cannot be opened'
    return ''
