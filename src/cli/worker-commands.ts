import {type Command, InvalidArgumentError, Option} from 'commander';

/** The commands of other machines: `worker` serves on one, `workers` lists them. */
export function addWorkerCommands(program: Command): void {
  program
    .command('worker')
    .description('take attempts of milestones that are executed elsewhere, until a signal comes')
    .option('--connect <url>', 'address of the database; default: the variable MILESTONE_WORKERS_URL')
    .addOption(labels('--label <name>', 'what this machine has; may be repeated', 'none'))
    .addOption(
      labels('--queue <name>', 'pool whose jobs it takes, as `workers.queues` names them; may be repeated', 'default'),
    )
    .option('--slots <n>', 'attempts at a time', positive, 1)
    .option('--once', 'end after one attempt')
    .option('--json', 'answer with one object at the end')
    .action(async flags => {
      const {worker} = await import('./workers/worker.ts');
      await worker(flags);
    });
  program
    .command('workers')
    .description('list the workers: what they carry, what they do, when they were last heard of')
    .option('--connect <url>', 'address of the database; default: that of config.yaml, or MILESTONE_WORKERS_URL')
    .option('--json', 'answer with one object')
    .action(async flags => {
      const {workers} = await import('./workers/workers.ts');
      await workers(flags);
    });
}

/** @param byDefault What none of them means. */
function labels(flags: string, description: string, byDefault: string): Option {
  return new Option(flags, description).argParser(label).default([], byDefault);
}

function label(name: string, others: string[]): string[] {
  if (!/^[A-Za-z0-9][\w.-]{0,63}$/.test(name))
    throw new InvalidArgumentError('expected letters, digits, `.`, `_`, `-`');
  return [...others, name];
}

const MOST_SLOTS = 1_000;

function positive(text: string): number {
  const count = Number(text);
  if (/^\d+$/.test(text) && count > 0 && count <= MOST_SLOTS) return count;
  throw new InvalidArgumentError('expected a number greater than 0');
}
