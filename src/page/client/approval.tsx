import {useEffect, useState} from 'preact/hooks';
import type {KiroPhase} from '../../plan/plan.ts';
import type {Approver} from '../../state/kiro.ts';
import type {ApprovalAnswer} from '../answers.ts';
import {instant, shown, shownLines} from '../text.ts';
import {useAnswer} from './api.ts';
import {Checks} from './checks.tsx';
import {Decide} from './decide.tsx';
import {Document} from './document.tsx';
import {useEvents} from './live.ts';
import {Nav} from './nav.tsx';

interface Props {
  id: string;
  task: string;
  phase: KiroPhase;
  decide: boolean;
}

/** An approval by itself. */
export function ApprovalPage({id, task, phase, decide}: Props) {
  const {version, isConnected} = useEvents(id);
  const trail = [
    {href: `/m/${id}`, name: id},
    {href: `/m/${id}/t/${task}`, name: task},
    {href: `/m/${id}/t/${task}/approvals/${phase}`, name: `approval of its ${phase}`},
  ];
  return (
    <>
      <Nav isConnected={isConnected} trail={trail} />
      <main>
        <Approval id={id} task={task} phase={phase} decide={decide} version={version} isAlone />
      </main>
    </>
  );
}

/** What somebody is asked to let through, all of it, and the decision. */
export function Approval({
  id,
  task,
  phase,
  decide,
  version,
  isAlone = false,
}: Props & {version: number; isAlone?: boolean}) {
  const path = `/api/milestones/${id}/tasks/${task}`;
  const {value: latest, failure} = useAnswer<ApprovalAnswer>(`${path}/approvals/${phase}`, version);
  const {read, isSame, readLatest} = useRead(latest);
  if (failure !== undefined) return <p class="failure">{shown(failure)}</p>;
  if (!read || !latest) return <p class="soft">reading …</p>;
  const {approval, documents, checks, waits} = read;
  const Title = isAlone ? 'h1' : 'h3';
  const Section = isAlone ? 'h2' : 'h4';
  return (
    <div class="approval">
      <p class="status">
        <span class={`mark ${waits ? 'waiting' : approval.status}`}>
          {waits ? 'waits for approval' : approval.status}
        </span>{' '}
        <code>{shown(approval.transition)}</code>
      </p>
      <Title>
        The {phase} of {shown(read.task.title)}
      </Title>
      <p class="soft">
        task <code>{shown(task)}</code>, asked {instant(approval.requested_at)} UTC
      </p>
      {approval.voided !== undefined && <p class="warning">asked again: {shown(approval.voided)}</p>}
      {approval.summary !== undefined && <p class="words">{shownLines(approval.summary)}</p>}
      {approval.criteria.length > 0 && <Section>Criteria</Section>}
      <Criteria criteria={approval.criteria} />
      <Section>Checks</Section>
      <Checks checks={checks} />
      <Section>{documents.length === 1 ? 'Document' : 'Documents'}</Section>
      {documents.length === 0 && <p>it leaves none</p>}
      {documents.map(({changes, ...document}) => (
        <Document key={document.path} document={document} changes={changes} level={isAlone ? 3 : 4} />
      ))}
      {isSame || (
        <p class="warning" role="status">
          what is approved has changed while you were reading{' '}
          <button type="button" onClick={readLatest}>
            Show it as it is now
          </button>
        </p>
      )}
      <Section>Decision</Section>
      <Approvers approvers={approval.approvers} />
      {waits && <Deciding path={path} answer={read} decide={decide} milestone={id} />}
    </div>
  );
}

/** What somebody reads stays as it is until he has said that he wants to see the other. */
function useRead(latest: ApprovalAnswer | undefined) {
  const [read, setRead] = useState(latest);
  const isSame = read !== undefined && latest !== undefined && seenOf(read) === seenOf(latest);
  useEffect(() => {
    if (latest && (read === undefined || isSame || !latest.waits)) setRead(latest);
  }, [latest, read, isSame]);
  return {read, isSame, readLatest: () => setRead(latest)};
}

function Criteria({criteria}: {criteria: readonly string[]}) {
  if (criteria.length === 0) return null;
  return (
    <ul class="criteria">
      {criteria.map(criterion => (
        <li key={criterion}>{shown(criterion)}</li>
      ))}
    </ul>
  );
}

/** What is approved, as the request names it. */
function deliverablesOf({documents}: ApprovalAnswer) {
  return documents.map(({path, sha256}) => ({path, sha256}));
}

function seenOf(answer: ApprovalAnswer): string {
  return JSON.stringify([answer.approval.id, answer.waits, answer.approval.requested_at, deliverablesOf(answer)]);
}

function Approvers({approvers}: {approvers: readonly Approver[]}) {
  return (
    <ul class="approvers">
      {approvers.map(({role, status, at, comment, by}) => (
        <li key={role}>
          <span class={`mark ${status}`}>{status}</span> {role === 'any' ? 'by anybody' : shown(role)}
          {by === 'auto' && ', by itself'}
          {at !== undefined && <span class="soft"> {instant(at)} UTC</span>}
          {comment !== undefined && <p class="words">{shownLines(comment)}</p>}
        </li>
      ))}
    </ul>
  );
}

interface DecidingProps {
  path: string;
  milestone: string;
  answer: ApprovalAnswer;
  decide: boolean;
}

function Deciding({path, milestone, answer, decide}: DecidingProps) {
  const {approval, task} = answer;
  const {phase, approvers} = approval;
  const open = approvers.filter(({status}) => status === 'pending');
  const [chosen, setRole] = useState<string>();
  const role = open.find(one => one.role === chosen)?.role ?? open[0]?.role;
  if (!decide)
    return (
      <p>
        decided with <code>{shown(`milestone approve ${milestone} ${task.id} ${phase}`)}</code>, or here after{' '}
        <code>milestone web --decide</code>
      </p>
    );
  return (
    <>
      {open.length > 1 && (
        <label>
          In the role of{' '}
          <select value={role} onChange={event => setRole(event.currentTarget.value)}>
            {open.map(one => (
              <option key={one.role}>{one.role}</option>
            ))}
          </select>
        </label>
      )}
      <Decide
        path={path}
        kinds={['approve', 'reject']}
        label="A comment, or why it is rejected: the next attempt reads it"
        about={`the ${phase} of ${shown(task.id)}`}
        more={{phase, deliverables: deliverablesOf(answer), ...(approvers.length > 1 && {role})}}
      />
    </>
  );
}
