import type {TestProject} from 'vitest/node';
import {findNode22} from './node-22.js';
import {findPostgres, Postgres} from './postgres.ts';

/** One server for all tests, each of which has a database of its own; and a Node that workers run on. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const programs = findPostgres();
  if (programs === undefined) {
    console.log('skipped: the tests of workers need PostgreSQL (Debian: `apt-get install postgresql`)');
    for (const name of ['postgres', 'postgresPrograms', 'node22'] as const) project.provide(name, '');
    return async () => {};
  }
  const postgres = await Postgres.start();
  project.provide('postgres', postgres.url);
  project.provide('postgresPrograms', programs);
  project.provide('node22', findNode22());
  return () => postgres[Symbol.asyncDispose]();
}
