#!/usr/bin/env bash
# Makes the virtual environment, or completes it: setup.sh [run|docs|all]
#   run   what labelling, training and the demo need
#   docs  the same, and what the site of the documentation needs
#   all   the same, and what tests, lint and types need (default)
# Each step leaves a stamp named by a checksum of what it was made from, so a
# second call takes a moment, and a changed requirement repeats its step only.
# Environment: VENV (.venv), MMFAMILY (onedl | upstream), PYTHON, MAX_JOBS.
set -euo pipefail
cd "$(dirname "$0")/../.."

stage=${1:-all}
venv=${VENV:-.venv}
family=${MMFAMILY:-onedl}
stamps=$venv/.setup
log=$venv/setup.log
constraints=requirements/constraints.txt

say() { printf '[setup] %s\n' "$*"; }
fail() { printf '[setup] ERROR: %s\n' "$*" >&2; exit 1; }

case $stage in
    run | docs | all) ;;
    *) fail "Expected run, docs or all, but got $stage" ;;
esac
case $family in
    onedl) mminstall=requirements/mminstall-onedl.txt; mmcv=onedl-mmcv
           setuptools='setuptools>=80' other='mmcv-[0-9]*.dist-info' ;;
    upstream) mminstall=requirements/mminstall.txt; mmcv=mmcv
           setuptools='setuptools>=77,<81' other='onedl_mmcv-*.dist-info' ;;
    *) fail "Expected MMFAMILY to be onedl or upstream, but got $family" ;;
esac

# step NAME TEXT INPUT...: runs the function NAME unless its stamp is there.
# The key takes in all earlier keys: a new torch repeats what was built on it.
key=$family
step() {
    local name=$1 text=$2 begin=$SECONDS
    shift 2
    key=$( (echo "$key"; cat "$@") | cksum | cut -d' ' -f1)
    [ -e "$stamps/$name-$key" ] && return
    say "$text (details: $log)"
    # A subshell with its own errexit: inside `if` bash would ignore failures.
    set +e
    (set -e; "$name") </dev/null >>"$log" 2>&1
    local status=$?
    set -e
    if [ $status -ne 0 ]; then
        tail -n 25 "$log" >&2
        fail "step '$name' failed; the whole output is in $log"
    fi
    rm -f "$stamps/$name"-*
    touch "$stamps/$name-$key"
    say "  done in $((SECONDS - begin)) s"
}

find_python() {
    local candidate
    for candidate in ${PYTHON:-} python3 python3.12 python3.11 python3.13 \
        python3.10 python; do
        if "$candidate" -c 'import sys
sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    fail 'Expected a Python from 3.10 to 3.13, and found none (python3 is' \
        "$(python3 --version 2>&1 || true)). Install one, or name it:" \
        'make setup PYTHON=/path/to/python3.11'
}

# Names the Debian packages that are missing, one a line.
missing_system_packages() {
    "$1" - <<'PYTHON'
import ctypes
import glob
import os
import shutil
import sys
import sysconfig

LIBRARIES = {
    'libgomp.so.1': 'libgomp1',
    'libGL.so.1': 'libgl1',
    'libX11.so.6': 'libx11-6',
    'libusb-1.0.so.0': 'libusb-1.0-0',
    'libidn2.so.0': 'libidn2-0',
    'libudev.so.1': 'libudev1',
    'libEGL.so.1': 'libegl1',
    'libEGL_mesa.so.0': 'libegl-mesa0',
    'libvulkan.so.1': 'libvulkan1',
}
for library, package in LIBRARIES.items():
    try:
        ctypes.CDLL(library)
    except OSError:
        print(package)
if not any(glob.glob(folder + '/vulkan/icd.d/*.json')
           for folder in ('/usr/share', '/etc')):
    print('mesa-vulkan-drivers')
if not any(glob.glob(folder + '/dri/*.so')
           for folder in ('/usr/lib/*', '/usr/lib*')):
    print('libgl1-mesa-dri')
if not (shutil.which('g++') or shutil.which('c++')):
    print('g++')
header = os.path.join(sysconfig.get_paths()['include'], 'Python.h')
if not os.path.exists(header):
    print('python%d.%d-dev' % sys.version_info[:2])
try:
    import ensurepip
    import venv
except ImportError:
    print('python%d.%d-venv' % sys.version_info[:2])
PYTHON
}

