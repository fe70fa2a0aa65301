import {useEffect, useState} from 'preact/hooks';
import {SHELL_DRIVER} from '../../drivers/driver-name.ts';
import {KIRO_PHASES} from '../../plan/kiro-plan.ts';
import type {KiroPhase} from '../../plan/plan.ts';
import type {AttemptDetails, TaskDetails} from '../../reports/morning/task-details.ts';
import type {DocumentsAnswer, TaskAnswer} from '../answers.ts';
import {Heading} from '../heading.tsx';
import {shown, shownLines, usd} from '../text.ts';
import {Told} from '../told.tsx';
import {useAnswer} from './api.ts';
import {Attempt} from './attempt.tsx';
import {Attempts} from './attempts.tsx';
import {Decide} from './decide.tsx';
import {Diff} from './diff.tsx';
import {Document} from './document.tsx';
import {useEvents} from './live.ts';
import {Nav} from './nav.tsx';

interface Props {
  id: string;
  task: string;
  decide: boolean;
}

/** One task: what waits for a person, its attempts, what one of them was told, printed and changed, its documents. */
export function Task({id, task, decide}: Props) {
  const {version, isConnected} = useEvents(id);
  const path = `/api/milestones/${id}/tasks/${task}`;
  const {value, failure} = useAnswer<TaskAnswer>(path, version);
  const [chosen, choose] = useChosen();
  const records = value?.task.attempt_records ?? [];
  const attempt = records.find(one => one.attempt === chosen) ?? records.at(-1);
  return (
    <>
      <Nav
        isConnected={isConnected}
        trail={[
          {href: `/m/${id}`, name: id},
          {href: `/m/${id}/t/${task}`, name: task},
        ]}
      />
      <main>
        {failure !== undefined && <p class="failure">{shown(failure)}</p>}
        {value && (
          <>
            <Head task={value.task} />
            <Needs answer={value} path={path} decide={decide} />
            {attempt ? (
              <Attempts attempts={records} chosen={attempt.attempt} choose={choose} />
            ) : (
              <p>not begun: there is no attempt yet</p>
            )}
            {attempt && <Attempt path={`${path}/attempts/${attempt.attempt}`} attempt={attempt} />}
            {attempt && <Work path={path} task={value.task} attempt={attempt} />}
            <Papers path={path} answer={value} />
            <Answers task={value.task} />
          </>
        )}
      </main>
    </>
  );
}

/** The attempt that the address names; the last one where it names none. */
function useChosen(): [number | undefined, (attempt: number) => void] {
  const [chosen, setChosen] = useState<number>();
  useEffect(() => {
    const named = Number(new URLSearchParams(location.search).get('attempt'));
    if (named > 0) setChosen(named);
  }, []);
  const choose = (attempt: number) => {
    history.replaceState(null, '', `${location.pathname}?attempt=${attempt}`);
    setChosen(attempt);
  };
  return [chosen, choose];
}

function Head({task}: {task: TaskDetails}) {
  const {id, title, status, driver, error, reason, cost_usd: cost, dependencies, milestone, commit, checked} = task;
  return (
    <header>
      <Heading status={status} id={id} title={title} />
      <p>
        driver {shown(driver)}; cost {usd(cost)}
        {commit !== undefined && (
          <>
            ; commit <code>{commit.slice(0, 10)}</code>
          </>
        )}
        {status === 'completed' && (checked ? '; checked' : '; done, unchecked')}
        {dependencies.length > 0 && '; waits for '}
        {dependencies.map((of, index) => (
          <>
            {index > 0 && ', '}
            <a href={`/m/${milestone}/t/${of}`}>{of}</a>
          </>
        ))}
      </p>
      {reason !== undefined && <p>{shown(reason)}</p>}
      {error && (
        <p class="failure">
          {shown(error.message)} ({shown(error.cause)})
        </p>
      )}
    </header>
  );
}

