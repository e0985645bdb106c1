"""The pages as a site: Sphinx, with MyST for Markdown.

``make docs`` builds it. The source folder is the root of the repository, so
that a link between pages is the same here as in a view of the files: pages
need no mark of Sphinx. What a browser of files shows by itself (the list of
pages, links to folders) is added here.
"""

import importlib
import inspect
import os
import pkgutil
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import mmcuts3d.registry  # noqa: E402, F401  # repairs torchvision first

from mmcuts3d.version import __version__  # noqa: E402  # isort: skip
from mmcv.transforms.utils import cache_randomness  # noqa: E402  # isort: skip
from sphinx.util.nodes import make_refnode  # noqa: E402

# mmcv's decorator cannot be looked up on a class, which autodoc does.
_of_instance = cache_randomness.__get__
cache_randomness.__get__ = lambda self, obj, cls=None: (
    self if obj is None else _of_instance(self, obj, cls)
)

project = 'mmcuts3d'
author = copyright = 'the mmcuts3d contributors'
release = version = __version__

extensions = [
    'myst_parser',
    'sphinx.ext.autodoc',
    'sphinx.ext.napoleon',
    'sphinx_copybutton',
]
root_doc = 'README'
include_patterns = [
    'README.md',
    'CONTRIBUTING.md',
    'CHANGELOG.md',
    'docs/**.md',
    'docs/**.rst',
    'configs/*/README.md',
    'benchmarks/**.md',
    'projects/README.md',
    'projects/*/README.md',
    'projects/*/docs/**.md',
]
#: Nothing in these is a page, and Sphinx need not walk through them.
exclude_patterns = [
    '.*',
    'build',
    'data',
    'demo_output',
    'mmcuts3d',
    'tests',
    'tools',
    'work_dirs',
]

#: What stands in the list of pages, part by part. A page of docs/ that is in
#: none goes to the last part, so that no page is lost.
PARTS = {
    'First steps': [
        'docs/get_started',
        'docs/tutorial',
        'docs/how_cuts3d_works',
        'docs/coming_from',
        'docs/faq',
    ],
    'Labels': [
        'docs/presets',
        'docs/features',
        'docs/depth',
        'docs/calibrate',
        'docs/small_objects',
        'docs/recipes',
        'docs/labels_in_other_tools',
    ],
    'Training and evaluation': [
        'docs/one_component',
        'docs/confidence',
        'docs/evaluating_labels',
        'docs/metrics',
        'docs/datasets',
    ],
    'Reference': [
        'docs/api/index',
        'docs/design',
        'CONTRIBUTING',
        'CHANGELOG',
    ],
    'Configs': sorted(
        path.relative_to(ROOT).with_suffix('').as_posix()
        for path in ROOT.glob('configs/*/README.md')
    ),
    'Measurements': ['benchmarks/README'],
    'Projects': ['projects/README'],
    'More': [],
}

# ---- pages ------------------------------------------------------------------
myst_enable_extensions = ['tasklist']
myst_heading_anchors = 4
suppress_warnings = [
    # A page may begin a part with a smaller heading, as on GitHub.
    'myst.header',
]
html_theme = 'furo'
html_title = f'mmcuts3d {release}'
html_static_path = ['_static']
html_css_files = ['site.css']
html_copy_source = False
html_show_sphinx = False
pygments_style = 'friendly'
pygments_dark_style = 'monokai'
highlight_language = 'none'
copybutton_exclude = '.linenos, .gp, .go'

# ---- the API, from the docstrings -------------------------------------------
autodoc_member_order = 'bysource'
autodoc_typehints = 'none'  # Google style has the types, with shapes
autodoc_default_options = {'members': True, 'show-inheritance': True}
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True
napoleon_use_rtype = False
add_module_names = False
toc_object_entries_show_parents = 'hide'
#: Types in docstrings are words ("str, optional") as often as names; links of
#: roles (:class:, :func:, ...) in texts are checked.
nitpick_ignore_regex = [
    ('py:.*', r'(?!mmcuts3d).*'),
    ('py:class', '.*'),
]


def toctrees(found):
    """The list of pages, for the first page."""
    parts = {name: list(pages) for name, pages in PARTS.items()}
    listed = {page for pages in parts.values() for page in pages}
    parts['More'] += sorted(
        page
        for page in found
        if re.fullmatch(r'docs/\w+', page) and page not in listed
    )
    text = ''
    for name, pages in parts.items():
        pages = [page for page in pages if page in found]
        if pages:
            entries = '\n'.join(f'/{page}' for page in pages)
            text += (
                f'\n```{{toctree}}\n:hidden:\n:caption: {name}\n\n'
                f'{entries}\n```\n'
            )
    return text


