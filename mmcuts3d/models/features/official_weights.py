"""Whose weights of Vision Transformers have a name, and where they lie."""

from typing import NamedTuple

HOST = 'https://dl.fbaipublicfiles.com'


class OfficialWeights(NamedTuple):
    """Where the authors of a method keep a file with weights.

    Args:
        arch (str): Name of the architecture.
        patch_size (int): Side of a patch in pixels.
        file_name (str): Name in the cache folder.
        url (str): Address of the file below ``HOST``, or, where no direct
            link exists, of the page to fetch it from by hand.
        digest (str): ``algorithm:first hex digits`` as the authors publish
            it. Defaults to '' (nothing is published).
    """

    arch: str
    patch_size: int
    file_name: str
    url: str
    digest: str = ''

    @property
    def direct(self) -> bool:
        """Whether ``url`` is the file itself."""
        return self.url.startswith('/')

    def address(self, base_url: str = HOST) -> str:
        """Full address of the file or of its page."""
        return base_url.rstrip('/') + self.url if self.direct else self.url


def _dino(arch: str, patch_size: int, name: str) -> OfficialWeights:
    file_name = f'{name}.pth'
    return OfficialWeights(
        arch, patch_size, file_name, f'/dino/{name}/{file_name}'
    )


def _msn(
    arch: str, patch_size: int, name: str, epochs: int
) -> OfficialWeights:
    file_name = f'{name}_{epochs}ep.pth.tar'
    return OfficialWeights(
        arch, patch_size, f'msn_{file_name}', f'/msn/{file_name}'
    )


def _mocov3(arch: str, letter: str) -> OfficialWeights:
    name = f'vit-{letter}-300ep'
    file_name = f'{name}.pth.tar'
    return OfficialWeights(
        arch, 16, f'mocov3_{file_name}', f'/moco-v3/{name}/{file_name}'
    )


def _deit(arch: str, digest: str) -> OfficialWeights:
    file_name = f'deit_{arch}_patch16_224-{digest}.pth'
    return OfficialWeights(
        arch, 16, file_name, f'/deit/{file_name}', f'sha256:{digest}'
    )


def _mae(arch: str, patch_size: int, digest: str) -> OfficialWeights:
    file_name = f'mae_pretrain_vit_{arch}.pth'
    return OfficialWeights(
        arch, patch_size, file_name, f'/mae/pretrain/{file_name}', digest
    )


#: Addresses as in the repositories facebookresearch/dino (hubconf.py),
#: csyanbin/DiffNCuts, alinlab/SelfPatch, facebookresearch/msn (README.md),
#: facebookresearch/mae (README.md, with the first digits of the MD5),
#: facebookresearch/moco-v3 (CONFIG.md) and facebookresearch/deit
#: (README_deit.md; its code lets torch.hub compare the end of the file name
#: with the SHA-256). Nobody publishes a whole digest. The training command in
#: the README of DiffNCuts is that of a ViT-S/16; the ViT-S/8 of CutS3D's
#: tables is not among what its authors link to.
OFFICIAL_WEIGHTS: dict[str, OfficialWeights] = {
    'dino_vits16': _dino('small', 16, 'dino_deitsmall16_pretrain'),
    'dino_vits8': _dino('small', 8, 'dino_deitsmall8_pretrain'),
    # Of 300 epochs; the one that CuVLER's networks.py reads.
    'dino_vits8_300ep': _dino('small', 8, 'dino_deitsmall8_300ep_pretrain'),
    'dino_vitb16': _dino('base', 16, 'dino_vitbase16_pretrain'),
    'dino_vitb8': _dino('base', 8, 'dino_vitbase8_pretrain'),
    'diffncuts_vits16': OfficialWeights(
        'small',
        16,
        'diffncuts_vits16.pth',
        'https://drive.google.com/file/d/1hAPR0gxBHgIOSATtJNSStaf5aBDnNzYd',
    ),
    'mae_vitb16': _mae('base', 16, 'md5:8cad7c'),
    'mae_vitl16': _mae('large', 16, 'md5:b8b06e'),
    'mae_vith14': _mae('huge', 14, 'md5:9bdbb0'),
    'mocov3_vits16': _mocov3('mocov3-small', 's'),
    'mocov3_vitb16': _mocov3('base', 'b'),
    'msn_vits16': _msn('small', 16, 'vits16', 800),
    'msn_vitb16': _msn('base', 16, 'vitb16', 600),
    'msn_vitl16': _msn('large', 16, 'vitl16', 600),
    'msn_vitb4': _msn('base', 4, 'vitb4', 300),
    'msn_vitl7': _msn('large', 7, 'vitl7', 200),
    'selfpatch_vits16': OfficialWeights(
        'small',
        16,
        'selfpatch_vits16.pth',
        'https://drive.google.com/file/d/19eeQrK-nl4B9ksFQ_QnewGHVKYDQF4Yw',
    ),
    # Trained with labels: what the others are compared with.
    'deit_vits16': _deit('small', 'cd65a155'),
    'deit_vitb16': _deit('base', 'b5f2ef4d'),
}
