import {expect, test} from 'vitest';
import {chooseDriver} from '../../src/drivers/registry.ts';

const task = {id: 'a', title: 'A'};

test('a task with `run` is for the shell, whatever driver is named', () => {
  expect(chooseDriver({...task, run: 'true', driver: 'claude'}, {driver: 'codex'})).toMatchObject({
    kind: 'driver',
    name: 'shell',
  });
});

test('a task without `run` and without a driver is for a person', () => {
  expect(chooseDriver(task, {})).toEqual({kind: 'manual', name: 'manual'});
  expect(chooseDriver({...task, driver: 'manual'}, {driver: 'claude'})).toEqual({kind: 'manual', name: 'manual'});
});

test('a driver that is not known is missing, with a message that names it', () => {
  expect(chooseDriver(task, {driver: 'claude'})).toMatchObject({
    kind: 'missing',
    name: 'claude',
    outcome: {kind: 'driver_missing', message: expect.stringContaining('`claude`')},
  });
  expect(chooseDriver({...task, driver: 'shell'}, {})).toMatchObject({
    kind: 'missing',
    outcome: {message: 'the driver `shell` needs a command: the task has no `run`'},
  });
});
