import type {ComponentChildren} from 'preact';
import type {ReportedTask} from '../reports/morning/report-shape.ts';
import {STATE_WORDS, STATES, StateIcon} from './state-icon.tsx';

interface Props {
  tasks: readonly ReportedTask[];
}

/** How many tasks are how, in words. */
export function Counts({tasks, children}: Props & {children?: ComponentChildren}) {
  return (
    <span class="counts">
      {countsOf(tasks).map(({status, count}) => (
        <span key={status}>
          <StateIcon status={status} /> {count} {STATE_WORDS[status]}
        </span>
      ))}
      {children}
    </span>
  );
}

/** The same as shares of a bar. */
export function Shares({tasks, height}: Props & {height: number}) {
  let x = 0;
  return (
    <svg class="shares" width="100%" height={height} aria-hidden="true">
      {countsOf(tasks).map(({status, count}) => {
        const width = (count / tasks.length) * 100;
        x += width;
        return <rect key={status} class={status} x={`${x - width}%`} width={`${width}%`} height={height} />;
      })}
    </svg>
  );
}

function countsOf(tasks: readonly ReportedTask[]) {
  return STATES.flatMap(status => {
    const count = tasks.filter(task => task.status === status).length;
    return count > 0 ? [{status, count}] : [];
  });
}
