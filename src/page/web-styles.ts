import {STYLES} from './styles.ts';

/** Of the live pages: what the report has, and what only they show. */
export const WEB_STYLES = `${STYLES}
a{color:var(--work);text-underline-offset:3px}
nav{display:flex;flex-wrap:wrap;gap:4px 16px;max-width:1240px;margin:0 auto;padding:12px 20px 0;font-size:14px}
nav ol{display:flex;flex-wrap:wrap;margin:0;padding:0;list-style:none}
nav li{border:0;padding:2px 0}
nav li+li::before{content:"/";color:var(--soft);margin:0 8px}
.approval h2{margin-top:30px}
h3{font-size:15px;margin:18px 0 6px}
h4{font-size:15px;margin:14px 0 4px}
.live{margin-left:auto;padding:2px 0;color:var(--soft);font-size:13px}
.live.lost{color:var(--bad)}
.soft{color:var(--soft);font-size:13px;overflow-wrap:anywhere}
.good{color:var(--good)}.bad{color:var(--bad)}.warning{color:var(--warn)}
.failure,.warning{overflow-wrap:anywhere}
.words{white-space:pre-wrap;overflow-wrap:anywhere}
.mark.waiting,.mark.pending.waiting{color:var(--warn)}.mark.failed,.mark.rejected{color:var(--bad)}
.mark.granted,.mark.approved{color:var(--good)}.mark.in_progress,.mark.kiro_managed{color:var(--work)}
.milestones li{display:grid;grid-template-columns:minmax(0,1fr) auto 220px;gap:4px 24px;align-items:center;padding:12px 0}
.milestones li:last-child{border-bottom:1px solid var(--line)}
.milestones p{margin:0}
.milestones .name a{font-size:16px;font-weight:600;margin-right:10px;overflow-wrap:anywhere}
.milestones .name code{color:var(--soft)}
.milestones .state{display:flex;flex-wrap:wrap;gap:6px}
.milestones .done{display:flex;gap:10px;align-items:center;font-variant-numeric:tabular-nums}
.milestones .done span{min-width:48px;text-align:right}
progress{appearance:none;flex:1;height:8px;border:0;border-radius:4px;background:var(--line);overflow:hidden}
progress::-webkit-progress-bar{background:var(--line)}
progress::-webkit-progress-value{background:var(--work)}
progress::-moz-progress-bar{background:var(--work)}
.completed progress::-webkit-progress-value{background:var(--good)}
.completed progress::-moz-progress-bar{background:var(--good)}
.happened{padding:4px 10px}
.events{margin:0;padding:0;list-style:none}
.events li:first-child{border:0}
.events li{font:13px/1.45 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;padding:2px 0}
.log,.patch,.raw,.page{max-height:70vh}
.patch pre{white-space:pre;overflow-wrap:normal;width:max-content;min-width:100%}
.patch span{display:block;min-height:1.45em}
.patch .add{background:var(--added)}.patch .del{background:var(--removed)}
.add{color:var(--good)}.del{color:var(--bad)}.hunk,.file{color:var(--soft)}
summary{overflow-wrap:anywhere}
details.changed,details.phase,details.here,details.prompt{border-top:1px solid var(--line);padding:2px 0}
.beside{display:grid;gap:0 16px}
@media (min-width:900px){.beside{grid-template-columns:minmax(0,1fr) minmax(0,1fr)}}
.page{padding:8px 18px 14px;border:1px solid var(--line);background:var(--ground)}
.prose{overflow-wrap:anywhere}
.prose>:first-child{margin-top:4px}
.prose :is(.d1,.d2,.d3,.d4,.d5,.d6){margin:18px 0 6px;line-height:1.3}
.prose .d1{font-size:21px}.prose .d2{font-size:18px}.prose .d3{font-size:16px}.prose :is(.d4,.d5,.d6){font-size:15px}
.prose :is(ul,ol){padding-left:22px;list-style:disc;margin:6px 0}.prose ol{list-style:decimal}
.prose li{border:0;padding:2px 0}
.prose pre{margin:6px 0;background:var(--panel)}
.prose code{background:var(--panel);border-radius:3px;padding:1px 4px}
.prose .address{color:var(--soft)}
.prose .plain{white-space:pre-wrap}
.prose blockquote{margin:8px 0;padding:0 0 0 14px;border-left:3px solid var(--line);color:var(--soft)}
.prose table{min-width:0;width:auto}
.prose hr{border:0;border-top:1px solid var(--line);margin:16px 0}
.criteria{list-style:disc;padding-left:22px}.criteria li{border:0;padding:2px 0}
.decide{margin:8px 0;max-width:760px}
.decide label{display:block;font-size:13px;color:var(--soft);margin-bottom:4px}
.buttons,.moves{display:flex;flex-wrap:wrap;gap:8px;align-items:center}
.buttons span{flex:1 1 200px}
button{padding:5px 16px;min-height:34px}
.zoom button{padding:4px 12px;min-height:0}
button:disabled{opacity:.6;cursor:default}
button.approve{background:var(--good);border-color:var(--good);color:var(--ground)}
button.reject{color:var(--bad);border-color:var(--bad)}
.moves{margin:6px 0}
button[aria-pressed=true]{background:var(--work);border-color:var(--work);color:var(--ground)}
.moves button,.attempts button{padding:2px 12px;min-height:28px;font-size:14px}
.attempts tr.chosen th{font-weight:600}
select{font:inherit;min-height:34px;margin:0 0 8px;padding:4px 8px;border:1px solid var(--soft);border-radius:6px;background:var(--ground);color:var(--text)}
textarea{display:block;font:inherit;width:100%;min-height:58px;margin-bottom:8px;padding:6px 10px;border:1px solid var(--soft);border-radius:6px;background:var(--ground);color:var(--text);resize:vertical}
.facts.small{gap:0;background:var(--ground)}
.facts.small div{outline:1px solid var(--line);outline-offset:-.5px}
.facts.small dd{font-size:14px;overflow-wrap:anywhere}
.answers dt{margin-top:10px;white-space:pre-wrap;overflow-wrap:anywhere}.answers dd{margin:2px 0 0 16px;color:var(--soft);white-space:pre-wrap;overflow-wrap:anywhere}
.bold{font-weight:600}.underline{text-decoration:underline}.italic{font-style:italic}.dim{opacity:.75}
.ansi-red,.ansi-bright-red{color:var(--bad)}.ansi-green,.ansi-bright-green{color:var(--good)}
.ansi-yellow,.ansi-bright-yellow{color:var(--warn)}.ansi-blue,.ansi-bright-blue,.ansi-cyan,.ansi-bright-cyan{color:var(--work)}
.ansi-magenta,.ansi-bright-magenta{color:var(--plum)}.ansi-bright-black{color:var(--soft)}
@media (max-width:700px){
.facts.small{grid-template-columns:repeat(2,1fr)}
.milestones li{grid-template-columns:minmax(0,1fr)}
.page{padding:6px 12px 10px}
}
`;
