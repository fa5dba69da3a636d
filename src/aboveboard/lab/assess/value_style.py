"""The looks of the value page, light and dark."""

STYLE = """
:root { color-scheme: light dark; --ink: #1b2430; --soft: #56616f; --paper: #f5f6f4; --card: #fff; --line: #dfe3e2;
  --yes: #17694a; --no: #a33a2c; --unsure: #8a5200; --c0: #0b6e62; --c1: #a8443a; --c2: #3f5bb0; --c3: #8a5200;
  --c4: #7a3f99; --c5: #3d7a1f; --c6: #b0306b; --c7: #4d5b66; }
@media (prefers-color-scheme: dark) { :root { --ink: #e9ecea; --soft: #a5afb5; --paper: #14191d; --card: #1c2328;
  --line: #313a40; --yes: #74d3a5; --no: #f2978a; --unsure: #f2b65c; --c0: #5fd0bf; --c1: #f2978a; --c2: #9db2f5;
  --c3: #f2b65c; --c4: #d3a4f0; --c5: #a3d977; --c6: #f59cc4; --c7: #b5c0c8; } }
* { box-sizing: border-box; }
body { margin: 0; padding: 2.2rem 1.1rem 4rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.55 system-ui, "Segoe UI", "Liberation Sans", sans-serif; }
main { max-width: 62rem; margin: 0 auto; display: grid; gap: 1.1rem; grid-template-columns: minmax(0, 1fr); }
h1 { font-size: 1.75rem; line-height: 1.25; margin: 0 0 .3rem; text-wrap: balance; }
h2 { font-size: 1.12rem; margin: 0 0 .5rem; }
p { margin: 0 0 .6rem; max-width: 48rem; }
p:last-child { margin-bottom: 0; }
header p { color: var(--soft); }
section { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 1rem 1.2rem; }
.answers { display: grid; gap: 1.1rem; grid-template-columns: repeat(auto-fit, minmax(min(17rem, 100%), 1fr)); }
.answer { border-top: 4px solid var(--unsure); }
.answer.yes { border-top-color: var(--yes); }
.answer.no { border-top-color: var(--no); }
h2 small { font-size: .8rem; font-weight: 500; color: var(--soft); margin-left: .6rem; }
.scroll { overflow-x: auto; }
.chart svg { min-width: 34rem; width: 100%; height: auto; display: block; }
svg text { fill: var(--soft); font-size: 13px; }
.grid, .axis { stroke: var(--line); stroke-width: 1; }
.mark { stroke: var(--soft); stroke-width: 1.2; stroke-dasharray: 2 2; }
.span { stroke: var(--c0); stroke-width: 2.5; }
.curve { fill: none; stroke-width: 2.4; stroke-linejoin: round; }
.law { fill: none; stroke: var(--ink); stroke-width: 1.2; stroke-dasharray: 1 4; stroke-linecap: round; }
.band { opacity: .13; stroke: none; }
.c0 { --c: var(--c0); } .c1 { --c: var(--c1); } .c2 { --c: var(--c2); } .c3 { --c: var(--c3); }
.c4 { --c: var(--c4); } .c5 { --c: var(--c5); } .c6 { --c: var(--c6); } .c7 { --c: var(--c7); }
.curve { stroke: var(--c); } .band, .dot { fill: var(--c); }
.legend { list-style: none; margin: 0 0 .6rem; padding: 0; display: flex; flex-wrap: wrap; gap: .3rem 1.2rem;
  font-size: .92rem; }
.legend li { display: flex; align-items: center; gap: .5rem; }
.key { width: 34px; height: 12px; }
.whisker { width: 160px; height: 20px; display: block; }
table { border-collapse: collapse; width: 100%; font-size: .92rem; font-variant-numeric: tabular-nums; }
th, td { border-bottom: 1px solid var(--line); padding: .42rem .9rem .42rem 0; text-align: left; }
td { vertical-align: top; }
td:not(.words), th:not(.words) { white-space: nowrap; }
td.words { min-width: 9rem; }
td.words:last-child { min-width: 15rem; }
th.words { min-width: 5rem; max-width: 7rem; }
th { vertical-align: bottom; }
@media (max-width: 42rem) { .drawn { display: none; } td.words:first-child { min-width: 6.5rem; } }
th { font-size: .84rem; color: var(--soft); font-weight: 600; }
td.yes { color: var(--yes); font-weight: 600; } td.no { color: var(--no); font-weight: 600; }
td.unsure { color: var(--unsure); font-weight: 600; }
details { margin-top: .6rem; }
summary { cursor: pointer; font-weight: 600; }
summary:focus-visible { outline: 3px solid var(--c0); outline-offset: 2px; }
code { font-size: .87rem; overflow-wrap: anywhere; }
"""
