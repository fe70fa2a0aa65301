import {findHome, homePaths} from '../../plan/file/home.ts';
import {systemClock} from '../../platform/clock.ts';
import {counted} from '../../terminal/amounts.ts';
import {printable} from '../../terminal/printable.ts';
import {pad, textWidth} from '../../terminal/width.ts';
import {listWorkers} from '../../workers/boss-pool.ts';
import {Engine} from '../../workers/engine.ts';
import {DEFAULT_POOL} from '../../workers/names.ts';
import {PROTOCOL, type WorkerInfo} from '../../workers/port.ts';
import {addressOf} from './address.ts';

export interface WorkersFlags {
  connect?: string;
  json?: boolean;
}

/** `milestone workers` */
export async function workers({connect, json = false}: WorkersFlags): Promise<void> {
  const address = addressOf(connect, await configured());
  const engine = new Engine({
    connect: () => address,
    name: 'milestone workers',
    connections: 1,
  });
  try {
    const all = (await engine.ask(listWorkers)).filter(({live}) => live);
    if (json) console.log(JSON.stringify({ok: true, workers: all.map(shapeOf)}));
    else console.log(all.length === 0 ? NOBODY : table(all.map(cellsOf)));
  } finally {
    await engine.close();
  }
}

async function configured(): Promise<string | undefined> {
  const home = findHome(process.cwd());
  if (home === undefined) return undefined;
  const {readConfigFile} = await import('../../plan/file/reader.ts');
  return readConfigFile(homePaths(home).config).config.workers?.connect;
}

function shapeOf({lastSeen, live: _, id: __, ...worker}: WorkerInfo) {
  return {...worker, last_seen: lastSeen};
}

const NOBODY = 'no worker is there; `milestone worker`, on any machine that reaches this database, is one';

/** After so long a worker has missed two signs of life. */
const QUIET_S = 10;

function table(rows: string[][]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map(row => textWidth(row[column] ?? ''))));
  const lines = rows.map(row =>
    row
      .map((cell, column) => pad(cell, widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return lines.join('\n');
}

function cellsOf({name, labels, queues, slots, busy, version, protocol, lastSeen}: WorkerInfo): string[] {
  const seconds = Math.max(0, Math.round((systemClock.now() - Date.parse(lastSeen)) / 1_000));
  const pools = queues.join() === DEFAULT_POOL ? '' : `, in ${queues.join(', ')}`;
  const words = [
    name,
    `${labels.length === 0 ? 'no labels' : labels.join(', ')}${pools}`,
    `${busy} of ${counted(slots, 'slot')} busy`,
    `milestone ${version}${protocol === PROTOCOL ? '' : ` (protocol ${protocol}, here ${PROTOCOL})`}`,
    seconds > QUIET_S ? `not heard of for ${seconds} s` : `heard of ${seconds} s ago`,
  ];
  return words.map(word => printable(word));
}
