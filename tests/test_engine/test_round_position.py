"""A resumed round sees the batches that an unbroken one sees next.

Whatever the loop does with a run that is resumed: what the releases of
mmengine do is written out here, since one of them is installed at a time.
"""

import itertools
from types import SimpleNamespace

import pytest
from mmengine.dataset import InfiniteSampler
from mmengine.runner import IterBasedTrainLoop
from torch.utils.data import DataLoader

from mmcuts3d.engine.hooks.round_position import resume_round


class Endless:
    """Upstream's iterator: it can only be read."""

    def __init__(self, dataloader):
        self.dataloader = dataloader
        self.iterator = iter(dataloader)
        self.read = 0

    def __iter__(self):
        return self

    def __next__(self):
        self.read += 1
        return next(self.iterator)


class Skipping(Endless):
    """The forks': the sampler is moved, nothing is read."""

    def skip_iter(self, number):
        indices = itertools.islice(
            self.dataloader.sampler._indices_of_rank(),
            number * self.dataloader.batch_size,
            None,
        )
        self.dataloader.sampler.indices = indices
        self.iterator = iter(self.dataloader)


class Loop(IterBasedTrainLoop):
    """Earlier releases: a resumed run begins its data anew."""

    iterator_class = Endless

    def __init__(self, dataloader, max_iters, begin=0):
        self._iter, self._max_iters = begin, max_iters
        self.dataloader_iterator = self.iterator_class(dataloader)
        self.seen = []

    def run(self, before_train_epoch=lambda: None):
        before_train_epoch()
        self.advance()
        while self._iter < self._max_iters:
            batch = next(self.dataloader_iterator)
            self.seen.append((self._iter, batch.tolist()))
            self._iter += 1
        return self.seen

    def advance(self):
        pass


class ReadingLoop(Loop):
    """Upstream 0.10.7: batches are read and dropped."""

    def advance(self):
        if self._iter > 0:
            for _ in range(self._iter):
                next(self.dataloader_iterator)


class SkippingLoop(Loop):
    """The maintained forks."""

    iterator_class = Skipping
    fast_forward_on_resume = False

    def advance(self):
        if self._iter > 0 and not self.fast_forward_on_resume:
            self.dataloader_iterator.skip_iter(self._iter)


BEGIN, STOP, END = 20, 23, 27  # of the round, of the run, of the training


def loader():
    numbers = list(range(11))
    sampler = InfiniteSampler(numbers, shuffle=True, seed=4)
    return DataLoader(numbers, batch_size=2, sampler=sampler)


@pytest.mark.parametrize('kind', [Loop, ReadingLoop, SkippingLoop])
@pytest.mark.parametrize('stop', [BEGIN, STOP])
def test_goes_on_from_its_own_position(kind, stop):
    # The round of an unbroken run begins with a dataloader of its own.
    unbroken = Loop(loader(), END - BEGIN).run()
    expected = [(BEGIN + number, batch) for number, batch in unbroken]

    loop = kind(loader(), END, begin=stop)
    iterator = loop.dataloader_iterator
    seen = loop.run(lambda: resume_round(loop, stop - BEGIN))
    assert seen == expected[stop - BEGIN :]
    assert loop.dataloader_iterator is iterator
    # Nothing is read in vain where it can be skipped.
    passed = 0 if kind is SkippingLoop else stop - BEGIN
    assert iterator.read == END - stop + passed


def test_data_that_the_user_does_not_want_skipped():
    loop = SkippingLoop(loader(), END, begin=STOP)
    loop.fast_forward_on_resume = True
    seen = loop.run(lambda: resume_round(loop, STOP - BEGIN))
    first = Loop(loader(), END - STOP).run()
    assert seen == [(STOP + number, batch) for number, batch in first]


def test_the_installed_loop_is_one_of_them():
    """Its own run, with the hooks' calls and a training that notes."""
    unbroken = Loop(loader(), END - BEGIN).run()
    loop = IterBasedTrainLoop.__new__(IterBasedTrainLoop)
    iterator_class = vars(
        __import__('mmengine.runner.loops', fromlist=['loops'])
    )['_InfiniteDataloaderIterator']
    seen = []

    def call_hook(name, **_):
        if name == 'before_train_epoch':
            resume_round(loop, STOP - BEGIN)

    def run_iter(batch):
        seen.append((loop._iter, batch.tolist()))
        loop._iter += 1

    dataloader = loader()
    vars(loop).update(
        _iter=STOP,
        _max_iters=END,
        stop_training=False,
        fast_forward_on_resume=False,
        dataloader_iterator=iterator_class(dataloader),
        dynamic_milestones=[0],
        dynamic_intervals=[1],
        run_iter=run_iter,
        _runner=SimpleNamespace(
            call_hook=call_hook,
            model=SimpleNamespace(train=lambda: None),
            val_loop=None,
        ),
    )
    loop.run()
    expected = [(BEGIN + number, batch) for number, batch in unbroken]
    assert seen == expected[STOP - BEGIN :]
