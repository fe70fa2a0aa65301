import type {ComponentChildren} from 'preact';
import {useContext} from 'preact/hooks';
import {removedTestLines} from '../events/removed-tests.ts';
import {spanText} from '../reports/morning/headline.ts';
import type {FailedTask, MorningReport} from '../reports/morning/report-shape.ts';
import {toldBy} from '../reports/morning/told-by.ts';
import {Counts, Shares} from './counts.tsx';
import {Graph} from './graph/graph.tsx';
import {type Fact, Facts, Heading} from './heading.tsx';
import {DecisionBeside} from './need-decision.ts';
import {Scrolled} from './scrolled.tsx';
import {TaskName} from './task-name.tsx';
import {TaskTable} from './task-table.tsx';
import {instant, shown, shownLines, usd} from './text.ts';
import {Timeline} from './timeline/timeline.tsx';
import {Told} from './told.tsx';

interface Props {
  report: MorningReport;
}

/**
 * Everything that a person needs in the morning, the most pressing first.
 * @param lead Comes after the headline; `children` come last.
 */
export function ReportBody({report, lead, children}: Props & {lead?: ComponentChildren; children?: ComponentChildren}) {
  const {failed, assumptions, unchecked, removed_tests: removed, gates, milestone} = report;
  const auto = gates.filter(({by}) => by === 'auto');
  return (
    <main>
      <Head report={report} />
      {lead}
      <Needs report={report} />
      <Section title="Failed" entries={failed.map(task => <Failed key={task.task} task={task} id={milestone.id} />)} />
      <Section title="Unchecked" entries={unchecked.map(task => <TaskName key={task} id={task} />)} isInline />
      <Section
        title="Tests deleted, removed or skipped"
        entries={removed.map(({task, ...test}) => (
          <About key={task} task={task} text={removedTestLines([test], 1).join()} />
        ))}
      />
      <Section
        title="Assumptions"
        entries={assumptions.map(({task, text}) => <About key={task} task={task} text={text} />)}
      />
      <Section
        title="Gates passed without a person"
        entries={auto.map(({task, gate}) => <About key={task} task={task} text={gate} />)}
      />
      <Timeline report={report} />
      <Graph report={report} />
      <TaskTable report={report} />
      <Cost report={report} />
      <Commands title="Review" commands={report.review} />
      <Commands title="Land" commands={report.land} />
      {children}
      <footer>
        worked out {instant(report.at)} UTC
        {toldBy(report).map(text => `; ${text}`)}
      </footer>
    </main>
  );
}

function Head({report: {milestone, headline, tasks}}: Props) {
  const {id, title, status, branch, head} = milestone;
  const facts: Fact[] = [
    ['done', `${headline.done} of ${headline.total}`],
    ['checked', String(headline.checked)],
    ['unchecked', String(headline.unchecked)],
    ['failed', String(headline.failed)],
    ['time', spanText(headline.minutes * 60_000)],
    ['cost', usd(headline.cost_usd)],
  ];
  return (
    <header>
      <Heading status={status} id={id} title={title} />
      <Progress tasks={tasks} />
      <Facts facts={facts} />
      {branch !== null && (
        <p>
          branch <code>{shown(branch)}</code>
          {head !== null && (
            <>
              {' at '}
              <code>{head.slice(0, 10)}</code>
            </>
          )}
        </p>
      )}
    </header>
  );
}

/** How many tasks are how. */
function Progress({tasks}: Pick<MorningReport, 'tasks'>) {
  if (tasks.length === 0) return <p>no tasks yet</p>;
  return (
    <div class="progress">
      <Shares tasks={tasks} height={10} />
      <Counts tasks={tasks} />
    </div>
  );
}

function Needs({report: {needs_you: needs}}: Props) {
  const beside = useContext(DecisionBeside);
  return (
    <section class={needs.length > 0 ? 'needs' : 'needs none'}>
      <h2>Needs you</h2>
      {needs.length === 0 ? (
        <p>nothing</p>
      ) : (
        <ul>
          {needs.map(need => (
            <li key={need.command}>
              <Told text={need.text} />
              <pre>{shown(need.command)}</pre>
              {beside?.(need)}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

/** Entries of a section; the table of tasks has all of them. */
const MOST_ENTRIES = 50;

interface SectionProps {
  title: string;
  entries: readonly ComponentChildren[];
  /** Beside each other. */
  isInline?: boolean;
}

function Section({title, entries, isInline = false}: SectionProps) {
  if (entries.length === 0) return null;
  const more = entries.length - MOST_ENTRIES;
  return (
    <section>
      <h2>{title}</h2>
      <ul class={isInline ? 'inline' : ''}>
        {entries.slice(0, MOST_ENTRIES).map((entry, index) => (
          <li key={String(index)}>{entry}</li>
        ))}
      </ul>
      {more > 0 && (
        <p>
          and {more} more: see the <a href="#tasks">tasks</a>
        </p>
      )}
    </section>
  );
}

function About({task, text}: {task: string; text: string}) {
  return (
    <>
      <TaskName id={task} /> {shown(text)}
    </>
  );
}

function Failed({task, id}: {task: FailedTask; id: string}) {
  const {cause, message, output_tail, work_at, attempts, last} = task;
  return (
    <>
      <TaskName id={task.task} /> {shown(task.title)}: {shown(message)} ({shown(cause)}
      {attempts > 1 && `; the first of ${attempts} attempts`})
      {last && (
        <p>
          at last, in attempt {last.attempt}: {shown(last.message)} ({shown(last.cause)})
        </p>
      )}
      {output_tail !== null && (
        <Scrolled name={`Output of ${shown(task.task)}`} class="tail">
          <pre>{shownLines(output_tail)}</pre>
        </Scrolled>
      )}
      {work_at === null ? <p>nothing of its work was kept</p> : <pre>{shown(`milestone diff ${id} ${task.task}`)}</pre>}
    </>
  );
}

/** Tasks that are named with what they cost; the table of tasks has them all. */
const MOST_COSTLY = 10;

function Cost({report: {spent, tasks}}: Props) {
  const {usd: sum, tokens, turns, minutes} = spent;
  const facts: Fact[] = [
    ['cost, as the agents say', usd(sum)],
    ['tokens', tokens === null ? '–' : String(tokens)],
    ['turns', turns === null ? '–' : String(turns)],
    ['agents at work', minutes === null ? '–' : spanText(minutes * 60_000)],
  ];
  const costly = tasks.filter(({cost_usd: cost}) => cost !== undefined && cost > 0);
  costly.sort((a, b) => (b.cost_usd ?? 0) - (a.cost_usd ?? 0));
  return (
    <section>
      <h2>Cost</h2>
      <Facts facts={facts} />
      {costly.length > 0 && (
        <ul>
          {costly.slice(0, MOST_COSTLY).map(({id, cost_usd: cost}) => (
            <li key={id}>
              <TaskName id={id} /> {usd(cost)}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function Commands({title, commands}: {title: string; commands: readonly string[]}) {
  if (commands.length === 0) return null;
  return (
    <section>
      <h2>{title}</h2>
      <pre>{commands.map(shown).join('\n')}</pre>
    </section>
  );
}
