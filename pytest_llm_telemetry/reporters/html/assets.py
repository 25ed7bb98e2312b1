"""What the page brings along: its style, and the script that sorts and filters the case table.

Both are constants of ours, named by hash in the page's Content-Security-Policy, so that no other
style or script could run even if a text got past the escape.
"""

from base64 import b64encode
from hashlib import sha256

STYLE = """
:root{color-scheme:light dark;--bg:#fff;--ink:#1b1f24;--soft:#57606a;--line:#d0d7de;--card:#f6f8fa;
--good:#116329;--bad:#b3261e;--warn:#7a4b00;--now:#0550ae;--before:#6e7781}
@media(prefers-color-scheme:dark){:root{--bg:#0d1117;--ink:#e6edf3;--soft:#9da7b1;--line:#30363d;
--card:#161b22;--good:#56d364;--bad:#ff9389;--warn:#e3b341;--now:#79c0ff;--before:#9198a1}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:76rem;padding:1rem;background:var(--bg);color:var(--ink);
font:1rem/1.5 system-ui,sans-serif}
h1{font-size:1.4rem;line-height:1.3;margin:.5rem 0}
h2{font-size:1.2rem;margin:2rem 0 .25rem;border-top:1px solid var(--line);padding-top:1rem}
h3{font-size:1rem;margin:1.5rem 0 .5rem}
p{margin:.25rem 0}
.soft{color:var(--soft)}.good{color:var(--good)}.bad{color:var(--bad)}.warn{color:var(--warn)}
h1.pass,h1.fail,h1.error,h1.budget{border-left:.5rem solid;padding-left:.75rem}
h1.pass{border-color:var(--good)}h1.fail,h1.budget{border-color:var(--bad)}
h1.error{border-color:var(--warn)}
.cards,.charts{display:grid;gap:.75rem;grid-template-columns:repeat(auto-fill,minmax(15rem,1fr))}
.charts{grid-template-columns:repeat(auto-fill,minmax(min(22rem,100%),1fr))}
.card{background:var(--card);border:1px solid var(--line);border-radius:.5rem;padding:.75rem}
.card strong{display:block;font-size:1.5rem;line-height:1.3}
figure{margin:0}figcaption{color:var(--soft);font-size:.875rem}
svg{display:block;width:100%;height:auto}
svg text{fill:var(--soft);font-size:11px}
.axis{stroke:var(--line);fill:none}.limit{stroke:var(--bad);stroke-dasharray:3 2}
.now{stroke:var(--now);fill:none;stroke-width:2}
.before{stroke:var(--before);fill:none;stroke-width:2;stroke-dasharray:5 3}
.dot{fill:var(--now);stroke:none;fill-opacity:.6}.dot.failed{fill:var(--bad)}
.key{display:inline-block;width:1.5rem;border-top:2px solid var(--now);vertical-align:middle}
.key.old{border-top:2px dashed var(--before)}
.wide{overflow-x:auto}
.wide:focus-visible,button:focus-visible,input:focus-visible{outline:2px solid var(--now)}
table{border-collapse:collapse;font-size:.875rem;width:100%}
th,td{border-bottom:1px solid var(--line);padding:.3rem .6rem;text-align:left;vertical-align:top}
td.n,th.n{text-align:right;white-space:nowrap}
td.why{min-width:16rem;overflow-wrap:anywhere}td.id{overflow-wrap:anywhere;min-width:8rem}
th button{all:unset;cursor:pointer;font-weight:600}
th[aria-sort=ascending] button::after{content:" \\2191"}
th[aria-sort=descending] button::after{content:" \\2193"}
caption{text-align:left;color:var(--soft)}
.tools{display:flex;gap:1rem;flex-wrap:wrap;align-items:center;margin:.5rem 0}
.tools[hidden]{display:none}
input[type=search]{font:inherit;padding:.3rem .5rem;min-width:16rem;max-width:100%;color:inherit;
background:var(--bg);border:1px solid var(--soft);border-radius:.3rem}
code{font-family:ui-monospace,monospace;font-size:.875em;overflow-wrap:anywhere}
@media print{body{max-width:none}.tools{display:none!important}.card{break-inside:avoid}
.wide{overflow:visible}}
""".strip()

SCRIPT = """
"use strict";
for (const section of document.querySelectorAll("[data-cases]")) {
  const body = section.querySelector("tbody");
  const rows = Array.from(body.rows);
  const texts = rows.map(row => row.textContent.toLowerCase());
  const tools = section.querySelector(".tools");
  const search = tools.querySelector("input[type=search]");
  const changed = tools.querySelector("input[type=checkbox]");
  const told = tools.querySelector("[role=status]");
  tools.hidden = false;
  const filter = () => {
    const words = search.value.toLowerCase().split(/\\s+/).filter(Boolean);
    let shown = 0;
    rows.forEach((row, place) => {
      const fits = words.every(word => texts[place].includes(word)) &&
        (!changed.checked || row.dataset.changed === "1");
      row.hidden = !fits;
      shown += fits;
    });
    told.textContent = shown + " of " + rows.length + " cases";
  };
  search.addEventListener("input", filter);
  changed.addEventListener("change", filter);
  filter();
  const heads = Array.from(section.querySelectorAll("thead th"));
  heads.forEach((head, column) => {
    const button = head.querySelector("button");
    button.disabled = false;
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      heads.forEach(other => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const key = row => {
        const cell = row.cells[column];
        return "v" in cell.dataset ? Number(cell.dataset.v) : cell.textContent.toLowerCase();
      };
      const sign = down ? -1 : 1;
      const keyed = rows.map((row, place) => [key(row), place, row]);
      keyed.sort((a, b) => (a[0] < b[0] ? -sign : a[0] > b[0] ? sign : a[1] - b[1]));
      body.append(...keyed.map(entry => entry[2]));
    });
  });
}
""".strip()


def policy() -> str:
    """The page's Content-Security-Policy: nothing is loaded, ours alone is run."""
    return (
        "default-src 'none'; base-uri 'none'; form-action 'none'; "
        f"style-src '{_hash(STYLE)}'; script-src '{_hash(SCRIPT)}'"
    )


def _hash(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"