/** What only a person can bring on. */
function Needs({
  answer: {task, approvals, blockers},
  path,
  decide,
}: {
  answer: TaskAnswer;
  path: string;
  decide: boolean;
}) {
  const {id, status, milestone, driver} = task;
  const waiting = approvals.filter(one => one.status === 'pending' && status !== 'skipped' && status !== 'completed');
  // What runs a command reads no answer.
  const question = driver !== SHELL_DRIVER && blockers.find(({type}) => type === 'question');
  const isStuck = status === 'failed' || status === 'blocked';
  if (waiting.length === 0 && blockers.length === 0 && !isStuck) return null;
  return (
    <section class="needs">
      <h2>Needs you</h2>
      {waiting.map(({phase}) => (
        <p key={phase}>
          its {phase} waits for approval:{' '}
          <a href={`/m/${milestone}/t/${id}/approvals/${phase}`}>{decide ? 'read it and decide' : 'read it'}</a>
        </p>
      ))}
      {blockers.map(blocker => (
        <p key={blocker.id} class="words">
          <Told text={blocker.message} />
        </p>
      ))}
      {decide && question && (
        <Decide
          path={path}
          kinds={['answer', 'skip']}
          label="The answer: its next attempt reads it"
          about={shown(id)}
        />
      )}
      {decide && !question && isStuck && <Decide path={path} kinds={['retry', 'skip']} about={shown(id)} />}
    </section>
  );
}

/** What the chosen attempt has changed: what came of the task, or what was kept of it. */
function Work({path, task, attempt}: {path: string; task: TaskDetails; attempt: AttemptDetails}) {
  const {id, milestone, commit, attempt_records: records} = task;
  const command = `milestone diff ${milestone} ${id}`;
  const last = records.findLast(({outcome}) => outcome === 'completed');
  if (commit !== undefined && (attempt.commit !== undefined || attempt.attempt === last?.attempt))
    return <Diff path={`${path}/diff`} of={commit} command={command} />;
  if (attempt.work_at === null) return null;
  return (
    <Diff
      path={`${path}/attempts/${attempt.attempt}/diff`}
      of={attempt.work_at}
      command={`git show ${attempt.work_at}`}
    />
  );
}

/** The documents of its phases. */
function Papers({path, answer: {task, approvals}}: {path: string; answer: TaskAnswer}) {
  const phases = KIRO_PHASES.filter(phase => task.documents.some(document => document.phase === phase));
  if (phases.length === 0) return null;
  return (
    <section>
      <h2>Documents</h2>
      {phases.map(phase => (
        <Phase
          key={phase}
          path={path}
          phase={phase}
          version={task.documents
            .filter(one => one.phase === phase)
            .map(({sha256}) => sha256)
            .join()}
          approval={
            approvals.some(approval => approval.phase === phase)
              ? `/m/${task.milestone}/t/${task.id}/approvals/${phase}`
              : undefined
          }
        />
      ))}
    </section>
  );
}

interface PhaseProps {
  path: string;
  phase: KiroPhase;
  /** Another one when there are other documents. */
  version: string;
  /** Where it was, or is, asked for. */
  approval: string | undefined;
}

function Phase({path, phase, version, approval}: PhaseProps) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details
      class="phase"
      onToggle={event => event.target === event.currentTarget && setOpen(event.currentTarget.open)}
    >
      <summary>{phase}</summary>
      {approval !== undefined && (
        <p>
          <a href={approval}>its approval</a>
        </p>
      )}
      {isOpen && <PhaseDocuments key={version} path={`${path}/documents/${phase}`} />}
    </details>
  );
}

function PhaseDocuments({path}: {path: string}) {
  const {value, failure} = useAnswer<DocumentsAnswer>(path, 0);
  if (failure !== undefined) return <p class="failure">{shown(failure)}</p>;
  return value?.documents.map(document => <Document key={document.path} document={document} level={3} />) ?? null;
}

/** What its attempts have asked, and what they were told. */
function Answers({task: {answers}}: {task: TaskDetails}) {
  if (answers.length === 0) return null;
  return (
    <section>
      <h2>Questions</h2>
      <dl class="answers">
        {answers.map(({question, answer}) => (
          <div key={question}>
            <dt>{shownLines(question)}</dt>
            <dd>{shownLines(answer)}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
