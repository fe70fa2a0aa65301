import {diagnose} from '../../doctor/diagnose.ts';
import type {Finding} from '../../doctor/finding.ts';
import {repairHome, repairMilestone} from '../../doctor/repair.ts';
import {MilestoneError} from '../../errors.ts';
import {type HomePaths, homePaths} from '../../plan/file/home.ts';
import type {MilestoneId} from '../../plan/plan.ts';
import {printable} from '../../terminal/printable.ts';
import {requireHome} from '../choose-milestone.ts';
import {commandOptions} from '../command-options.ts';
import {reportFailure} from '../failure.ts';
import {targetMilestone} from '../target.ts';

export interface DoctorFlags {
  repair?: boolean;
  milestone?: string;
  json?: boolean;
}

/**
 * `milestone doctor`.
 * @returns The exit code: 3 while there is an error among the findings.
 */
export async function doctor(word: string | undefined, flags: DoctorFlags): Promise<number> {
  const paths = homePaths(requireHome());
  const isAll = word === undefined && flags.milestone === undefined;
  const id = isAll ? undefined : targetMilestone(paths, word, flags.milestone);
  let findings = await diagnose(paths.home, id);
  const {repaired, failures} = flags.repair ? await repair(paths, findings) : {repaired: [], failures: []};
  if (flags.repair) findings = await diagnose(paths.home, id);
  const [failure = unhealthy(findings)] = failures;
  if (flags.json) return answer(findings, repaired, failure);
  for (const line of [...repaired.map(done => `repaired: ${done}`), ...findings.flatMap(inWords)])
    console.log(printable(line));
  if (failure !== undefined) return reportFailure(failure, false);
  console.log(findings.some(({severity}) => severity !== 'note') ? 'nothing keeps it from working' : 'all is well');
  return 0;
}

/** Mend the home, then each milestone that needs it; what one of them fails with keeps none of the others from it. */
async function repair(
  paths: HomePaths,
  findings: readonly Finding[],
): Promise<{repaired: string[]; failures: unknown[]}> {
  const repaired = repairHome(paths.home, paths.gitignore);
  const failures: unknown[] = [];
  const ids = findings.flatMap(({repairable, milestone_id}) => (repairable && milestone_id ? milestone_id : []));
  for (const id of new Set<MilestoneId>(ids)) {
    try {
      repaired.push(...(await repairMilestone(commandOptions(paths.home, id))));
    } catch (error) {
      if (!(error instanceof MilestoneError)) throw error;
      failures.push(error);
    }
  }
  return {repaired, failures};
}

function unhealthy(findings: readonly Finding[]): MilestoneError | undefined {
  const errors = findings.filter(({severity}) => severity === 'error');
  const [first] = errors;
  if (!first) return undefined;
  const mendable = errors.find(({repairable}) => repairable);
  const count = errors.length === 1 ? 'one thing needs' : `${errors.length} things need`;
  const hint = mendable ? 'milestone doctor --repair' : first.hint;
  return new MilestoneError('NEEDS_REPAIR', `${count} to be mended`, {hint});
}

function answer(findings: readonly Finding[], repaired: readonly string[], failure: unknown): number {
  if (failure === undefined) {
    console.log(JSON.stringify({ok: true, findings, repaired}));
    return 0;
  }
  if (!(failure instanceof MilestoneError)) throw failure;
  const {code, message, hint} = failure;
  const error = {code, message, ...(hint !== undefined && {hint})};
  console.log(JSON.stringify({ok: false, error, findings, repaired}));
  return failure.exitCode;
}

function inWords({severity, message, hint, where}: Finding): string[] {
  const location = where && [where.file, where.line, where.column].filter(part => part !== undefined).join(':');
  const lines = [`${severity}: ${message}${location === undefined ? '' : ` (${location})`}`];
  return hint === undefined ? lines : [...lines, `  hint: ${hint}`];
}
