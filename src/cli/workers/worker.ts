import os from 'node:os';
import path from 'node:path';
import {MilestoneError} from '../../errors.ts';
import {systemClock} from '../../platform/clock.ts';
import {processSignals} from '../../platform/processes/signals.ts';
import {version} from '../../platform/version.ts';
import {printable} from '../../terminal/printable.ts';
import {serve} from '../../worker/serve.ts';
import {loadPgBoss} from '../../workers/load-pg-boss.ts';
import {DEFAULT_POOL} from '../../workers/names.ts';
import {addressOf} from './address.ts';

export interface WorkerFlags {
  connect?: string;
  label: string[];
  queue: string[];
  slots: number;
  once?: boolean;
  json?: boolean;
}

/** `milestone worker` */
export async function worker(flags: WorkerFlags): Promise<void> {
  const {connect, label: labels, queue: pools, slots, once = false, json} = flags;
  await loadPgBoss();
  if (once && slots !== 1) throw new MilestoneError('USAGE', '`--once` takes one attempt, which has one slot');
  const address = addressOf(connect);
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('MILESTONE_WORKERS_')),
  );
  await serve({
    connect: address,
    labels: [...new Set(labels)],
    pools: pools.length > 0 ? [...new Set(pools)] : [DEFAULT_POOL],
    slots,
    once,
    stateFolder: path.join(stateHome(), 'milestone', 'workers'),
    version,
    env,
    clock: systemClock,
    signals: processSignals,
    say: message => (json ? console.error : console.log)(printable(message)),
    warn: message => console.error(`warning: ${printable(message)}`),
  });
  if (json) console.log(JSON.stringify({ok: true}));
}

function stateHome(): string {
  const {XDG_STATE_HOME: state, HOME: home} = process.env;
  return state && path.isAbsolute(state) ? state : path.join(home ?? os.homedir(), '.local', 'state');
}
