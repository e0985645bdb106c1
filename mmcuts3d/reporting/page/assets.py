"""What every page carries: its style and its few lines of script."""

STYLE = """
:root { color-scheme: light dark; --text: #1c1c1c; --back: #fff;
  --faint: #5a5a5a; --line: #e0e0e0; --warn: #fff4d6; --bar: #0a66c2;
  --box: #f4f5f7; }
@media (prefers-color-scheme: dark) { :root { --text: #e8e8e8;
  --back: #17181a; --faint: #a8a8a8; --line: #3a3b3e; --warn: #4a3a10;
  --bar: #6cb2ff; --box: #232528; } }
* { box-sizing: border-box; }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--text);
  margin: 0 auto; max-width: 1280px; padding: 1.25rem;
  background: var(--back); overflow-wrap: anywhere; }
h1 { font-size: 1.6rem; margin: 0 0 .5rem; line-height: 1.25; }
h2 { font-size: 1.2rem; margin: 2.2rem 0 .5rem; }
p { margin: .3rem 0; max-width: 60rem; }
p.warning { background: var(--warn); border-left: 4px solid #e0a100;
  padding: .4rem .8rem; }
nav { margin: .8rem 0; display: flex; flex-wrap: wrap; gap: .2rem 1rem; }
a { color: var(--bar); }
.wide { overflow-x: auto; }
.tall { max-height: 36rem; overflow: auto; border: 1px solid var(--line); }
.tall table { margin: 0; width: 100%; }
.tall thead th { position: sticky; top: 0; background: var(--back); }
.tall th:first-child, .tall td:first-child { padding-left: .5rem; }
table { border-collapse: collapse; margin: .8rem 0; font-size: 14px; }
th, td { padding: .25rem .8rem; text-align: right; white-space: nowrap;
  font-variant-numeric: tabular-nums;
  border-bottom: 1px solid var(--line); }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
td:first-child { min-width: 9rem; max-width: 24rem; white-space: normal; }
.words th, .words td { text-align: left; white-space: normal; }
.words td { min-width: 10rem; vertical-align: top; }
thead th { border-bottom: 2px solid var(--faint); vertical-align: bottom; }
td img { width: 72px; height: 54px; object-fit: contain; display: block;
  background: var(--box); }
th button { font: inherit; font-weight: 600; color: inherit; border: 0;
  background: none; padding: 0; cursor: pointer; }
th[aria-sort=ascending] button::after { content: ' \\25B2'; }
th[aria-sort=descending] button::after { content: ' \\25BC'; }
figure { margin: 0; min-width: 0; }
figcaption { margin-bottom: .3rem; }
figcaption span { color: var(--faint); }
.charts, .looks { display: grid; gap: 1.2rem 1.6rem; margin: .8rem 0;
  grid-template-columns: repeat(auto-fill, minmax(min(330px, 100%), 1fr)); }
.looks { grid-template-columns:
  repeat(auto-fit, minmax(min(330px, 100%), 1fr)); }
.look { max-width: 40rem; }
svg { width: 100%; height: auto; display: block; }
svg text { font-size: 11px; fill: var(--text); }
svg .bar { fill: var(--bar); }
svg .axis { stroke: var(--faint); }
svg .curve { fill: none; stroke: var(--bar); stroke-width: 1.5; }
svg .begin { stroke: #e0a100; stroke-dasharray: 4 3; }
.stage { position: relative; background: var(--box); overflow: hidden; }
.stage img { position: absolute; inset: 0; width: 100%; height: 100%; }
.look input { width: 100%; margin: .4rem 0 .2rem; }
.views { display: flex; flex-wrap: wrap; gap: .3rem; }
.look button { font: inherit; font-size: 13px; padding: .3rem .6rem;
  border: 1px solid var(--line); border-radius: 4px; cursor: pointer;
  background: var(--box); color: var(--text); }
.look button[aria-pressed=true] { background: var(--bar);
  color: var(--back); border-color: var(--bar); }
.open { margin-top: .4rem; }
.plot { height: 380px; margin-top: .5rem; background: #fff; }
.plot[hidden] { display: none; }
:focus-visible { outline: 3px solid #e0a100; outline-offset: 2px; }
dl { display: grid; grid-template-columns: fit-content(45%) 1fr;
  gap: .2rem 1rem; margin: .5rem 0; }
dt { color: var(--faint); }
dd { margin: 0; }
code { font: 13px/1.5 ui-monospace, monospace; }
"""

