"""Whether the cuts repeat, patch by patch and pixel by pixel.

    python benchmarks/quality/repeat.py            compares with repeat.json
    python benchmarks/quality/repeat.py --write    makes it anew

For some images of each set and each method, hashes of the semantic masks and
LocalCuts, of the pixel masks, and the scores. ``repeat.json`` is of version
0.2, before CutS3D was composed of parts: a change of the code that is not
meant to change results has to repeat it. Masks depend on the arithmetic of
the processor only where a patch or a pixel ties.
"""

import argparse
import hashlib
import json
import sys
from pathlib import Path

import numpy as np
from cases import Case, load_cases
from runs import Setting, cut_case
from settings import METHODS

RECORD = Path(__file__).with_suffix('.json')
PARTS = (
    ('rgbd_osd', 'oracle', 6),
    ('rgbd_osd', 'features', 6),
    ('scenes', 'features', 6),
    ('pennfudan', 'oracle', 4),
)
NAMES = ('MaskCut', 'literal', 'guarded', 'touching', 'adaptive')


def main() -> int:
    """Compares or writes; 1 where something differs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--write', action='store_true')
    args = parser.parse_args()
    expected = json.loads(RECORD.read_text('utf-8')) if not args.write else {}
    rows, different = {}, 0
    for name, semantics, number in PARTS:
        cases = load_cases(name, 'choose', semantics, number)
        for method in NAMES:
            title = f'{name}, {semantics}, {method}'
            row = {
                str(case.entry['id']): digest(case, METHODS[method])
                for case in cases
            }
            rows[title] = row
            if args.write:
                continue
            odd = [key for key in row if row[key] != expected[title].get(key)]
            different += len(odd)
            verdict = f'differs in images {odd}' if odd else 'repeats'
            print(f'{title}: {len(row)} images, {verdict}', flush=True)
    if args.write:
        RECORD.write_text(json.dumps(rows, indent=1) + '\n', 'utf-8')
    return int(different > 0)


def digest(case: Case, setting: Setting) -> dict:
    """What one image gave, in short."""
    found = cut_case(case, setting)
    cuts = hashlib.sha256()
    for step in found.steps:
        cuts.update(np.packbits(step.semantic_mask))
        cuts.update(np.packbits(step.local_cut))
        cuts.update(str(step.seed).encode())
    masks = hashlib.sha256(np.packbits(found.masks).tobytes())
    return {
        'cuts': cuts.hexdigest()[:16],
        'masks': masks.hexdigest()[:16],
        'num_masks': len(found),
        'scores': [round(float(score), 6) for score in found.scores],
    }


if __name__ == '__main__':
    sys.exit(main())
