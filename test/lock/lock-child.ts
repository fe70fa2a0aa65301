// A process that takes, holds and gives back locks as it is told on stdin, one answer a line.

import {createInterface} from 'node:readline';
import {MilestoneError} from '../../src/errors.ts';
import {acquireLock, type Lock} from '../../src/lock/lock.ts';
import {systemClock} from '../../src/platform/clock.ts';
import {ownIdentity} from '../../src/platform/processes/identity.ts';

const identity = ownIdentity();
let lock: Lock | undefined;

function take(folder: string): string {
  try {
    lock = acquireLock(folder, {purpose: 'execute', identity, clock: systemClock, sessionId: 'session-child'});
    return `won ${lock.generation}`;
  } catch (error) {
    return error instanceof MilestoneError ? error.code : String(error);
  }
}

function release(): string {
  lock?.release();
  return 'released';
}

for await (const line of createInterface({input: process.stdin})) {
  const [command, folder] = line.split(' ');
  console.log(command === 'take' ? take(folder!) : release());
}
