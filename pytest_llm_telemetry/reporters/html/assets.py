"""What the page brings along: its style, and the script that sorts and filters the case table.

Both are constants of ours, named by hash in the page's Content-Security-Policy, so that no other
style or script could run even if a text got past the escape.
"""

from base64 import b64encode
from hashlib import sha256

STYLE = """
:root{color-scheme:light dark;--bg:#fbfbfc;--card:#fff;--ink:#1c2024;--soft:#5f636b;--line:#e3e5e9;
--good:#18794e;--bad:#c2302c;--warn:#7d4e00;--now:#3457d5;--before:#8b8f98;
--good-bg:#e9f6ee;--bad-bg:#fdecec;--warn-bg:#fdf5dd;--soft-bg:#f0f1f4}
@media(prefers-color-scheme:dark){:root{--bg:#111214;--card:#191a1d;--ink:#eceef1;--soft:#a9aeb6;
--line:#2d3035;--good:#5cc08f;--bad:#ff9a94;--warn:#ecc35a;--now:#9db2ff;--before:#8a8f98;
--good-bg:#14291f;--bad-bg:#351a1c;--warn-bg:#2c2410;--soft-bg:#24262a}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:78rem;padding:1.5rem;background:var(--bg);color:var(--ink);
font:.9375rem/1.55 system-ui,sans-serif;font-variant-numeric:tabular-nums}
h1{font-size:1.375rem;line-height:1.35;font-weight:600;margin:0;text-wrap:balance}
h2{font-size:1.1875rem;font-weight:600;margin:2.25rem 0 .25rem}
h3{font-size:1rem;font-weight:600;margin:2rem 0 .75rem}
p{margin:.25rem 0}ul{margin:.75rem 0;padding-left:1.25rem}li{margin:.2rem 0}
.soft{color:var(--soft)}.good{color:var(--good)}.bad{color:var(--bad)}.warn{color:var(--warn)}
header{border-radius:.75rem;padding:1.125rem 1.375rem;background:var(--soft-bg)}
header p{margin:.375rem 0 0}
header.pass{background:var(--good-bg)}header.fail,header.budget{background:var(--bad-bg)}
header.error{background:var(--warn-bg)}
header{border-left:.25rem solid var(--before)}
header.pass{border-color:var(--good)}header.fail,header.budget{border-color:var(--bad)}
header.error{border-color:var(--warn)}
ul.bad,ul.warn{list-style:none;padding:.625rem 1rem;border-radius:.5rem;color:var(--ink);
border-left:.1875rem solid var(--bad);background:var(--card)}
ul.warn{border-color:var(--warn);color:var(--soft)}
.cards,.charts{display:grid;gap:1rem;grid-template-columns:repeat(auto-fill,minmax(15.5rem,1fr));
margin:1rem 0}
.charts{grid-template-columns:repeat(auto-fill,minmax(min(21rem,100%),1fr))}
.card{background:var(--card);border:1px solid var(--line);border-radius:.75rem;padding:1rem}
.card p{font-size:.8125rem}.card p.name{font-size:.9375rem}
.card strong{display:block;font-size:1.625rem;font-weight:600;line-height:1.35}
.name,.rule{display:flex;justify-content:space-between;gap:.5rem;margin:0}
.name{font-weight:500}.rule{font-size:.8125rem;color:var(--soft);margin-top:.25rem}
.pill{font-size:.75rem;font-weight:600;line-height:1.6;padding:0 .5rem;border-radius:1rem;
white-space:nowrap;align-self:center;background:var(--soft-bg)}
.pill.good{background:var(--good-bg)}.pill.bad{background:var(--bad-bg)}
.pill.warn{background:var(--warn-bg)}
.tag{font-size:.75rem;color:var(--soft);background:var(--soft-bg);border-radius:.25rem;
padding:0 .3rem;margin-left:.3rem;display:inline-block}
figure{margin:0}figcaption{font-size:.8125rem;color:var(--soft);margin-bottom:.5rem}
figcaption b{color:var(--ink);font-weight:500;font-size:.9375rem;margin-right:.25rem}
svg{display:block;width:100%;height:auto}
svg text{fill:var(--soft);font-size:11px}
.axis{stroke:var(--line);fill:none}.limit{stroke:var(--bad);stroke-dasharray:3 2}
.now{stroke:var(--now);fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}
.before{stroke:var(--before);fill:none;stroke-width:1.5;stroke-dasharray:4 3}
.span{stroke:var(--now);stroke-width:6;stroke-linecap:round;opacity:.3}
.beyond{fill:var(--bad-bg)}
.dot{fill:var(--now);stroke:var(--card)}.dot.failed{fill:var(--bad)}
.many .dot{stroke:none;fill-opacity:.6}
.key{display:inline-block;width:1.25rem;border-top:2px solid var(--now);vertical-align:middle}
.key.old{border-top:2px dashed var(--before)}
.wide{overflow-x:auto;background:var(--card);border:1px solid var(--line);border-radius:.75rem}
.wide:focus-visible,button:focus-visible,input:focus-visible,summary:focus-visible{
outline:2px solid var(--now);outline-offset:2px;border-radius:.25rem}
table{border-collapse:collapse;font-size:.8125rem;width:100%}
caption{text-align:left;color:var(--soft);padding:.625rem .75rem}
th,td{border-top:1px solid var(--line);padding:.4375rem .75rem;text-align:left;vertical-align:top}
th{color:var(--soft);font-weight:500;white-space:nowrap}
tbody tr:hover{background:var(--soft-bg)}
td.n,th.n{text-align:right;white-space:nowrap}
td.why{min-width:18rem;max-width:32rem;overflow-wrap:anywhere}
td.id{overflow-wrap:anywhere;min-width:11rem}
th button{all:unset;cursor:pointer}th button:disabled{cursor:default}
th[aria-sort]{color:var(--ink)}
th[aria-sort=ascending] button::after{content:" \\2191" / ""}
th[aria-sort=descending] button::after{content:" \\2193" / ""}
summary{cursor:pointer;color:var(--now)}
ins,del{text-decoration:none;border-radius:.2rem;padding:0 .1rem}
ins{background:var(--good-bg);color:var(--good)}
del{background:var(--bad-bg);color:var(--bad);text-decoration:line-through}
.tools{display:flex;gap:1rem;flex-wrap:wrap;align-items:center;margin:.75rem 0}
.tools[hidden]{display:none}
input[type=search]{font:inherit;padding:.375rem .625rem;min-width:16rem;max-width:100%;color:inherit;
background:var(--card);border:1px solid var(--before);border-radius:.5rem}
code{font-family:ui-monospace,monospace;font-size:.875em;overflow-wrap:anywhere}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.375rem 1.25rem;margin:.5rem 0}
dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}
@media(max-width:44rem){body{padding:.75rem}header{padding:.875rem 1rem}h1{font-size:1.1875rem}
dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:.5rem}
table,tbody,tr,td,thead,caption{display:block}
thead tr{display:flex;flex-wrap:wrap;padding:0 .5rem}th,th.n{border:0;padding:.25rem}
tbody tr{border-top:1px solid var(--line);padding:.5rem .25rem;display:flex;flex-wrap:wrap}
tbody tr[hidden]{display:none}
td,td.n{border:0;padding:.125rem .5rem;text-align:left}
td.id,td.why{flex:0 0 100%;max-width:none}td.why:empty{display:none}
td.n{color:var(--soft)}
[data-cases] td:nth-child(2)::before{content:"passed "}
[data-cases] td:nth-child(3)::before{content:"score "}
[data-cases] td:nth-child(6)::before{content:"errors "}}
@media print{:root{color-scheme:light;--bg:#fff;--card:#fff;--ink:#000;--soft:#444;--line:#ccc;
--good:#18794e;--bad:#c2302c;--warn:#7d4e00;--now:#3457d5;--before:#777;
--good-bg:#e9f6ee;--bad-bg:#fdecec;--warn-bg:#fdf5dd;--soft-bg:#f0f1f4}
body{max-width:none;padding:0;font-size:10pt;print-color-adjust:exact;
-webkit-print-color-adjust:exact}
.tools{display:none!important}.card,tr,header{break-inside:avoid}h2,h3{break-after:avoid}
.wide{overflow:visible;border:0}.charts{grid-template-columns:repeat(3,1fr)}
.cards{grid-template-columns:repeat(4,1fr)}
details::details-content{content-visibility:visible}summary{list-style:none;color:inherit}}
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
