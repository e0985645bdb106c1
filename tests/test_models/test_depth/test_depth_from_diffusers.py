"""Marigold: a tiny random pipeline, saved to a folder."""

import json
import shutil
import sys
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image

from mmcuts3d.models.depth.from_diffusers import DepthFromDiffusers
from mmcuts3d.registry import MODELS

PICTURE = np.random.default_rng(0).integers(0, 256, (32, 32, 3), np.uint8)
IMAGE = torch.from_numpy(PICTURE).permute(2, 0, 1)[None].float()


@pytest.fixture(scope='module')
def marigold(tmp_path_factory):
    """The smallest pipeline that its parts allow."""
    diffusers = pytest.importorskip('diffusers')
    lib = pytest.importorskip('transformers')
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp('marigold')
    words = tmp_path_factory.mktemp('words')
    tokens = ['<|startoftext|>', '<|endoftext|>', 'a</w>']
    (words / 'vocab.json').write_text(
        json.dumps({token: i for i, token in enumerate(tokens)})
    )
    (words / 'merges.txt').write_text('#version: 0.2\n')
    tokenizer = lib.CLIPTokenizer(
        str(words / 'vocab.json'),
        str(words / 'merges.txt'),
        model_max_length=4,
    )
    unet = diffusers.UNet2DConditionModel(
        block_out_channels=(8,),
        layers_per_block=1,
        sample_size=8,
        in_channels=8,
        out_channels=4,
        down_block_types=('CrossAttnDownBlock2D',),
        up_block_types=('CrossAttnUpBlock2D',),
        cross_attention_dim=8,
        attention_head_dim=4,
        norm_num_groups=4,
    )
    vae = diffusers.AutoencoderKL(
        block_out_channels=(8, 8),
        down_block_types=('DownEncoderBlock2D',) * 2,
        up_block_types=('UpDecoderBlock2D',) * 2,
        latent_channels=4,
        norm_num_groups=4,
    )
    text_encoder = lib.CLIPTextModel(
        lib.CLIPTextConfig(
            vocab_size=3,
            hidden_size=8,
            intermediate_size=8,
            num_hidden_layers=1,
            num_attention_heads=1,
            max_position_embeddings=4,
            bos_token_id=0,
            eos_token_id=1,
            pad_token_id=1,
        )
    )
    diffusers.MarigoldDepthPipeline(
        unet=unet,
        vae=vae,
        scheduler=diffusers.DDIMScheduler(prediction_type='v_prediction'),
        text_encoder=text_encoder,
        tokenizer=tokenizer,
        prediction_type='depth',
        scale_invariant=True,
        shift_invariant=True,
        default_denoising_steps=2,
        default_processing_resolution=0,
    ).save_pretrained(folder)
    return folder


def test_marigold(marigold):
    """Against the pipeline called by hand."""
    diffusers = pytest.importorskip('diffusers')

    module = MODELS.build(
        {
            'type': 'DepthFromDiffusers',
            'model': str(marigold),
            'local_files_only': True,
            'seed': 3,
        }
    )
    first, second = module(IMAGE.repeat(2, 1, 1, 1), None)
    assert first.shape == (32, 32)
    assert first.min() == 0 and first.max() == 1
    torch.testing.assert_close(first, second)  # the same noise each time

    pipeline = diffusers.MarigoldDepthPipeline.from_pretrained(marigold)
    pipeline.set_progress_bar_config(disable=True)
    raw = pipeline(
        Image.fromarray(PICTURE),
        generator=torch.Generator().manual_seed(3),
    ).prediction[0, :, :, 0]
    expected = (raw - raw.min()) / (raw.max() - raw.min())
    np.testing.assert_allclose(first, expected, atol=1e-5)


@pytest.mark.parametrize('scheduler', ['DDIMScheduler', 'LCMScheduler'])
@pytest.mark.parametrize('batch_size', [2, 4])
def test_a_batch_as_each_alone(marigold, scheduler, batch_size, monkeypatch):
    """Four images, three of one size; one scheduler draws noise each step."""
    diffusers = pytest.importorskip('diffusers')
    module = DepthFromDiffusers(marigold, seed=5, batch_size=batch_size)
    kind = getattr(diffusers, scheduler)
    module.pipeline.scheduler = kind(prediction_type='v_prediction')
    rng = np.random.default_rng(1)
    images = torch.from_numpy(
        rng.integers(0, 256, (4, 3, 32, 40)).astype(np.float32)
    )
    samples = [
        SimpleNamespace(img_shape=shape, ori_shape=shape)
        for shape in ((32, 40), (32, 32), (32, 40), (32, 40))
    ]
    alone = [
        module(images[place : place + 1], samples[place : place + 1])[0]
        for place in range(4)
    ]
    assert not torch.allclose(alone[0], alone[2], atol=0.01)
    passes = []
    inner = module.pipeline.unet.forward

    def spy(latents, *args, **kwargs):
        passes.append(len(latents))
        return inner(latents, *args, **kwargs)

    monkeypatch.setattr(module.pipeline.unet, 'forward', spy)
    together = module(images, samples)
    for mine, own in zip(together, alone, strict=True):
        torch.testing.assert_close(mine, own, atol=1e-4, rtol=0)
    steps = module.pipeline.default_denoising_steps
    sizes = [2, 1, 1] if batch_size == 2 else [3, 1]
    assert passes == [size for size in sizes for _ in range(steps)]


def test_an_ensemble_is_one_image_at_a_time(marigold):
    module = DepthFromDiffusers(marigold, ensemble_size=3, batch_size=4)
    pair = torch.cat([IMAGE, 255 - IMAGE])
    together = module(pair)
    for place in range(2):
        alone = module(pair[place : place + 1])[0]
        torch.testing.assert_close(together[place], alone, atol=0, rtol=0)


def test_marigold_that_predicts_disparity(marigold, tmp_path):
    folder = tmp_path / 'disparity'
    shutil.copytree(marigold, folder)
    index = folder / 'model_index.json'
    index.write_text(
        index.read_text().replace(
            '"prediction_type": "depth"', '"prediction_type": "disparity"'
        )
    )
    module, inverse = DepthFromDiffusers(marigold), DepthFromDiffusers(folder)
    assert module.kind.numbers == 'affine-invariant'
    assert inverse.kind.numbers == 'affine-invariant inverse'
    depth, disparity = module(IMAGE)[0], inverse(IMAGE)[0]
    torch.testing.assert_close(disparity, 1 - depth, atol=1e-5, rtol=0)


def test_half_precision_weights(marigold):
    module = DepthFromDiffusers(marigold, half=True)
    assert module.pipeline.unet.dtype == torch.float16
    assert module.pipeline.vae.dtype == torch.float16


def test_model_that_cannot_be_had(marigold, tmp_path):
    with pytest.raises(OSError, match='cannot be had.*To place it by hand'):
        DepthFromDiffusers('nobody/no-such-model', local_files_only=True)
    with pytest.raises(ValueError, match='a Marigold depth pipeline'):
        DepthFromDiffusers(tmp_path / 'no' / 'folder')


def test_missing_library(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, 'diffusers', None)
    with pytest.raises(ImportError, match='pip install diffusers'):
        DepthFromDiffusers(tmp_path)


@pytest.mark.parametrize('name', ['ensemble_size', 'batch_size'])
def test_bad_sizes(name):
    with pytest.raises(ValueError, match=f'`{name}`'):
        DepthFromDiffusers('nowhere', **{name: 0})
