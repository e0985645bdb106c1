"""Images to look at closely: views of one size, a slider, a point cloud."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mmcuts3d.visualization import script_json

from .texts import as_html, as_source


@dataclass(frozen=True)
class GalleryImage:
    """An image of a gallery.

    Args:
        title (str): The file name.
        caption (str): Beside the title.
        views (Sequence[tuple[str, bytes]]): Titles and pictures, PNG or
            JPEG, all of one size; the last one is seen at first.
        size (tuple[int, int]): Height and width of the pictures in pixels.
        cloud (dict, optional): See
            :func:`~mmcuts3d.visualization.cloud_figure`. Defaults to None.
    """

    title: str
    caption: str
    views: Sequence[tuple[str, bytes]]
    size: tuple[int, int]
    cloud: Mapping[str, Any] | None = None

    def to_html(self, key: str) -> str:
        """The image as HTML.

        Args:
            key (str): Of letters and numbers, its own in the page.

        Returns:
            str: A figure.
        """
        title, last = as_html(self.title), len(self.views) - 1
        height, width = self.size
        pictures = ''.join(
            f'<img alt="{title}: {as_html(name)}" loading="lazy" '
            f'decoding="async" src="{as_source(content)}">'
            for name, content in self.views
        )
        buttons = ''.join(
            f'<button type="button" aria-pressed="'
            f'{"true" if place == last else "false"}">{as_html(name)}</button>'
            for place, (name, _) in enumerate(self.views)
        )
        slider = (
            f'<input type="range" min="0" max="{last}" step="0.05" '
            f'value="{last}" aria-label="view of {title}">'
            f'<div class="views">{buttons}</div>'
            if last
            else ''
        )
        return (
            f'<figure class="look"><figcaption><b>{title}</b> '
            f'<span>{as_html(self.caption)}</span></figcaption>'
            f'<div class="stage" style="aspect-ratio:{width}/{height}">'
            f'{pictures}</div>{slider}{self._cloud(key)}</figure>'
        )

    def _cloud(self, key: str) -> str:
        if self.cloud is None:
            return ''
        return (
            '<button type="button" class="open" aria-expanded="false" '
            f'data-cloud="{key}">point cloud</button>'
            '<div class="plot" hidden></div>'
            f'<script type="application/json" id="{key}">'
            f'{script_json(self.cloud)}</script>'
        )
