import fs from 'node:fs';
import path from 'node:path';
import {withDeadline} from './deadline.ts';

/** Resolves as soon as a file is there, whose folder is there already. */
export function waitForFile(file: string): Promise<void> {
  const watcher = fs.watch(path.dirname(file));
  const came = new Promise<void>((resolve, reject) => {
    const look = () => {
      if (fs.existsSync(file)) resolve();
    };
    watcher.on('change', look).on('error', reject);
    look(); // after the watch began: nothing is missed
  });
  return withDeadline(came, `the file ${file}`, () => fs.readdirSync(path.dirname(file)).join('\n')).finally(() =>
    watcher.close(),
  );
}