#: Pages whose sub-pages follow them in the list.
BELOW = {
    'benchmarks/README': 'benchmarks/**.md',
    'projects/README': 'projects/**.md',
    'CONTRIBUTING': 'docs/README.md',
}
FENCE = re.compile(r'^(```.*?^```)', re.DOTALL | re.MULTILINE)
LINK = re.compile(r'\[([^\]]*)\]\(([^)\s#]+?)/?\)')


def mend_links(text, folder):
    """Links to folders lead to their README, or become plain text."""

    def mended(match):
        words, target = match.groups()
        path = (folder / target).resolve()
        if re.match(r'\w+:', target) or not path.is_dir():
            return match.group(0)
        if (path / 'README.md').is_file():
            return f'[{words}]({target}/README.md)'
        return words

    parts = FENCE.split(text)
    return ''.join(
        part if part.startswith('```') else LINK.sub(mended, part)
        for part in parts
    )


MODULE = re.compile(r'^\.\. automodule:: (\S+)\n(?: +.*\n)*', re.MULTILINE)


def with_constants(text):
    """Adds the constants of a module's ``__all__``, which autodoc skips."""

    def added(match):
        module = importlib.import_module(match[1])
        entries = ''
        for name in getattr(module, '__all__', ()):
            value = getattr(module, name)
            if not (
                inspect.isclass(value)
                or inspect.isroutine(value)
                or inspect.ismodule(value)
            ):
                entries += f'\n.. py:data:: {match[1]}.{name}\n\n'
                entries += f'{comment_of(match[1], name)}\n'
        return match[0] + entries

    return MODULE.sub(added, text)


def comment_of(package, name):
    """What stands above a constant, where a module of a package assigns it."""
    assigned = re.compile(rf'((?:^#:.*\n)*)^{name}\b[^=\n]* = ', re.MULTILINE)
    for module in sorted(sys.modules):
        if (module + '.').startswith(package + '.'):
            source = getattr(sys.modules[module], '__file__', None)
            found = source and assigned.search(Path(source).read_text('utf-8'))
            if found:
                return found[1].replace('#:', '  ')
    return ''


def read_page(app, name, content):
    """Completes a page before it is parsed."""
    path = Path(app.env.doc2path(name))
    if path.suffix != '.md':
        if name.startswith('docs/api/'):
            content[0] = with_constants(content[0])
        return
    text = mend_links(content[0], path.parent)
    if name == root_doc:
        text += toctrees(app.env.found_docs)
    if name in BELOW:
        pages = sorted(
            page.relative_to(ROOT).with_suffix('').as_posix()
            for page in ROOT.glob(BELOW[name].replace('**.', '**/*.'))
        )
        pages = [p for p in pages if p != name and p in app.env.found_docs]
        entries = '\n'.join(f'/{page}' for page in pages)
        text += f'\n```{{toctree}}\n:hidden:\n\n{entries}\n```\n'
    content[0] = text


def find_reference(app, env, node, contnode):
    """Links a name of a module to where its package documents it.

    A name that is there and that no page documents stays text; one that is
    not there is reported by Sphinx.
    """
    target = node.get('reftarget', '')
    if node.get('refdomain') != 'py' or not target.startswith('mmcuts3d'):
        return None
    package, _, name = target.rpartition('.')
    documented = env.domains['py'].objects
    while package:
        entry = documented.get(f'{package}.{name}')
        if entry:
            return make_refnode(
                app.builder,
                node['refdoc'],
                entry.docname,
                entry.node_id,
                contnode,
            )
        package = package.rpartition('.')[0]
    try:
        pkgutil.resolve_name(target)
    except (ImportError, AttributeError):
        return None
    return contnode


def write_index(app, error):
    """A site begins with index.html."""
    if error is None and app.builder.name == 'html':
        page = (
            '<!doctype html><meta charset="utf-8"><title>mmcuts3d</title>'
            f'<meta http-equiv="refresh" content="0; url={root_doc}.html">'
            f'<a href="{root_doc}.html">mmcuts3d</a>\n'
        )
        Path(app.outdir, 'index.html').write_text(page, 'utf-8')


def setup(app):
    """Sphinx calls this."""
    os.environ.setdefault('MPLBACKEND', 'Agg')
    app.connect('source-read', read_page)
    app.connect('missing-reference', find_reference)
    app.connect('build-finished', write_index)
    return {'parallel_read_safe': True}
