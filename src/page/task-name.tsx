import {createContext} from 'preact';
import {useContext} from 'preact/hooks';
import type {TaskId} from '../plan/plan.ts';
import {shown} from './text.ts';

/** Where the page of a task is; nowhere in a report that is a file. */
export const TaskPage = createContext<((task: TaskId) => string) | undefined>(undefined);

export function TaskName({id}: {id: TaskId}) {
  const page = useContext(TaskPage);
  const name = <code>{shown(id)}</code>;
  return page ? <a href={page(id)}>{name}</a> : name;
}
