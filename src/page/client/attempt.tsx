import {useState} from 'preact/hooks';
import {SHELL_DRIVER} from '../../drivers/driver-name.ts';
import {removedTestLines} from '../../events/removed-tests.ts';
import {spanText} from '../../reports/morning/headline.ts';
import type {AttemptDetails} from '../../reports/morning/task-details.ts';
import type {PromptAnswer} from '../answers.ts';
import {type Fact, Facts} from '../heading.tsx';
import {Scrolled} from '../scrolled.tsx';
import {instant, shown, shownLines, usd} from '../text.ts';
import {useAnswer} from './api.ts';
import {Checks} from './checks.tsx';
import {Log} from './log.tsx';

/** Tests of an attempt that are named one by one. */
const MOST_CASES = 5;

/** One attempt: how it ended, what it was told, what it said, what was checked. @param path Its address. */
export function Attempt({path, attempt: one}: {path: string; attempt: AttemptDetails}) {
  const isRunning = one.to === null;
  return (
    <section class="attempt">
      <h2>
        Attempt {one.attempt}
        {one.phase && `, ${one.phase}`}
      </h2>
      <AttemptFacts attempt={one} />
      {one.message !== undefined && <p class="failure">✘ {shown(one.message)}</p>}
      {one.warning !== undefined && <p class="warning">{shown(one.warning)}</p>}
      {one.summary !== undefined && <p class="words">{shownLines(one.summary)}</p>}
      <Said attempt={one} />
      <Prompt key={path} path={`${path}/prompt`} />
      <h3>Output</h3>
      <Log
        key={path}
        path={`${path}/log`}
        attempt={one.attempt}
        isRunning={isRunning}
        isAgent={one.driver !== SHELL_DRIVER}
      />
      {(one.checks.length > 0 || !isRunning) && (
        <>
          <h3>Checks</h3>
          <Checks checks={one.checks} />
        </>
      )}
    </section>
  );
}

function AttemptFacts({attempt}: {attempt: AttemptDetails}) {
  const {outcome, started, to, driver, worker, used, continues, commit, work_at} = attempt;
  const facts: Fact[] = [
    ['end', outcome.replaceAll('_', ' ')],
    ['began', `${instant(started)} UTC`],
    ['ended', to === null ? 'it runs' : `${instant(to)} UTC`],
    ['driver', driver],
    ['worker', worker === null ? 'none has it yet' : worker],
    ['cost', used?.usd === undefined ? undefined : usd(used.usd)],
    ['tokens', used?.tokens?.toLocaleString('en')],
    ['turns', used?.turns?.toString()],
    ['at work', used?.minutes === undefined ? undefined : spanText(used.minutes * 60_000)],
    ['goes on from', continues === undefined ? undefined : `attempt ${continues}`],
    ['commit', commit?.slice(0, 10)],
    ['work kept at', commit === undefined ? (work_at ?? undefined) : undefined],
  ];
  return <Facts facts={facts} isSmall />;
}

/** What it assumed, what it was denied, what tests it took away. */
function Said({attempt: {assumptions, denials, removed_tests: removed}}: {attempt: AttemptDetails}) {
  const lists: Array<[string, string[]]> = [
    ['Assumptions', assumptions.map(shown)],
    ['Denied', denials.map(({tool, input, allow}) => shown(`${tool}: ${input} (would be allowed by \`${allow}\`)`))],
    ['Tests deleted, removed or skipped', removed.flatMap(test => removedTestLines([test], MOST_CASES)).map(shown)],
  ];
  return lists.map(
    ([title, entries]) =>
      entries.length > 0 && (
        <>
          <h3>{title}</h3>
          <ul>
            {entries.map((entry, index) => (
              <li key={String(index)}>{entry}</li>
            ))}
          </ul>
        </>
      ),
  );
}

/** Read when somebody wants to see it. */
function Prompt({path}: {path: string}) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details class="prompt" onToggle={event => setOpen(event.currentTarget.open)}>
      <summary>What it was told</summary>
      {isOpen && <PromptText path={path} />}
    </details>
  );
}

function PromptText({path}: {path: string}) {
  const {value, failure} = useAnswer<PromptAnswer>(path, 0);
  if (failure !== undefined) return <p>{shown(failure)}</p>;
  if (!value) return <p class="soft">reading …</p>;
  const {prompt, command, phase} = value;
  return (
    <>
      {command !== undefined && <p class="soft">a command, as the plan has it now{phase && ` for its ${phase}`}</p>}
      <Scrolled name="What it was told" class="prompt">
        <pre>{shownLines(prompt ?? command ?? '')}</pre>
      </Scrolled>
    </>
  );
}
