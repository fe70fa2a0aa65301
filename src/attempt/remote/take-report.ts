import type {Observation} from '../../drivers/driver.ts';
import type {Ground} from '../../execution/execution.ts';
import {runningTask} from '../../execution/running-task.ts';
import {writeAt} from '../../platform/attempt-log.ts';
import type {Report} from '../../workers/port.ts';
import type {AttemptPlace} from '../../workspace/workspace.ts';

/** Put what a worker lets be seen where it belongs. */
export function takeReport(
  {ledger, surroundings, lifetime}: Pick<Ground, 'ledger' | 'surroundings' | 'lifetime'>,
  place: AttemptPlace,
  report: Report,
  observe: (seen: Observation) => void,
): void {
  if (report.kind === 'printed') {
    try {
      writeAt(surroundings.logFileOf(place), report.offset, Buffer.from(report.text));
    } catch (error) {
      lifetime.fail(error);
    }
    return;
  }
  if (!ledger.isCurrent(place)) return;
  const {stage} = runningTask(ledger.state, place.taskId);
  if (report.kind === 'working' && stage === 'starting')
    ledger.recordSoon({
      event: 'task_working',
      details: {
        task_id: place.taskId,
        attempt: place.attempt,
        pid: report.pid,
        process_started: report.processStarted,
        worker: report.worker,
        ...(report.livesAt && {lives_at: report.livesAt}),
      },
    });
  else if (report.kind === 'observed' && (stage === 'starting' || stage === 'working')) observe(report.observation);
}
