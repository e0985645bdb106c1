"""The feature sources as a table."""

from collections.abc import Sequence

from mmcuts3d.models.features import BACKBONES

from .sources import STAND_INS, Source, find_source

HEAD = (
    'name',
    'trained by',
    'patch',
    'layer',
    'kind',
    'registers',
    'licence',
)


def sources_table(sources: Sequence[Source] | None = None) -> list[list[str]]:
    """Rows of text, the head first.

    Args:
        sources (Sequence[Source], optional): Defaults to None: all that have
            a name, without features from files.
    """
    if sources is None:
        names = [*BACKBONES, *STAND_INS]
        sources = [find_source(n) for n in names if not n.startswith('files')]
    rows = [
        [
            source.title,
            source.what,
            str(source.patch_size or '-'),
            '-' if source.layer is None else str(source.layer),
            source.kind or '-',
            str(source.registers),
            source.licence.partition(':')[0],
        ]
        for source in sources
    ]
    return [list(HEAD), *rows]


def sources_text() -> str:
    """All feature sources that have a name, for a terminal."""
    rows = sources_table()
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        '  '.join(
            cell.ljust(width) for cell, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in rows
    ]
    lines.append('\nfiles:DIR  maps from files, one an image [stand-in]')
    return '\n'.join(lines)
