"""Probes on detached codes: what a linear map, or k-means, makes of them."""

import torch
from torch import Tensor, nn
from torch.nn import functional

#: Pixels of a label map that belong to no class.
IGNORED = 255
#: Sharpness of the softmax over clusters in predictions (STEGO).
ALPHA = 2.0


class ClusterProbe(nn.Module):
    """Cosine k-means by gradient descent (STEGO's cluster probe).

    Args:
        channels (int): Of a code.
        num_clusters (int): How many; classes, and extra ones.

    Raises:
        ValueError: If there is less than one cluster.
    """

    def __init__(self, channels: int, num_clusters: int) -> None:
        super().__init__()
        if num_clusters < 1:
            raise ValueError(
                'Expected argument `num_clusters` to be at least 1, but got '
                f'{num_clusters}'
            )
        self.centres = nn.Parameter(torch.randn(num_clusters, channels))

    def forward(self, codes: Tensor) -> Tensor:
        """Cosines of codes (B, C, H, W) with the centres: (B, K, H, W)."""
        return torch.einsum(
            'bchw,kc->bkhw',
            functional.normalize(codes, dim=1),
            functional.normalize(self.centres, dim=1),
        )

    def loss(self, codes: Tensor) -> Tensor:
        """Minus the mean cosine of each code with its nearest centre."""
        return -self(codes.detach()).amax(1).mean()

    def log_probabilities(self, codes: Tensor) -> Tensor:
        """(B, K, H, W), of a softmax over the clusters."""
        return functional.log_softmax(ALPHA * self(codes), dim=1)


class LinearProbe(nn.Module):
    """Linear classifier of codes: how well classes can be told by them.

    Args:
        channels (int): Of a code.
        num_classes (int): Of the label maps.

    Raises:
        ValueError: If there is less than one class.
    """

    def __init__(self, channels: int, num_classes: int) -> None:
        super().__init__()
        if num_classes < 1:
            raise ValueError(
                'Expected argument `num_classes` to be at least 1, but got '
                f'{num_classes}'
            )
        self.classifier = nn.Conv2d(channels, num_classes, 1)

    @property
    def num_classes(self) -> int:
        """Number of classes."""
        return self.classifier.out_channels

    def loss(self, codes: Tensor, label_maps: Tensor) -> Tensor:
        """Cross-entropy at the pixels that have a class.

        Args:
            codes (Tensor): (B, C, h, w).
            label_maps (Tensor): (B, H, W) int64, 255 where ignored; codes
                are enlarged to them.

        Returns:
            Tensor: The mean; 0 where every pixel is ignored.

        Raises:
            ValueError: If a label is not below the number of classes.
        """
        known = label_maps != IGNORED
        wrong = known & ((label_maps < 0) | (label_maps >= self.num_classes))
        if bool(wrong.any()):
            found = sorted(set(label_maps[wrong].tolist()))
            raise ValueError(
                'Expected labels from 0 to '
                f'{self.num_classes - 1}, or {IGNORED} (ignored), but got '
                f'{found[:5]}'
            )
        # A linear map and an enlargement commute: the cheap one first.
        logits = functional.interpolate(
            self.classifier(codes.detach()),
            label_maps.shape[-2:],
            mode='bilinear',
            align_corners=False,
        )
        total = functional.cross_entropy(
            logits, label_maps, ignore_index=IGNORED, reduction='sum'
        )
        return total / known.sum().clamp_min(1)

    def log_probabilities(self, codes: Tensor) -> Tensor:
        """(B, classes, H, W)."""
        return functional.log_softmax(self.classifier(codes), dim=1)
