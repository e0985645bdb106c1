"""Pages in a real browser, which notes what they ask for and complain of."""

import contextlib
import shutil

import pytest

#: A 3D drawing needs WebGL, by software where there is no GPU.
_SWITCHES = ['--no-sandbox', '--enable-unsafe-swiftshader']


@contextlib.contextmanager
def open_browser():
    """Chromium; skips the test where it, or playwright, is absent."""
    drive = pytest.importorskip(
        'playwright.sync_api', reason='needs playwright'
    )
    path = shutil.which('chromium') or shutil.which('chromium-browser')
    if path is None:
        pytest.skip('needs chromium on the PATH')
    with drive.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=_SWITCHES
        )
        yield browser
        browser.close()


@contextlib.contextmanager
def open_page(browser, path, width=1280, height=800):
    """A page of a file, with ``page.notes``: what it must not do.

    These are errors and warnings of the console, uncaught errors, dialogs,
    and requests other than that for the file itself.
    """
    context = browser.new_context(viewport={'width': width, 'height': height})
    page = context.new_page()
    page.notes = notes = []

    def refuse(dialog):
        notes.append(f'dialog: {dialog.message}')
        dialog.dismiss()

    def ask(request):
        inside = request.url.startswith(('data:', 'blob:'))
        if not inside and request.url != path.absolute().as_uri():
            notes.append(f'request: {request.url}')

    def complain(message):
        if message.type == 'error':
            notes.append(f'console: {message.text}')

    page.on('dialog', refuse)
    page.on('request', ask)
    page.on('console', complain)
    page.on('pageerror', lambda error: notes.append(f'error: {error}'))
    page.goto(path.absolute().as_uri())
    yield page
    context.close()


def overflow(page):
    """Pixels that the page is wider than its window."""
    return page.evaluate(
        'document.documentElement.scrollWidth - window.innerWidth'
    )


def cut_texts(page):
    """Texts of drawings that do not fit into their drawing."""
    return page.evaluate(
        """() => [...document.querySelectorAll('svg text')].filter(text => {
            const a = text.getBoundingClientRect();
            const b = text.closest('svg').getBoundingClientRect();
            return a.left < b.left - 1 || a.right > b.right + 1
                || a.top < b.top - 1 || a.bottom > b.bottom + 1;
        }).map(text => text.textContent)"""
    )
