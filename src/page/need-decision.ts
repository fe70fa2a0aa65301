import {type ComponentChildren, createContext} from 'preact';
import type {Need} from '../reports/status-shape.ts';

/** What a person can do beside something that needs him; nothing in a report that is a file, or for who may only read. */
export const DecisionBeside = createContext<((need: Need) => ComponentChildren) | undefined>(undefined);
