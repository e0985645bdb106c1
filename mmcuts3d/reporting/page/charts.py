"""Histograms and curves as drawings inside a page (SVG), without a script."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

from .texts import as_html

_WIDTH, _HEIGHT = 380, 190
_LEFT, _TOP, _BOTTOM = 60, 14, 44
#: Points of a curve; a longer one is thinned.
_MOST = 400


@dataclass(frozen=True)
class BarChart:
    """Counts of bins.

    Args:
        title (str): What is counted, with its unit.
        unit (str): Of which each bin has a part, such as 'masks'.
        bins (Sequence[str]): Names of the bins.
        counts (Sequence[int]): As many.
    """

    title: str
    unit: str
    bins: Sequence[str]
    counts: Sequence[int]

    def to_html(self) -> str:
        """A figure; each bar tells its count."""
        total, top = sum(self.counts), max(self.counts, default=0)
        if not top:
            return _figure(self.title, '', f'No {self.unit}.')
        step = (_WIDTH - _LEFT) / len(self.bins)
        floor, parts = _HEIGHT - _BOTTOM, []
        for place, (name, count) in enumerate(
            zip(self.bins, self.counts, strict=True)
        ):
            left = _LEFT + place * step
            height = (floor - _TOP) * count / top
            said = f'{name}: {count:,} {self.unit}'
            parts.append(
                f'<rect class="bar" x="{left + 1:.1f}" '
                f'y="{floor - height:.1f}" width="{step - 2:.1f}" '
                f'height="{height:.1f}"><title>{as_html(said)}</title></rect>'
                f'<text text-anchor="end" transform="translate('
                f'{left + step / 2 + 4:.1f} {floor + 12}) rotate(-35)">'
                f'{as_html(name)}</text>'
            )
        parts += _axis(f'{100 * top / total:.0f} %', '0')
        return _figure(self.title, ''.join(parts), f'{total:,} {self.unit}')


@dataclass(frozen=True)
class LineChart:
    """A value over iterations.

    Args:
        title (str): What it is.
        steps (Sequence[float]): Iterations, rising.
        values (Sequence[float]): As many; what is not finite is left out.
        begins (Sequence[float]): Iterations that a line marks. Defaults to
            ().
    """

    title: str
    steps: Sequence[float]
    values: Sequence[float]
    begins: Sequence[float] = ()

    def to_html(self) -> str:
        """A figure with the range of both axes."""
        pairs = zip(self.steps, self.values, strict=True)
        known = [pair for pair in pairs if isfinite(pair[1])]
        if not known:
            return _figure(self.title, '', 'No values.')
        last = known[-1]
        stride = max(1, -(-len(known) // _MOST))
        known = [*known[:-1:stride], last]
        steps, values = zip(*known, strict=True)
        low, high = min(values), max(values)
        start, end = min(steps), max(*steps, *self.begins, min(steps) + 1)
        floor = _HEIGHT - _BOTTOM

        def x(step: float) -> float:
            width = _WIDTH - _LEFT - 8
            return _LEFT + 4 + width * (step - start) / (end - start)

        def y(value: float) -> float:
            return floor - (floor - _TOP) * (value - low) / (high - low or 1)

        points = ' '.join(f'{x(s):.1f},{y(v):.1f}' for s, v in known)
        parts = [
            f'<line class="begin" x1="{x(at):.1f}" x2="{x(at):.1f}" '
            f'y1="{_TOP}" y2="{floor}"/>'
            for at in self.begins
            if at >= start
        ]
        parts.append(f'<polyline class="curve" points="{points}"/>')
        parts += [
            f'<circle class="bar" r="2.5" cx="{x(s):.1f}" cy="{y(v):.1f}"/>'
            for s, v in (known if len(known) <= 20 else ())
        ]
        parts += _axis(f'{high:.3g}', f'{low:.3g}')
        for step, anchor in ((start, 'start'), (end, 'end')):
            parts.append(
                f'<text text-anchor="{anchor}" x="{x(step):.1f}" '
                f'y="{floor + 14}">{step:g}</text>'
            )
        note = f'last: {last[1]:.4g} at iteration {last[0]:g}'
        return _figure(self.title, ''.join(parts), note)


def _axis(top: str, bottom: str) -> list[str]:
    floor = _HEIGHT - _BOTTOM
    return [
        f'<line class="axis" x1="{_LEFT}" x2="{_WIDTH}" y1="{floor}" '
        f'y2="{floor}"/>',
        f'<text text-anchor="end" x="{_LEFT - 4}" y="{_TOP + 8}">{top}</text>',
        f'<text text-anchor="end" x="{_LEFT - 4}" y="{floor}">{bottom}</text>',
    ]


def _figure(title: str, drawing: str, note: str) -> str:
    said = as_html(f'{title}; {note}')
    svg = (
        f'<svg role="img" aria-label="{said}" viewBox="0 0 {_WIDTH} '
        f'{_HEIGHT}">{drawing}</svg>'
        if drawing
        else ''
    )
    return (
        f'<figure><figcaption><b>{as_html(title)}</b> '
        f'<span>{as_html(note)}</span></figcaption>{svg}</figure>'
    )
