"""How many images a device holds at a time."""

from __future__ import annotations

import torch

GIGABYTE = 1e9
#: Of a CPU's memory, which other processes use too.
CPU_GIGABYTES = 2.0
#: Bytes for each pair of patches: of a graph that is kept (float32, and its
#: copy when other images of the batch are done), and of the one that is made
#: (cosines, logarithms, exponents, masks).
KEPT, MADE = 8, 24
#: Bytes for each patch: bases of Lanczos, in float64 and with their sums.
BASIS = 8 * 64 * 4
#: Bytes for each pixel: of the CRF's lattices while they are made, and of a
#: mask's values on pixels and vertices. Measured on a CPU: 920 on two photos,
#: 1090 on noise, which has the most vertices; 90 for a mask.
LATTICE, VALUES = 1100, 100


def free_memory(device: torch.device, gigabytes: float | None = None) -> float:
    """Bytes to use on a device.

    Args:
        device: The device.
        gigabytes: The most that was allowed. Defaults to None: half of what
            is free on a GPU, 2 gigabytes elsewhere.
    """
    if gigabytes is not None:
        return gigabytes * GIGABYTE
    if device.type != 'cuda':
        return CPU_GIGABYTES * GIGABYTE
    free, _ = torch.cuda.mem_get_info(device)
    # What this process holds and does not use is free to it.
    cached = torch.cuda.memory_reserved(device)
    cached -= torch.cuda.memory_allocated(device)
    return (free + cached) / 2


def images_that_fit(num_patches: int, memory: float) -> int:
    """How many images of so many patches fit into so many bytes, 2 or more.

    Two halves of a batch need one each, whatever the memory.
    """
    left = memory - MADE * num_patches**2
    each = KEPT * num_patches**2 + BASIS * num_patches
    return max(2, int(left // each))


def crf_memory(num_pixels: int, num_masks: int) -> int:
    """Bytes that the CRF of an image takes beside the graphs.

    Args:
        num_pixels: Of the largest image.
        num_masks: At most.
    """
    return num_pixels * (LATTICE + VALUES * num_masks)
