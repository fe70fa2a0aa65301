import path from 'node:path';
import {closeAgentLog} from '../drivers/agent-log.ts';
import {CHECK_OUTPUT} from '../drivers/run-checks.ts';
import {appendContent, removeAttemptLog} from '../platform/attempt-log.ts';
import {listFolder} from '../platform/files.ts';

/**
 * Put what a killed executor left beside the log of an attempt into it: the output of checks, and what its agent
 * complained of.
 * @throws {MilestoneError} `DISK_FULL`, `READ_ONLY`, `IO_FAILED`.
 */
export function closeLogsBeside(logFile: string): void {
  closeAgentLog(logFile);
  const folder = path.dirname(logFile);
  for (const name of listFolder(folder)) {
    if (!name.startsWith(`${path.basename(logFile)}${CHECK_OUTPUT}`)) continue;
    const output = path.join(folder, name);
    appendContent(logFile, output);
    removeAttemptLog(output);
  }
}
