import {spanText} from '../../reports/morning/headline.ts';
import {STAGES} from '../../reports/morning/stage-times.ts';
import type {AttemptDetails, TaskDetails} from '../../reports/morning/task-details.ts';
import type {ShownApproval, TaskAnswer} from '../answers.ts';
import {instant, shown, shownLines, usd} from '../text.ts';
import {Wide} from '../wide.tsx';
import {useAnswer} from './api.ts';
import {Decide} from './decide.tsx';
import {Diff} from './diff.tsx';
import {useEvents} from './live.ts';
import {Log} from './log.tsx';
import {Nav} from './nav.tsx';

interface Props {
  id: string;
  task: string;
  decide: boolean;
}

/** One task: what waits for a person, its attempts, what the last one prints, what it has changed. */
export function Task({id, task, decide}: Props) {
  const {version, isConnected} = useEvents(id);
  const path = `/api/milestones/${id}/tasks/${task}`;
  const {value, failure} = useAnswer<TaskAnswer>(path, version);
  const records = value?.task.attempt_records ?? [];
  const last = records.at(-1);
  const work = value?.task.commit ?? records.findLast(({work_at}) => work_at !== null)?.work_at ?? undefined;
  return (
    <>
      <Nav isConnected={isConnected} places={[{href: `/m/${id}`, name: id}]} />
      <main>
        {failure !== undefined && <p class="failure">{shown(failure)}</p>}
        {value && <Head task={value.task} />}
        {value && decide && <Deciding path={path} task={value.task} />}
        {value?.approvals.map(approval => (
          <Approval key={approval.id} approval={approval} path={path} decide={decide} />
        ))}
        {value && <Attempts attempts={records} />}
        {last && (
          <Log path={`${path}/attempts/${last.attempt}/log`} attempt={last.attempt} isRunning={last.to === null} />
        )}
        {work !== undefined && <Diff path={`${path}/diff`} of={work} />}
      </main>
    </>
  );
}

function Head({
  task: {id, title, status, driver, error, cost_usd: cost, dependencies, milestone},
}: {
  task: TaskDetails;
}) {
  return (
    <header>
      <p class="status">
        <span class={`mark ${status}`}>{status}</span> <code>{shown(id)}</code>
      </p>
      <h1>{shown(title)}</h1>
      <p>
        driver {shown(driver)}; cost {usd(cost)}
        {dependencies.length > 0 && '; waits for '}
        {dependencies.map((of, place) => (
          <>
            {place > 0 && ', '}
            <a href={`/m/${milestone}/t/${of}`}>{of}</a>
          </>
        ))}
      </p>
      {error && (
        <p class="failure">
          {shown(error.message)} ({shown(error.cause)})
        </p>
      )}
    </header>
  );
}

function Deciding({path, task: {status, error}}: {path: string; task: TaskDetails}) {
  if (status === 'blocked') return <Decide path={path} kinds={['answer', 'retry', 'skip']} />;
  if (status === 'failed' || error) return <Decide path={path} kinds={['retry', 'skip']} />;
  return null;
}

function Approval({approval, path, decide}: {approval: ShownApproval; path: string; decide: boolean}) {
  const {phase, criteria, approvers, documents, summary} = approval;
  const seen = {phase, deliverables: documents.map(({path, sha256}) => ({path, sha256}))};
  const open = approvers.filter(({status}) => status === 'pending');
  return (
    <section class="needs">
      <h2>Approval of its {phase}</h2>
      {summary !== undefined && <p>{shown(summary)}</p>}
      <ul>
        {criteria.map(criterion => (
          <li key={criterion}>{shown(criterion)}</li>
        ))}
      </ul>
      {documents.map(({path, text}) => (
        <>
          <h3>{shown(path)}</h3>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached */}
          <pre class="document" tabIndex={0}>
            {text === null ? 'it is gone, or no document' : shownLines(text)}
          </pre>
        </>
      ))}
      {decide &&
        open.map(({role}) => (
          <div key={role}>
            {open.length > 1 && <p>as {shown(role)}</p>}
            <Decide path={path} kinds={['approve', 'reject']} more={{...seen, ...(open.length > 1 && {role})}} />
          </div>
        ))}
    </section>
  );
}

function Attempts({attempts}: {attempts: readonly AttemptDetails[]}) {
  if (attempts.length === 0) return <p>not begun</p>;
  return (
    <section>
      <h2>Attempts</h2>
      <Wide name="Table of attempts">
        <table>
          <thead>
            <tr>
              <th>attempt</th>
              <th>began</th>
              {STAGES.map(stage => (
                <th key={stage} class="number">
                  {stage}
                </th>
              ))}
              <th>end</th>
              <th>checks</th>
            </tr>
          </thead>
          <tbody>
            {attempts.map(one => (
              <tr key={one.attempt}>
                <th scope="row">
                  {one.attempt} {one.phase}
                </th>
                <td>{instant(one.started)}</td>
                {STAGES.map(stage => (
                  <td key={stage} class="number">
                    {spanText(one.stage_times[stage])}
                  </td>
                ))}
                <td>{shown(one.cause === undefined ? one.outcome : `✘ ${one.message ?? one.cause} (${one.cause})`)}</td>
                <td>
                  {one.checks.map(({command, ok}) => (
                    <p key={command}>
                      {ok ? '✔' : '✘'} <code>{shown(command)}</code>
                    </p>
                  ))}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Wide>
    </section>
  );
}
