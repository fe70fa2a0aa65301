import {expect, test} from 'vitest';
import {blockerDetector} from '../../src/agents/blocker-detector.ts';
import {dependencyValidator} from '../../src/agents/dependency-validator.ts';
import {gitIntegration} from '../../src/agents/git-integration.ts';
import {kiroCoordinator} from '../../src/agents/kiro-coordinator.ts';
import {progressMonitor} from '../../src/agents/progress-monitor.ts';
import {sessionManager} from '../../src/agents/session-manager.ts';
import {taskExecutor} from '../../src/agents/task-executor.ts';
import {EVENT_KINDS} from '../../src/events/event-kind.ts';
import {makeExecution} from '../execution/execution-rig.ts';

function sevenAgents() {
  const {execution} = makeExecution({id: 'a', title: 'A', run: 'true'});
  const world = {pollPlan: async () => true, dependents: async () => []};
  return [
    taskExecutor(execution),
    gitIntegration(execution),
    progressMonitor(execution, world),
    kiroCoordinator(execution),
    dependencyValidator(execution),
    blockerDetector(execution),
    sessionManager(execution, () => 0),
  ];
}

test('each of the seven rests as long as it is said to, unless the settings say otherwise', () => {
  const agents = sevenAgents();
  expect(Object.fromEntries(agents.map(({name, everyMs}) => [name, everyMs / 1_000]))).toEqual({
    'task-executor': Number.POSITIVE_INFINITY,
    'git-integration': 300,
    'progress-monitor': 30,
    'kiro-coordinator': 30,
    'dependency-validator': 60,
    'blocker-detector': 120,
    'session-manager': 30,
  });
});

test('whatever an event is of the kind of, somebody acts on it, but for notes', () => {
  const acted = sevenAgents().flatMap(({wakesOn}) => [...wakesOn]);
  expect(new Set([...acted, 'note'])).toEqual(new Set(Object.values(EVENT_KINDS)));
});
