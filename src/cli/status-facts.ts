import fs from 'node:fs';
import path from 'node:path';
import {isAtWork} from '../lock/lock-holder.ts';
import type {MilestoneView} from '../milestone/look.ts';
import type {HomePaths} from '../plan/file/home.ts';
import type {Settings} from '../plan/plan.ts';
import {systemClock} from '../platform/clock.ts';
import {readIfExists} from '../platform/files.ts';
import {type AttemptWarning, attemptWarnings} from '../reports/attempt-warnings.ts';
import {isOnRecord, type StatusFacts} from '../reports/status-report.ts';

/** What a status says besides what the log does. */
export async function statusFacts(paths: HomePaths, view: MilestoneView): Promise<Required<StatusFacts>> {
  const project = await limitsOf(paths.config);
  return {
    project,
    warnings: warningsOf(paths, view, project),
    landed: await isLanded(paths, view),
    now: systemClock.now(),
  };
}

/** Of what is completed and not on record as landed, git is asked. */
async function isLanded({home}: HomePaths, view: MilestoneView): Promise<boolean> {
  const {id, elsewhere, snapshot} = view;
  const {status, commit = elsewhere?.commit, activation} = snapshot.stored;
  if (isOnRecord(view) || status !== 'completed' || commit === undefined) return isOnRecord(view);
  const {isInBranch} = await import('../landing/is-landed.ts');
  const execution = activation?.executionId ?? elsewhere?.id;
  const base = activation?.base ?? elsewhere?.base;
  return isInBranch(path.dirname(home), {id, commit, execution, base}, activation?.baseName);
}

/** Attempts that may be about to fail. */
export function warningsOf(
  paths: HomePaths,
  {id, snapshot: {plan, tasks}, executor}: MilestoneView,
  project: Settings,
): AttemptWarning[] {
  if (!isAtWork(executor.who)) return [];
  return attemptWarnings(plan, tasks, {
    now: systemClock.now(),
    project,
    lastSignOf: (task, attempt) => fs.statSync(paths.attemptLog(id, task, attempt), {throwIfNoEntry: false})?.mtimeMs,
  });
}

/** Settings of config.yaml; what reads it is loaded only when it may say something of limits. */
export async function limitsOf(file: string): Promise<Settings> {
  if (!/\b(?:timeout|silent|budget)\b/.test(readIfExists(file) ?? '')) return {};
  const {readConfigFile} = await import('../plan/file/reader.ts');
  return (readConfigFile(file).config.settings ?? {}) as Settings;
}
