"""The report as one page that needs nothing else: bars for classes, thumbnails for findings."""

import base64
import io
import os
from html import escape

from PIL import Image

from fastcnn.data.checking.inspection import THUMBNAIL
from fastcnn.data.checking.kinds import KINDS, Finding
from fastcnn.data.checking.report import Report
from fastcnn.data.image_error import ImageError, shown
from fastcnn.data.isolated import IsolatedReader

_SHOWN = 60  # findings of a kind
_STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --paper: #ffffff; --soft: #eef1f4; --bar: #3b7dd8; --bad: #c62f2f; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e8eb; --paper: #15181c; --soft: #23282e; --bar: #5d9cf0; --bad: #ff7b72; } }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
  max-width: 62rem; margin: 0 auto; padding: 1rem; overflow-wrap: anywhere; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin: 2rem 0 .2rem; } h2.error { color: var(--bad); }
p { margin: .2rem 0 .8rem; } .bars { display: grid; grid-template-columns: max-content 1fr; gap: .3rem .8rem; }
.bar { background: var(--bar); height: 1.1rem; border-radius: 3px; display: inline-block; vertical-align: middle; }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(9rem, 1fr)); gap: .8rem; }
.card { background: var(--soft); border-radius: 6px; padding: .5rem; font-size: .8rem; }
.card img, .none { width: 96px; height: 96px; border-radius: 4px; margin-right: .3rem; }
.none { display: inline-flex; align-items: center; justify-content: center; border: 1px dashed var(--bad);
  color: var(--bad); box-sizing: border-box; }
"""


def page(report: Report) -> str:
    """The page's text."""
    reader = IsolatedReader()
    try:
        sections = [_section(report, kind, reader) for kind in report.counts]
    finally:
        reader.close()
    title = f"Photos in {escape(shown(report.folder))}"
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title>'
    body = [f"<h1>{title}</h1>", f"<p>{escape(report.summary())}</p>", *map(_bars, report.classes.items()), *sections]
    content = "\n".join(body)
    style = f"<style>{_STYLE}</style>"
    return f'<!DOCTYPE html>\n<html lang="en"><head>{head}{style}</head>\n<body>\n{content}\n</body></html>\n'


def _bars(one: tuple[str, dict[str, int]]) -> str:
    name, counts = one
    largest = max(counts.values(), default=0) or 1
    rows = [
        f'<span>{escape(shown(label))}</span><span><span class="bar" style="width: {70 * count / largest:.1f}%"></span>'
        f" {count:,}</span>"
        for label, count in counts.items()
    ]
    return f'<h2>{escape(name or "classes")}</h2><div class="bars">{"".join(rows)}</div>'


def _section(report: Report, kind: str, reader: IsolatedReader) -> str:
    found = report.of(kind)
    heading = (
        f'<h2 class="{"error" if KINDS[kind].error else "remark"}">{len(found):,} {escape(KINDS[kind].title)}</h2>'
    )
    cards = "".join(_card(report, finding, reader) for finding in found[:_SHOWN])
    more = f"<p>... and {len(found) - _SHOWN:,} more</p>" if len(found) > _SHOWN else ""
    return f'{heading}<p>{escape(KINDS[kind].advice)}</p><div class="cards">{cards}</div>{more}'


def _card(report: Report, finding: Finding, reader: IsolatedReader) -> str:
    files = [os.path.join(report.folder, path) for path in finding.paths]
    pictures = "".join(_picture(path, reader) for path in files if os.path.isfile(path))
    names = "<br>".join(escape(shown(path)) for path in finding.paths)
    return f'<div class="card">{pictures}<div>{names}</div><div>{escape(finding.detail)}</div></div>'


def _picture(path: str, reader: IsolatedReader) -> str:
    """A thumbnail inside the page, or a box in its place."""
    try:
        pixels = reader.read(path, THUMBNAIL)
    except ImageError:
        return '<span class="none">no picture</span>'
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=80)
    return f'<img alt="" src="data:image/jpeg;base64,{base64.b64encode(file.getvalue()).decode()}">'
