import {test as always, inject} from 'vitest';

/** Skipped where there is no PostgreSQL, which the setup says. */
export const test = inject('postgres') === '' ? always.skip : always;
