// What somebody writes into a title, an output, a document or the name of a file who wants a page to obey him. Whatever
// comes through sets `window.got`, or asks port 9.

/** Each in one line. */
export const ATTACKS = [
  '<script>window.got = 1</script>',
  '<img src="http://127.0.0.1:9/x" onerror="window.got = 2">',
  '<svg onload="window.got = 3"><script>window.got = 4</script></svg>',
  '<svg><animate onbegin="window.got = 5" attributeName="x"/></svg>',
  '<math><mtext><table><mglyph><style><img src=x onerror="window.got = 6"></style></mglyph></table></mtext></math>',
  '<iframe srcdoc="<script>parent.got = 7</script>"></iframe>',
  '<a href="javascript:window.got = 8">link</a>',
  '</title></style></script></textarea></template></pre><style>*{display:none!important}</style>',
  '<meta http-equiv="refresh" content="0;url=http://127.0.0.1:9/">',
  '<base href="http://127.0.0.1:9/"><link rel="stylesheet" href="http://127.0.0.1:9/x.css">',
  '<form action="http://127.0.0.1:9/"><button>send</button></form>',
  '<template><script>window.got = 9</script></template>',
  '<noscript><p title="</noscript><img src=x onerror=window.got=10>">',
  '<!--><img src=x onerror="window.got = 11">-->',
  '"\' onmouseover=window.got=12 autofocus onfocus=window.got=13 x="',
  '[link](javascript:window.got=14)',
  '[link](data:text/html;base64,PHNjcmlwdD5wYXJlbnQuZ290PTE1PC9zY3JpcHQ+)',
  '[link](<java&#115;cript:window.got=16>)',
  '![image](http://127.0.0.1:9/y.png)',
  '![x](x"onerror="window.got=17)',
  '<http://127.0.0.1:9/auto>',
  '[ref]: javascript:window.got=18 "x"',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: so it stands in templates of others
  '${window.got = 19} {{window.got = 20}} #{window.got = 21}',
  '&lt;script&gt;window.got = 22&lt;/script&gt;',
  '&#60;img src=x onerror=window.got=23&#62;',
  '\u001b[31mred\u001b[0m\u001b[2J\u001b[H\u001b[?1049h',
  '\u001b]8;;javascript:window.got=24\u0007link\u001b]8;;\u0007',
  '\u001b]0;title\u0007\u001b]52;c;aGVsbG8=\u0007\u009b31m',
  '\u001b[38;2;1;2;3;url(http://127.0.0.1:9/)mtrue\u001b[48;5;999mcolour',
  'abc\u202egpj.exe\u2066x\u2069\u200f',
  'a\u0000b\u0008\u0008c\rd\u2028e\u2029f\ufeff',
  '__proto__ constructor toString',
] as const;
