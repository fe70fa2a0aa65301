import {createContext} from 'preact';
import {useContext} from 'preact/hooks';
import type {TaskId} from '../plan/plan.ts';
import {shown} from './text.ts';

/** Where the page of a task is; in a report that is a file, its row in the table of tasks. */
export const TaskPage = createContext((task: TaskId) => `#${rowId(task)}`);

export function rowId(task: TaskId): string {
  return `task-${task}`;
}

export function TaskName({id}: {id: TaskId}) {
  const page = useContext(TaskPage);
  return (
    <a href={page(id)}>
      <code>{shown(id)}</code>
    </a>
  );
}
