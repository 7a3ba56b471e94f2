/** How the page looks: by the reader's light or dark setting, in one column. */
export const STYLE = `
:root { color-scheme: light dark; --text: #1f2328; --back: #fff; --soft: #f6f8fa; --line: #d0d7de; --faint: #59636e;
  --risk: #b42318; --risk-back: #fde7e5; --gone: #8f3b00; --gone-back: #fff0e1; --new: #116329; --new-back: #e3f6e8;
  --roll: #0550ae; --roll-back: #e3f0ff; }
@media (prefers-color-scheme: dark) { :root { --text: #e6edf3; --back: #0d1117; --soft: #161b22; --line: #3d444d;
  --faint: #9198a1; --risk: #ff9a92; --risk-back: #4b1613; --gone: #f0a968; --gone-back: #40270f; --new: #7ee2a0;
  --new-back: #10331c; --roll: #8cc4ff; --roll-back: #12294a; } }
* { box-sizing: border-box; }
body { margin: 0; color: var(--text); background: var(--back); font: 16px/1.5 system-ui, sans-serif;
  overflow-wrap: anywhere; }
main { max-width: 60rem; margin: 0 auto; padding: 0.75rem; }
section + section { border-top: 1px solid var(--line); margin-top: 1.5rem; }
h1 { font-size: 1.4rem; line-height: 1.25; margin: 0.75rem 0; }
h2 { font-size: 1.2rem; margin: 1rem 0 0.5rem; }
p { margin: 0.75rem 0 0.25rem; }
ul, ol { margin: 0.25rem 0; padding-left: 1.4rem; }
code, pre { font: 0.85em/1.45 ui-monospace, monospace; }
h2 code { font-size: 1em; }
code { background: var(--soft); border-radius: 4px; padding: 0.1em 0.3em; }
pre { margin: 0; padding: 0.5rem 0.75rem; background: var(--soft); border-radius: 6px;
  white-space: pre-wrap; }
.diff { white-space: pre; overflow-x: auto; }
ins, del { text-decoration: none; display: inline-block; min-width: 100%; }
ins { color: var(--new); background: var(--new-back); }
del { color: var(--risk); background: var(--risk-back); }
details { border: 1px solid var(--line); border-radius: 6px; margin: 0.5rem 0; overflow: hidden; }
summary { cursor: pointer; padding: 0.6rem 0.75rem; }
details pre { border-radius: 0; }
.wide { overflow-x: auto; margin: 0.25rem 0; }
table { border-collapse: collapse; font-size: 0.9rem; overflow-wrap: normal; }
td, th { border: 1px solid var(--line); padding: 0.3rem 0.6rem; text-align: left; }
.picture { display: block; width: 100%; max-width: 34rem; margin: 0.5rem 0; font: 10px system-ui, sans-serif; }
.box rect { fill: var(--soft); stroke: var(--line); }
.box text { fill: var(--faint); text-anchor: middle; }
.box .name { fill: var(--text); font-size: 13px; font-weight: 600; }
.outside rect { stroke-dasharray: 4 3; }
.data-at-risk rect { fill: var(--risk-back); stroke: var(--risk); stroke-width: 2; }
.data-at-risk text { fill: var(--risk); font-weight: 600; }
.deleted rect, .replaced rect { fill: var(--gone-back); stroke: var(--gone); stroke-width: 2; }
.deleted text, .replaced text { fill: var(--gone); }
.created rect { fill: var(--new-back); stroke: var(--new); stroke-width: 2; }
.created text { fill: var(--new); }
.rolls rect, .in-place rect, .metadata rect { fill: var(--roll-back); stroke: var(--roll); stroke-width: 2; }
.rolls text, .in-place text, .metadata text { fill: var(--roll); }
.arrow { fill: none; stroke: var(--faint); stroke-width: 1.2; opacity: 0.6; }
.arrow.gained { stroke: var(--new); stroke-width: 2; opacity: 1; }
.arrow.lost { stroke: var(--risk); stroke-width: 2; stroke-dasharray: 5 4; opacity: 1; }
@media print { details { border: 0; } }
`;