# The slider fades from one view into the next; arrow keys go a view further.
SCRIPT = """
'use strict';
for (const look of document.querySelectorAll('.look')) {
  const slider = look.querySelector('input');
  if (!slider) continue;
  const images = [...look.querySelectorAll('.stage img')];
  const views = [...look.querySelectorAll('.views button')];
  const set = value => {
    slider.value = value;
    const place = Number(slider.value), near = Math.round(place);
    images.forEach((image, i) => {
      const shown = i === 0 ? 1 : Math.min(Math.max(place - i + 1, 0), 1);
      image.style.opacity = shown;
      image.setAttribute('aria-hidden', i !== near);
    });
    views.forEach((view, i) => view.setAttribute('aria-pressed', i === near));
    slider.setAttribute('aria-valuetext', views[near].textContent);
  };
  slider.addEventListener('input', () => set(slider.value));
  slider.addEventListener('keydown', event => {
    const step = {ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1};
    if (!(event.key in step)) return;
    event.preventDefault();
    set(Math.round(Number(slider.value)) + step[event.key]);
  });
  views.forEach((view, i) => view.addEventListener('click', () => set(i)));
  set(slider.value);
}
for (const table of document.querySelectorAll('table.sortable')) {
  const heads = [...table.querySelectorAll('thead th')];
  const value = (row, column) => {
    const cell = row.cells[column];
    return cell.hasAttribute('data-value') ?
      Number(cell.dataset.value) : cell.textContent.trim();
  };
  heads.forEach((head, column) => {
    head.querySelector('button').addEventListener('click', () => {
      const down = head.getAttribute('aria-sort') === 'ascending';
      heads.forEach(other => other.removeAttribute('aria-sort'));
      head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
      const rows = [...table.tBodies[0].rows].sort((one, other) => {
        const a = value(one, column), b = value(other, column);
        // Cells without a number stay last, whichever way it goes.
        if (typeof a !== typeof b) return typeof a === 'string' ? 1 : -1;
        const order = typeof a === 'number' ? a - b : a.localeCompare(b);
        return down ? -order : order;
      });
      table.tBodies[0].append(...rows);
    });
  });
}
let plotly = null;
function load() {
  if (plotly) return plotly;
  plotly = (async () => {
    const packed = document.getElementById('plotly').textContent.trim();
    const bytes = Uint8Array.from(atob(packed), c => c.charCodeAt(0));
    const stream = new Blob([bytes]).stream()
      .pipeThrough(new DecompressionStream('gzip'));
    const script = document.createElement('script');
    script.nonce = NONCE;
    script.textContent = await new Response(stream).text();
    document.head.append(script);
  })();
  return plotly;
}
for (const button of document.querySelectorAll('.open')) {
  button.addEventListener('click', async () => {
    const plot = button.nextElementSibling;
    plot.hidden = !plot.hidden;
    button.setAttribute('aria-expanded', !plot.hidden);
    if (plot.hidden || plot.firstChild) return;
    plot.textContent = 'Loading the point cloud ...';
    try {
      await load();
      const content = document.getElementById(button.dataset.cloud);
      const figure = JSON.parse(content.textContent);
      plot.textContent = '';
      await Plotly.newPlot(plot, figure.data, figure.layout, figure.config);
    } catch (error) {
      plot.textContent = 'The point cloud cannot be shown here: ' + error;
    }
  });
}
"""
