// The look of the pages, light and dark, on a telephone, on a screen, and on paper.

export const STYLES = `
:root{--plum:#8f3d89;--added:#e9f5ec;--removed:#fbecec;--ground:#fff;--text:#1d2129;--soft:#5b6472;--line:#d7dbe2;--panel:#f5f6f8;--work:#2563a8;--check:#f0c9a0;--queue:#cfe3cf;--ink:#5a3a12;--good:#1b6e34;--bad:#a51d24;--warn:#8a5a00}
@media (prefers-color-scheme:dark){:root{--plum:#d79ad2;--added:#1b3324;--removed:#3d2023;--ground:#15181d;--text:#e7eaef;--soft:#a3acba;--line:#363c47;--panel:#1e2229;--work:#6aa7e8;--check:#7a4f22;--queue:#2f5136;--ink:#f3dcc0;--good:#6cc788;--bad:#ff8a8a;--warn:#e8b84d}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--text);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{max-width:1200px;margin:0 auto;padding:20px 16px}
h1{font-size:24px;line-height:1.25;margin:4px 0 12px;overflow-wrap:anywhere}
h2{font-size:17px;margin:28px 0 8px}
p{margin:6px 0}
ul{margin:0;padding:0;list-style:none}
li{padding:6px 0;border-top:1px solid var(--line);overflow-wrap:anywhere}
code,pre{font:13px/1.45 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
pre{margin:6px 0;padding:8px 10px;background:var(--panel);border-radius:6px;white-space:pre-wrap;overflow-wrap:anywhere;max-height:24em;overflow-y:auto}
.scrolled{margin:6px 0;background:var(--panel);border-radius:6px;overflow:auto;max-height:32em}
.scrolled pre{margin:0;max-height:none;overflow:visible;background:none}
.status{margin:0}
.mark{padding:1px 8px;border:1px solid currentColor;border-radius:10px;font-size:13px}
.mark.completed{color:var(--good)}.mark.blocked,.mark.cancelled{color:var(--bad)}.mark.paused{color:var(--warn)}
.facts{display:flex;flex-wrap:wrap;gap:8px;margin:0}
.facts div{flex:1 1 110px;padding:8px 12px;background:var(--panel);border-radius:6px}
.facts dt{color:var(--soft);font-size:13px}
.facts dd{margin:0;font-size:17px;font-variant-numeric:tabular-nums}
.needs{border-left:4px solid var(--warn);padding-left:12px}
.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%;min-width:760px;font-size:14px}
th,td{padding:5px 18px 5px 0;border-top:1px solid var(--line);text-align:left;vertical-align:top;font-weight:400}
thead th{border:0;color:var(--soft);font-size:13px}
td{overflow-wrap:break-word;max-width:420px}
.title{display:block;color:var(--soft);overflow-wrap:break-word;max-width:300px}
.number{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
tr.failed td:nth-child(2),tr.blocked td:nth-child(2){color:var(--bad)}
.legend{display:flex;flex-wrap:wrap;gap:4px 18px;color:var(--soft);font-size:13px}
.legend svg{vertical-align:-3px}
.stage{stroke:var(--soft);stroke-width:1}
.stage.waiting{fill:none;stroke-dasharray:2 3}
.stage.working{fill:var(--work);stroke:var(--work)}
.stage.checking{fill:url(#hatched)}
.stage.queued{fill:url(#dotted)}
.ground.checking{fill:var(--check)}.ground.queued{fill:var(--queue)}.ink{fill:var(--ink)}
.bad .stage{stroke:var(--bad);stroke-width:2}
.bad .name{fill:var(--bad)}
svg text{font-size:12px;fill:var(--text)}
.axis,.lane-name{fill:var(--soft)!important}
.tick,.lane{stroke:var(--line)}
.timeline{display:block;margin-bottom:12px}
.graph{display:block}
.edge{fill:none;stroke:var(--soft)}
.edge.critical{stroke:var(--text);stroke-width:2.5}
.node rect{fill:var(--panel);stroke:var(--line)}
.node.critical rect{stroke:var(--text);stroke-width:2.5}
.node.completed text{fill:var(--good)}.node.failed text,.node.blocked text{fill:var(--bad)}
footer{margin-top:32px;color:var(--soft);font-size:13px}
@media print{
:root{--ground:#fff;--text:#000;--soft:#444;--line:#bbb;--panel:#f3f3f3;--work:#2563a8;--check:#f0c9a0;--queue:#cfe3cf;--ink:#5a3a12;--good:#14532d;--bad:#8f1219;--warn:#6b4500}
pre,.scrolled{max-height:none}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}
main{max-width:none;padding:0}
.wide{overflow:visible}
.graph{max-width:100%;height:auto}
table{font-size:11px;min-width:0}
th code{font-size:11px}
th,td{padding-right:8px}
td.checks{overflow-wrap:anywhere}
h2{break-after:avoid}
li,tr,pre,.facts div{break-inside:avoid}
}
`;
