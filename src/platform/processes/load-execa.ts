import {loadOnce} from '../load-once.ts';

/** What runs commands: checks, setups, notifications. */
export const loadExeca = loadOnce(() => import('execa'));
