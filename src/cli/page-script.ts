import fs from 'node:fs';
import path from 'node:path';

/** What a browser runs, as it lies beside the program. */
export function pageScript(name: 'page' | 'report' | 'layout'): Promise<string> {
  return fs.promises.readFile(path.join(import.meta.dirname, `browser-${name}.js`), 'utf8');
}
