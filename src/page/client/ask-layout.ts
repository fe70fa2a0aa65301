import type {GraphTask} from '../../plan/graph.ts';
import type {Layout} from '../graph/layout.ts';

/** Of what a worker may run, this alone. */
const WORKER = '/layout.js';

interface TrustedTypes {
  createPolicy(name: string, rules: {createScriptURL(url: string): string}): {createScriptURL(url: string): string};
}

let worker: Worker | undefined;

/** Lay out a graph beside the page. @throws {Error} when that cannot be done here. */
export function askLayout(tasks: readonly GraphTask[]): Promise<Layout> {
  worker ??= new Worker(workerUrl());
  const asked = worker;
  return new Promise((resolve, reject) => {
    // One after the other: answers come in the order of the questions.
    asked.addEventListener('message', ({data}) => resolve(data), {once: true});
    asked.addEventListener('error', () => reject(new Error('no layout')), {once: true});
    asked.postMessage(tasks.map(({id, dependencies}) => ({id, dependencies})));
  });
}

function workerUrl(): string {
  const {trustedTypes} = globalThis as {trustedTypes?: TrustedTypes};
  if (!trustedTypes) return WORKER;
  return trustedTypes.createPolicy('layout', {createScriptURL: () => WORKER}).createScriptURL(WORKER);
}
