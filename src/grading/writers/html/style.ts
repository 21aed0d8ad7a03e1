/** The style sheet of the HTML report: light and dark, screen and print. Every colour comes with a word or a sign. */
export const style = `
:root { --ink: #1c2430; --quiet: #5b6675; --line: #d5dbe3; --paper: #ffffff; --shade: #f3f5f8; --link: #1f5fbf;
  --passed: #d8f0dc; --partial: #fdeec5; --failed: #fbd9d6; --error: #e6dcf7; --blocked: #e3e6ea; --bar: #3b7dd8; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e9ee; --quiet: #9aa5b4; --line: #3a4350; --paper: #15191f; --shade: #1e242c; --link: #7fb0ff;
    --passed: #1d4427; --partial: #54430f; --failed: #5a2320; --error: #3d2c5e; --blocked: #333a44; --bar: #6ea3ee; }
}
* { box-sizing: border-box; }
body { margin: 0; font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); }
main { max-width: 1200px; margin: 0 auto; padding: 24px 16px 64px; }
h1 { font-size: 26px; margin: 0 0 4px; } h2 { font-size: 20px; margin: 32px 0 8px; } h3 { font-size: 16px; margin: 20px 0 6px; }
p { margin: 4px 0; } .quiet { color: var(--quiet); }
a { color: var(--link); } button { font: inherit; color: inherit; background: none; border: 0; padding: 0; cursor: pointer; text-align: inherit; }
button:hover { text-decoration: underline; } :focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
.controls { display: flex; flex-wrap: wrap; gap: 12px; margin: 16px 0; align-items: end; }
.controls label { display: grid; gap: 2px; font-size: 13px; color: var(--quiet); }
input, select { font: inherit; color: inherit; background: var(--paper); border: 1px solid var(--line); border-radius: 6px; padding: 4px 8px; }
.scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: 8px; }
table { border-collapse: collapse; width: 100%; font-size: 14px; } caption { text-align: left; color: var(--quiet); padding: 6px 0; }
th, td { padding: 4px 10px; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; white-space: nowrap; }
thead th { background: var(--shade); position: sticky; top: 0; } .number { text-align: right; font-variant-numeric: tabular-nums; }
tbody tr:hover { background: var(--shade); } th[aria-sort] button::after { content: " ↕"; color: var(--quiet); }
th[aria-sort=ascending] button::after { content: " ↑"; color: inherit; } th[aria-sort=descending] button::after { content: " ↓"; color: inherit; }
.passed { background: var(--passed); } .partial { background: var(--partial); } .failed { background: var(--failed); }
.error { background: var(--error); } .blocked { background: var(--blocked); }
.tag { display: inline-block; padding: 0 8px; border-radius: 10px; font-size: 13px; }
pre { margin: 4px 0; padding: 10px 12px; background: var(--shade); border: 1px solid var(--line); border-radius: 6px; overflow: auto;
  max-height: 420px; font: 13px/1.45 ui-monospace, monospace; white-space: pre; tab-size: 4; unicode-bidi: isolate; }
.message { white-space: pre-wrap; overflow-wrap: anywhere; unicode-bidi: isolate; }
.del::before { content: "- "; } .ins::before { content: "+ "; } .same::before { content: "  "; }
.del, .ins, .same { display: block; min-width: max-content; } .del { background: var(--failed); } .ins { background: var(--passed); }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(340px, 1fr)); gap: 24px; } figure { margin: 0; }
figcaption { font-weight: 600; } svg { width: 100%; height: auto; } svg text { fill: var(--quiet); font: 11px system-ui, sans-serif; }
svg .bar { fill: var(--bar); } svg .axis { stroke: var(--line); } svg .dot { fill: var(--bar); fill-opacity: .45; } svg .limit { stroke: currentColor; stroke-dasharray: 4 3; }
.meter { display: inline-block; width: 120px; height: 8px; border-radius: 4px; background: var(--blocked); overflow: hidden; vertical-align: middle; }
.meter i { display: block; height: 100%; background: var(--bar); } details { margin: 6px 0; } summary { cursor: pointer; }
nav { display: flex; gap: 16px; margin-bottom: 12px; } .cards { display: flex; flex-wrap: wrap; gap: 12px 32px; margin: 12px 0; } .cards b { font-size: 20px; }
@media print { .controls, nav, .keys { display: none; } body { background: #fff; color: #000; } pre { max-height: none; white-space: pre-wrap; overflow-wrap: anywhere; }
  thead th { position: static; } section { break-inside: avoid-page; } .scroll { overflow: visible; border: 0; } * { print-color-adjust: exact; } }
`
