// All there is to know of one task, for a terminal or a file.

import {removedTestLines} from '../../events/removed-tests.ts';
import {firstLine} from '../../platform/first-line.ts';
import {spanText} from '../../reports/morning/headline.ts';
import type {AttemptDetails, TaskDetails} from '../../reports/morning/task-details.ts';
import {STAGES} from '../../state/stage-times.ts';
import type {Paint} from '../paint.ts';
import {printable} from '../printable.ts';
import {workerText} from '../status-mark.ts';
import {usageText} from '../usage-text.ts';
import {cutTo} from '../width.ts';
import {joinWrapped, wrapped} from '../wrap.ts';
import {outcomeWords, tailLines} from './report-text.ts';
import {joinSections, section} from './sections.ts';

const COLUMNS = 80;
const INDENT = '  ';
const LEFT = COLUMNS - INDENT.length;
const REMOVED_SHOWN = 10;

export function taskText(task: TaskDetails, paint: Paint): string {
  const {documents, answers, attempt_records: attempts} = task;
  const sections: string[][] = [
    head(task, paint),
    ...attempts.map(attempt => [
      attemptHeading(attempt, paint),
      ...attemptLines(attempt, task).map(line => `${INDENT}${line}`),
    ]),
    section(
      paint.bold('answers'),
      answers.flatMap(({question, answer}) => [...wrapped(question, LEFT), ...wrapped(`> ${answer}`, LEFT)]),
    ),
    section(
      paint.bold('documents'),
      documents.map(({path}) => cutTo(`.milestones/${printable(path)}`, LEFT)),
    ),
  ];
  return joinSections(sections);
}

function head(
  {id, title, status, stage, checked, commit, attempts, cost_usd, driver, error, reason, dependencies}: TaskDetails,
  paint: Paint,
): string[] {
  const isDone = status === 'completed';
  const parts = [
    stage === undefined ? status : `${status} (${stage})`,
    ...(isDone ? [checked ? 'checked' : 'unchecked'] : []),
    ...(commit === undefined ? [] : [commit.slice(0, 10)]),
    driver,
    // Of what was executed elsewhere nobody has counted them.
    ...(isDone && attempts === 0 ? [] : [`${attempts} ${attempts === 1 ? 'attempt' : 'attempts'}`]),
    ...(cost_usd === undefined ? [] : [`${cost_usd.toFixed(2)} usd`]),
  ];
  return [
    paint.bold(cutTo(printable(title === id ? id : `${id}: ${title}`), COLUMNS)),
    ...joinWrapped(parts, ' · ', COLUMNS),
    ...(dependencies.length === 0 ? [] : wrapped(`after ${dependencies.join(', ')}`, COLUMNS)),
    ...(error === undefined ? [] : wrapped(`${error.message} (${error.cause})`, COLUMNS).map(line => paint.red(line))),
    ...(reason === undefined ? [] : wrapped(reason, COLUMNS)),
  ];
}

function attemptHeading({attempt, phase, outcome, cause}: AttemptDetails, paint: Paint): string {
  const why = cause === undefined || cause === outcome ? '' : ` (${cause})`;
  const name = `attempt ${attempt}${phase === undefined ? '' : ` at the ${phase}`}`;
  return `${paint.bold(name)} ${outcomeWords(outcome)}${why}`;
}

function attemptLines(attempt: AttemptDetails, {milestone, id}: TaskDetails): string[] {
  const {driver, message, commit, checks, output_tail, work_at, summary, warning, used, continues} = attempt;
  const times = STAGES.flatMap(stage =>
    attempt.stage_times[stage] > 0 ? [`${stage} ${spanText(attempt.stage_times[stage])}`] : [],
  );
  // One that has ended waits for nobody.
  const at = attempt.worker === null && attempt.to !== null ? '' : workerText(attempt);
  return [
    ...joinWrapped([`${driver}${at}`, attempt.started.slice(0, 19).concat('Z'), ...times], ' · ', LEFT),
    ...(continues === undefined ? [] : [`from the work of attempt ${continues}`]),
    ...(message === undefined ? [] : wrapped(message, LEFT)),
    ...(commit === undefined ? [] : [`commit ${commit}`]),
    ...(summary === undefined ? [] : wrapped(firstLine(summary), LEFT)),
    ...(warning === undefined ? [] : wrapped(`! ${warning}`, LEFT)),
    ...checks.flatMap(checkLines),
    ...(output_tail === null || checks.some(({output_tail}) => output_tail !== undefined) ? [] : tail(output_tail)),
    ...attempt.assumptions.flatMap(text => wrapped(`assumes: ${text}`, LEFT)),
    ...attempt.denials.flatMap(({tool, input, allow}) =>
      wrapped(`was not allowed ${tool} (${input}); \`allow: [${JSON.stringify(allow)}]\` would permit it`, LEFT),
    ),
    ...removedTestLines(attempt.removed_tests, REMOVED_SHOWN).flatMap(line => wrapped(`! ${line}`, LEFT)),
    ...(used === undefined ? [] : wrapped(`used: ${usageText(used)}`, LEFT)),
    ...(work_at === null ? [] : [cutTo(`kept at ${work_at}`, LEFT)]),
    ...wrapped(`printed: \`milestone log ${milestone} ${id} --attempt ${attempt.attempt} --output\``, LEFT),
  ];
}

function checkLines({
  command,
  ok,
  flaky,
  duration_ms,
  exit_code,
  output_tail,
}: AttemptDetails['checks'][number]): string[] {
  const result = ok ? 'passed' : exit_code === null ? 'did not end in time' : `failed with exit code ${exit_code}`;
  const line = `\`${firstLine(command)}\` ${result} in ${spanText(duration_ms)}${flaky ? ' (flaky)' : ''}`;
  return [...wrapped(line, LEFT), ...(output_tail === undefined ? [] : tail(output_tail))];
}

/** As much of an output as says why. */
function tail(output: string): string[] {
  return tailLines(output, 20).map(line => `| ${cutTo(line, LEFT - 2)}`);
}
