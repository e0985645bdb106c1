"""How far long work is: a bar on a terminal, else lines now and then."""

import io
import re

import pytest
from rich.console import Console

from mmcuts3d.files.following import clock, followed, progress_line


@pytest.mark.parametrize(
    ('values', 'line'),
    [
        ((20, 50, 10.0), 'labeling: 20/50, 2.00 images/s, ETA 0:00:15'),
        ((50, 50, 10.0), 'labeling: 50/50, 5.00 images/s, ETA 0:00:00'),
        ((60, 50, 10.0), 'labeling: 60/50, 6.00 images/s, ETA 0:00:00'),
        ((1, 7201, 1.0), 'labeling: 1/7201, 1.00 images/s, ETA 2:00:00'),
        ((20, None, 10.0), 'labeling: 20, 2.00 images/s'),
    ],
)
def test_a_line_has_count_rate_and_remaining_time(values, line):
    assert progress_line('labeling', *values, 'images') == line


def test_a_day_is_said():
    assert clock(90061.4) == '1 day, 1:01:01'


def test_without_a_terminal_each_interval_has_a_line(capsys):
    console = Console(file=io.StringIO())
    things = followed('abc', 3, 'exporting', 'masks', console, interval=0)
    assert list(things) == ['a', 'b', 'c']
    lines = capsys.readouterr().err.splitlines()
    assert [line.partition(',')[0] for line in lines] == [
        'exporting: 1/3',
        'exporting: 2/3',
        'exporting: 3/3',
    ]
    assert all(' masks/s, ETA 0:00:0' in line for line in lines)


def test_quick_work_without_a_terminal_is_silent(capsys):
    console = Console(file=io.StringIO())
    assert list(followed(range(5), 5, 'exporting', console=console)) == [
        *range(5)
    ]
    assert capsys.readouterr().err == ''


@pytest.mark.parametrize('total', [3, None])
def test_a_terminal_has_one_bar_within_its_80_columns(total, capsys):
    file = io.StringIO()
    console = Console(
        file=file, force_terminal=True, width=80, color_system=None
    )
    assert list(followed('abc', total, 'exporting', console=console)) == [
        *'abc'
    ]
    plain = re.sub(r'\x1b\[[?\d;]*[A-Za-z]', '', file.getvalue())
    last = plain.rstrip().splitlines()[-1]
    assert '3/' in last
    assert 'images/s' in last
    assert len(last) <= 80
    assert capsys.readouterr().err == ''


def test_things_are_not_taken_before_they_are_asked_for():
    taken = []

    def things():
        for number in range(3):
            taken.append(number)
            yield number

    console = Console(file=io.StringIO())
    following = followed(things(), 3, 'exporting', console=console)
    assert (next(following), taken) == (0, [0])
