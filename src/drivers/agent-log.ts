// What lies beside the log of an agent's attempt: what it was told, and more while its process lives.

import {appendContent, appendNote, removeAttemptLog, sizeOf} from '../platform/attempt-log.ts';
import {readIfExists, replaceFile} from '../platform/files.ts';

/**
 * Keep what an agent is told, for people to look up; the last prompt of an attempt stays.
 * @throws {MilestoneError} `DISK_FULL`, `READ_ONLY`, `IO_FAILED`.
 */
export function keepAgentPrompt(logFile: string, prompt: string): void {
  replaceFile(promptFileOf(logFile), prompt, {durable: false, mode: 0o600});
}

/** What the agent of an attempt was told, if that is on record. */
export function agentPromptOf(logFile: string): string | undefined {
  return readIfExists(promptFileOf(logFile));
}

function promptFileOf(logFile: string): string {
  return logFile.replace(/\.log$/, '.prompt.md');
}

/** Takes what it prints to stderr. */
export function errorFileOf(logFile: string): string {
  return `${logFile}.stderr`;
}

/** Holds the schema of the result that it is to end with. */
export function schemaFileOf(logFile: string): string {
  return `${logFile}.schema.json`;
}

/**
 * Leave nothing beside the log of a process that has ended, whoever has started it. What it complained of belongs to the
 * log, but after what it said: neither cuts the other's lines.
 * @throws {MilestoneError} `DISK_FULL`, `READ_ONLY`, `IO_FAILED`.
 */
export function closeAgentLog(logFile: string): void {
  const errorFile = errorFileOf(logFile);
  if (sizeOf(errorFile) > 0) {
    appendNote(logFile, 'milestone: printed to stderr:');
    appendContent(logFile, errorFile);
  }
  removeAttemptLog(errorFile);
  removeAttemptLog(schemaFileOf(logFile));
}
