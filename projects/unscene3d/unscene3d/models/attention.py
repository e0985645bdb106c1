"""The layers of a decoder: cross-attention, self-attention, feed-forward."""

import torch.nn.functional as F
from torch import Tensor, nn


class Attention(nn.Module):
    """Multi-head attention with a residual and a norm behind it.

    Args:
        channels (int): Of everything.
        heads (int): Number of heads, which divides the channels.
    """

    def __init__(self, channels: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(channels, channels)
        self.key = nn.Linear(channels, channels)
        self.value = nn.Linear(channels, channels)
        self.out = nn.Linear(channels, channels)
        self.norm = nn.LayerNorm(channels)

    def forward(
        self,
        x: Tensor,
        memory: Tensor,
        allowed: Tensor,
        x_place: Tensor,
        memory_place: Tensor,
    ) -> Tensor:
        """Attend.

        Args:
            x (Tensor): (B, Q, C) queries.
            memory (Tensor): (B, S, C) what is looked at.
            allowed (Tensor): (B, 1 or Q, S) bool, what a query may look at,
                one at least.
            x_place (Tensor): (B, Q, C) encoded places of queries.
            memory_place (Tensor): (B, S, C) the same of the memory.

        Returns:
            Tensor: (B, Q, C).
        """
        attended = F.scaled_dot_product_attention(
            self._split(self.query(x + x_place)),
            self._split(self.key(memory + memory_place)),
            self._split(self.value(memory)),
            attn_mask=allowed[:, None],
        )
        merged = attended.transpose(1, 2).flatten(2)
        return self.norm(x + self.out(merged))

    def _split(self, x: Tensor) -> Tensor:
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)


class FeedForward(nn.Module):
    """Two layers on each query, with a residual and a norm behind them.

    Args:
        channels (int): Of the queries.
        hidden (int): Between the layers.
    """

    def __init__(self, channels: int, hidden: int) -> None:
        super().__init__()
        self.first = nn.Linear(channels, hidden)
        self.second = nn.Linear(hidden, channels)
        self.norm = nn.LayerNorm(channels)

    def forward(self, x: Tensor) -> Tensor:
        """(B, Q, C) of (B, Q, C)."""
        return self.norm(x + self.second(self.first(x).relu()))


class DecoderBlock(nn.Module):
    """One look of the queries at one level.

    Args:
        channels (int): Of queries and segments.
        heads (int): Of the attentions.
        hidden (int): Of the feed-forward layer.
    """

    def __init__(self, channels: int, heads: int, hidden: int) -> None:
        super().__init__()
        self.cross = Attention(channels, heads)
        self.self_ = Attention(channels, heads)
        self.feed = FeedForward(channels, hidden)

    def forward(
        self,
        x: Tensor,
        memory: Tensor,
        allowed: Tensor,
        x_place: Tensor,
        memory_place: Tensor,
        x_valid: Tensor,
    ) -> Tensor:
        """As :class:`Attention`; ``x_valid`` (B, Q) are real queries."""
        x = self.cross(x, memory, allowed, x_place, memory_place)
        x = self.self_(x, x, x_valid[:, None], x_place, x_place)
        return self.feed(x)
