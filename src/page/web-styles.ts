import {STYLES} from './styles.ts';

/** Of the live pages: what the report has, and what only they show. */
export const WEB_STYLES = `${STYLES}
a{color:inherit;text-underline-offset:3px}
a:focus-visible,button:focus-visible,input:focus-visible,textarea:focus-visible,pre:focus-visible,.wide:focus-visible{outline:3px solid var(--work);outline-offset:2px}
nav{display:flex;flex-wrap:wrap;gap:4px 16px;max-width:1200px;margin:0 auto;padding:12px 16px 0}
.live{margin-left:auto;color:var(--soft);font-size:13px}
.live.lost{color:var(--bad)}
.failure{color:var(--bad)}
.events li{font:13px/1.45 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;padding:2px 0}
.log,.patch,.document{max-height:70vh;overflow:auto}
.patch span{display:block;min-height:1.45em}
.add{color:var(--good)}.del{color:var(--bad)}.hunk,.file{color:var(--soft)}
.decide{display:flex;flex-wrap:wrap;gap:8px;margin:8px 0}
button{font:inherit;padding:4px 14px;border:1px solid var(--soft);border-radius:6px;background:var(--panel);color:var(--text);cursor:pointer}
textarea{font:inherit;flex:1 1 240px;min-height:34px;padding:4px 8px;border:1px solid var(--soft);border-radius:6px;background:var(--ground);color:var(--text)}
.bold{font-weight:600}.underline{text-decoration:underline}.italic{font-style:italic}.dim{opacity:.7}
.ansi-red,.ansi-bright-red{color:var(--bad)}.ansi-green,.ansi-bright-green{color:var(--good)}
.ansi-yellow,.ansi-bright-yellow{color:var(--warn)}.ansi-blue,.ansi-bright-blue,.ansi-cyan,.ansi-bright-cyan{color:var(--work)}
.ansi-magenta,.ansi-bright-magenta{color:#a04a9a}.ansi-bright-black{color:var(--soft)}
.narrow table{min-width:0}
`;
