// The look of the pages, light and dark, on a telephone, on a screen, and on paper.

export const STYLES = `
:root{--plum:#8f3d89;--added:#e9f5ec;--removed:#fbecec;--ground:#fff;--text:#1d2129;--soft:#5b6472;--line:#dde1e7;--panel:#f5f6f8;--work:#2563a8;--check:#f0c9a0;--queue:#cfe3cf;--ink:#5a3a12;--good:#1b6e34;--bad:#a51d24;--warn:#8a5a00;--wash:#eef4fb}
@media (prefers-color-scheme:dark){:root{--plum:#d79ad2;--added:#1b3324;--removed:#3d2023;--ground:#15181d;--text:#e7eaef;--soft:#a3acba;--line:#323843;--panel:#1e2229;--work:#6aa7e8;--check:#7a4f22;--queue:#2f5136;--ink:#f3dcc0;--good:#6cc788;--bad:#ff8a8a;--warn:#e8b84d;--wash:#1b2634}}
*{box-sizing:border-box}
html{scroll-behavior:smooth;scroll-padding-top:16px;-webkit-text-size-adjust:100%}
@media (prefers-reduced-motion:reduce){html{scroll-behavior:auto}}
body{margin:0;background:var(--ground);color:var(--text);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{max-width:1240px;margin:0 auto;padding:20px 20px 48px}
h1{font-size:26px;font-weight:650;letter-spacing:-.01em;line-height:1.25;margin:6px 0 16px;overflow-wrap:anywhere}
h2{font-size:18px;font-weight:650;line-height:1.3;margin:0 0 10px}
main>section{margin-top:36px}
p{margin:6px 0}
ul,ol{margin:0;padding:0;list-style:none}
li{padding:8px 0;border-top:1px solid var(--line);overflow-wrap:anywhere}
h2+ul>li:first-child{border-top:0;padding-top:0}
a{color:inherit;text-decoration-color:var(--soft);text-underline-offset:3px}
:focus-visible{outline:3px solid var(--work);outline-offset:2px}
code,pre{font:13px/1.45 ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}
pre{margin:6px 0;padding:9px 12px;background:var(--panel);border-radius:7px;white-space:pre-wrap;overflow-wrap:anywhere;max-height:24em;overflow-y:auto}
button,input,select{font:inherit;font-size:14px;line-height:20px;padding:4px 12px;border:1px solid var(--line);border-radius:7px;background:var(--panel);color:var(--text)}
input,select{background:var(--ground);border-color:var(--soft)}
button{cursor:pointer}
button:hover{border-color:var(--soft)}
button[aria-disabled=true]{color:var(--soft);cursor:default}
.unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.scrolled{margin:6px 0;background:var(--panel);border-radius:7px;overflow:auto;max-height:32em}
.scrolled pre{margin:0;max-height:none;overflow:visible;background:none}
.status{margin:0;color:var(--soft)}
.mark{display:inline-block;padding:1px 10px;border:1px solid currentColor;border-radius:11px;font-size:13px;color:var(--text)}
.mark.completed{color:var(--good)}.mark.blocked,.mark.cancelled{color:var(--bad)}.mark.paused{color:var(--warn)}.mark.in_progress{color:var(--work)}
.shares{display:block}
.shares rect{fill:var(--line);stroke:none}
.shares .completed{fill:var(--good)}.shares .failed,.shares .blocked{fill:var(--bad)}.shares .in_progress,.shares .kiro_managed{fill:var(--work)}.shares .skipped{fill:var(--soft)}
.progress{margin:0 0 14px}
.progress .shares{border-radius:5px;overflow:hidden;margin-bottom:6px}
.counts{display:flex;flex-wrap:wrap;gap:2px 16px;color:var(--soft);font-size:14px}
.counts .icon,.chip .icon{vertical-align:-2px}
.icon{fill:none;stroke:currentColor;stroke-width:2;stroke-linejoin:round;stroke-linecap:round;color:var(--soft);overflow:visible}
.icon.in_progress{fill:currentColor}
.icon.completed{color:var(--good)}.icon.failed,.icon.blocked{color:var(--bad)}.icon.in_progress,.icon.kiro_managed{color:var(--work)}
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(130px,1fr));gap:1px;margin:0 0 10px;background:var(--line);border:1px solid var(--line);border-radius:9px;overflow:hidden}
.facts div{padding:9px 14px;background:var(--ground)}
.facts dt{color:var(--soft);font-size:13px}
.facts dd{margin:0;font-size:17px;font-variant-numeric:tabular-nums}
.needs{padding:14px 16px;border:1px solid var(--line);border-left:4px solid var(--warn);border-radius:9px}
.failure{color:var(--bad)}
.hint{flex:1 1 300px;min-height:3em;max-height:3em;overflow:hidden;margin:0;color:var(--soft);font-size:14px;overflow-wrap:anywhere}
.hint span{margin-right:16px}
.critical-word{font-weight:650;color:var(--text)}
th .critical-word{display:block;font-size:12px}
.tools{display:flex;flex-wrap:wrap;gap:8px 16px;align-items:center;margin-bottom:8px}
.tools .zoom{display:flex;margin-left:auto}
.zoom button{min-width:38px;border-radius:0;margin-left:-1px;font-variant-numeric:tabular-nums}
.zoom button:first-child{border-radius:7px 0 0 7px}.zoom button:last-child{border-radius:0 7px 7px 0}
.wide{overflow-x:auto;overscroll-behavior-x:contain}
.wide.tall{max-height:80vh;overflow:auto;border:1px solid var(--line);border-radius:9px;padding:10px}
.zoomed .wide{cursor:grab}.zoomed .wide.dragged{cursor:grabbing;user-select:none}
details>summary{cursor:pointer;color:var(--soft);font-size:14px;padding:6px 0}
details[open]>summary{margin-bottom:4px}
table{border-collapse:collapse;width:100%;min-width:760px;font-size:14px}
th,td{padding:6px 18px 6px 0;border-top:1px solid var(--line);text-align:left;vertical-align:top;font-weight:400}
thead th{border:0;color:var(--soft);font-size:13px}
th[scope=row]{position:sticky;left:0;background:var(--ground)}
td{overflow-wrap:break-word;max-width:420px}
tr:target th,tr:target td{background:var(--wash)}
.later td{border:0;padding:0}
.instant{white-space:nowrap}
.title{display:block;color:var(--soft);overflow-wrap:break-word;max-width:300px}
.number{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
tr.failed td:nth-child(2),tr.blocked td:nth-child(2),tr.bad td:last-child{color:var(--bad)}
.find{display:flex;flex-wrap:wrap;gap:8px;align-items:center;margin-bottom:8px}
.find input{flex:1 1 200px;max-width:320px}
.inline li{display:inline-block;padding:0 14px 4px 0;border:0}
.legend{flex:1 1 300px;display:flex;flex-wrap:wrap;gap:4px 18px;margin:0;color:var(--soft);font-size:13px}
.legend svg{vertical-align:-3px}
svg text{font-size:12px;fill:var(--text)}
.lanes{display:flex;align-items:flex-start}
.names{position:sticky;left:0;z-index:1;flex:none;width:64px;background:var(--ground)}
.names text,.axis{fill:var(--soft)!important}
.timeline{display:block;flex:none;width:calc(100% - 64px);min-width:520px}
.tick,.lane{stroke:var(--line)}
.session rect{fill:var(--soft);opacity:.55}
.stage{stroke:var(--soft);stroke-width:1}
.stage.waiting{fill:var(--ground);stroke-dasharray:2 3}
.stage.working{fill:var(--work);stroke:var(--work)}
.stage.checking{fill:url(#hatched)}
.stage.queued{fill:url(#dotted)}
.ground.checking{fill:var(--check)}.ground.queued{fill:var(--queue)}.ink{fill:var(--ink)}
.bad .stage{stroke:var(--bad);stroke-width:2}
.bad .name{fill:var(--bad)}
.attempt.critical .name{font-weight:650}
.attempt:hover .stage,.attempt:focus-visible .stage{stroke:var(--text);stroke-width:2}
.path{fill:var(--text)}
.retry{stroke:var(--bad);stroke-width:1.5;stroke-dasharray:4 3}
.many rect{fill:var(--work);opacity:.8}.many.bad rect{stroke:var(--bad);stroke-width:2}
.now line{stroke:var(--warn);stroke-width:2}.now text{fill:var(--warn);font-weight:650}
.graph{display:block}
.edge{fill:none;stroke:var(--soft);opacity:.75}
.edge path:first-child{stroke-width:1.25}
.edge .arrow{fill:var(--soft);stroke:none}
.edge.open path:first-child{stroke-dasharray:5 4}
.edge.critical{stroke:var(--text);opacity:1}.edge.critical path:first-child{stroke-width:2.5}.edge.critical .arrow{fill:var(--text)}
.node rect{fill:var(--panel);stroke:var(--line);stroke-width:1.25}
.node.pending rect{stroke-dasharray:4 3;stroke:var(--soft);fill:var(--ground)}
.node.in_progress rect,.node.kiro_managed rect{stroke:var(--work);stroke-width:2}
.node.failed rect,.node.blocked rect{stroke:var(--bad);stroke-width:2}
.node.critical rect{stroke:var(--text);stroke-width:2.5}
.node.critical .id{font-weight:650}
.node .word{fill:var(--soft);font-size:11px}
.node:hover rect,.node.self rect{stroke:var(--text);stroke-width:2.5}

.pointing .node,.pointing .edge{opacity:.3}
.pointing .node.self,.pointing .node.after,.pointing .node.before,.pointing .edge.related{opacity:1}
.pointing .edge.related path:first-child{stroke-width:2.5}
.pointing .node.after rect{fill:var(--wash);stroke:var(--work)}
.layer{border-top:1px solid var(--line)}
.layer:last-child{border-bottom:1px solid var(--line)}
.layer summary{display:grid;grid-template-columns:92px 1fr 38%;gap:4px 8px;align-items:center;padding:7px 4px;color:var(--text)}
.layer summary .shares{border-radius:4px;overflow:hidden}
.layer summary b::before{content:"▸ "}.layer[open] summary b::before{content:"▾ "}
.layer summary::-webkit-details-marker{display:none}
.held{color:var(--work);font-weight:650}
.chips{display:flex;flex-wrap:wrap;gap:6px;padding:4px 4px 14px}
.chips li{padding:0;border:0}
.chip{display:block;padding:2px 9px;border:1px solid var(--line);border-radius:6px;background:var(--panel);font-size:13px;text-decoration:none}
.chip.pending{border-style:dashed;border-color:var(--soft);background:var(--ground)}
.chip.failed,.chip.blocked{border:2px solid var(--bad)}
.chip.critical{font-weight:650;border:2px solid var(--text)}
.pointing .chip{opacity:.4}
.pointing .chip.self,.pointing .chip.after,.pointing .chip.before{opacity:1}
.pointing .chip.after{background:var(--wash);border-color:var(--work)}
.pointing .chip.self{border-color:var(--text)}
footer{margin-top:40px;color:var(--soft);font-size:13px}
@media (max-width:600px){
main{padding:14px 14px 40px}
h1{font-size:22px}
.layer summary{grid-template-columns:92px 1fr}
.layer summary .shares{grid-column:1/-1}
.facts{grid-template-columns:repeat(3,1fr)}
.facts div{padding:7px 10px}
.facts dd{font-size:15px}
}
@media print{
:root{--ground:#fff;--text:#000;--soft:#444;--line:#bbb;--panel:#f3f3f3;--work:#2563a8;--check:#f0c9a0;--queue:#cfe3cf;--ink:#5a3a12;--good:#14532d;--bad:#8f1219;--warn:#6b4500;--wash:#eef4fb}
pre,.scrolled{max-height:none}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}
main{max-width:none;padding:0}
.wide,.wide.tall{overflow:visible;max-height:none;border:0;padding:0}
.zoom,.find,nav{display:none!important}
.timeline{width:calc(100% - 64px)!important}
.graph{max-width:100%;height:auto}
details::details-content{content-visibility:visible;block-size:auto}
table{font-size:11px;min-width:0}
th[scope=row]{position:static}
th code{font-size:11px}
th,td{padding-right:8px}
.instant{white-space:normal}
td.checks{overflow-wrap:anywhere}
a{text-decoration:none}
h2{break-after:avoid}
li,tr,pre,.facts div,.layer{break-inside:avoid}
}
`;