system_packages() {
    local missing administrator=() install output
    [ "$(uname -s)" = Linux ] || return 0
    missing=$(missing_system_packages "$1" | tr '\n' ' ')
    [ -n "$missing" ] || return 0
    install="apt-get install -y --no-install-recommends $missing"
    if command -v apt-get >/dev/null; then
        if [ "$(id -u)" != 0 ]; then
            administrator=(sudo -n)
        fi
        if ${administrator[@]+"${administrator[@]}"} true 2>/dev/null; then
            say "system packages: $missing(about 20 s)"
            export DEBIAN_FRONTEND=noninteractive
            # Package lists that are fresh enough spare the update.
            if output=$(${administrator[@]+"${administrator[@]}"} $install 2>&1) ||
                output=$(${administrator[@]+"${administrator[@]}"} \
                    apt-get update 2>&1 &&
                    ${administrator[@]+"${administrator[@]}"} $install 2>&1)
            then
                return 0
            fi
            printf '%s\n' "$output" | tail -n 8 >&2
        fi
    fi
    say "NOT installed, an administrator can: sudo $install"
    say '(elsewhere than on Debian or Ubuntu the packages have other names)'
    case " $missing" in
        *' g++ '* | *-dev\ * | *-venv\ *)
            fail 'without the compiler, the headers and venv there is no way on'
            ;;
    esac
    say 'going on: the point-cloud pictures and OpenCV may need them'
}

pip() { "$venv/bin/python" -m pip --disable-pip-version-check "$@"; }

base() {
    pip install -U pip "$setuptools" wheel packaging ninja
}

torch() {
    pip install -c $constraints torch
    # Its wheels want a CUDA torch; mmcuts3d cares for the missing operators.
    pip install -c $constraints --no-deps torchvision
}

operators_load() { "$venv/bin/python" -c 'import torch, mmcv._ext'; }

openmmlab() {
    local jobs memory
    jobs=$(nproc 2>/dev/null || sysctl -n hw.ncpu 2>/dev/null || echo 2)
    memory=$(awk '/MemTotal/ {print int($2 / 2000000)}' /proc/meminfo \
        2>/dev/null || echo "$jobs")
    [ "$memory" -ge "$jobs" ] || jobs=$((memory > 0 ? memory : 1))
    # CFLAGS replaces the compiler's default flags: without -O3 RoIAlign is
    # four times slower, without -g0 the library is twenty times larger.
    export CFLAGS='-O3 -g0 -DNDEBUG -fwrapv' MAX_JOBS=${MAX_JOBS:-$jobs}
    pip install -c $constraints --no-build-isolation -r $mminstall \
        -r requirements/runtime.txt
    if ! operators_load; then
        # Built for another torch, or without one, by an earlier set-up: pip
        # keeps such wheels under the same name.
        pip uninstall -y $mmcv
        pip cache remove "${mmcv//-/_}" || true
        pip install -c $constraints --no-build-isolation $mmcv
        operators_load
    fi
}

optional() {
    pip install -c $constraints -r requirements/optional.txt
}

docs() {
    pip install -c $constraints -r requirements/docs.txt
}

tests() {
    pip install -c $constraints -r requirements/tests.txt
    # About 100 MB. Without it the tests of pages are skipped.
    if ! command -v chromium && [ "$(id -u)" = 0 ] &&
        command -v apt-get; then
        export DEBIAN_FRONTEND=noninteractive
        (apt-get update &&
            apt-get install -y --no-install-recommends chromium) || true
    fi
}

package() {
    pip install --no-deps --no-build-isolation -e .
}

check() {
    "$venv/bin/python" -c '
import mmcuts3d.registry
import cv2, mmpretrain.models, torchvision
from mmengine.runner import Runner'
    "$venv/bin/python" -c 'import open3d' || echo 'open3d does not import'
}

if [ ! -x "$venv/bin/python" ]; then
    python=$(find_python)
    system_packages "$python"
    say "virtual environment $venv with $("$python" --version)"
    "$python" -m venv "$venv"
elif [ ! -e "$stamps/system" ]; then
    system_packages "$venv/bin/python"
fi
mkdir -p "$stamps"
touch "$stamps/system"
if command -v flock >/dev/null; then
    exec 9>"$stamps/lock"
    flock 9 # two calls at once: the second waits, then finds all done
fi
if ls -d "$venv"/lib/python3*/site-packages/$other >/dev/null 2>&1; then
    fail "$venv holds the other family of OpenMMLab packages. Both import" \
        "under the same names; take another folder: VENV=.venv-$family"
fi

step base 'pip and build tools: some seconds' /dev/null
step torch 'torch and torchvision: one minute or a long download' \
    <(grep '^torch' $constraints)
step openmmlab 'OpenMMLab; compiles mmcv: six minutes on two cores, once' \
    $mminstall requirements/runtime.txt $constraints
step optional 'Open3D, depth models, stores of labels: one minute' requirements/optional.txt
step package 'mmcuts3d itself, editable: some seconds' \
    setup.py pyproject.toml mmcuts3d/version.py <(pwd)
step check 'imports, as a check: ten seconds' tools/dev/setup.sh
[ "$stage" = run ] ||
    step docs 'generator of the documentation: some seconds' \
        requirements/docs.txt
[ "$stage" != all ] ||
    step tests 'test tools, Chromium where apt may: one minute' \
        requirements/tests.txt
