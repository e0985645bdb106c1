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
