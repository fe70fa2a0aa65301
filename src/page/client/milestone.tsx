import type {MilestoneEvent} from '../../events/event.ts';
import type {MorningReport} from '../../reports/morning/report-shape.ts';
import {logLine} from '../../terminal/log-line.ts';
import {plain} from '../../terminal/plain.ts';
import {ReportBody} from '../report-body.tsx';
import {TaskPage} from '../task-name.tsx';
import {shown} from '../text.ts';
import {useAnswer} from './api.ts';
import {Decide} from './decide.tsx';
import {useEvents} from './live.ts';
import {Nav} from './nav.tsx';

/** One milestone: its report, live, and its events. */
export function Milestone({id, decide}: {id: string; decide: boolean}) {
  const {events, version, isConnected} = useEvents(id);
  const {value, failure} = useAnswer<{report: MorningReport}>(`/api/milestones/${id}/report`, version);
  const status = value?.report.milestone.status;
  return (
    <TaskPage.Provider value={task => `/m/${id}/t/${task}`}>
      <Nav isConnected={isConnected} places={[]} />
      {failure !== undefined && <main class="failure">{shown(failure)}</main>}
      {value && (
        <ReportBody report={value.report} lead={decide && status !== undefined && <Rest id={id} status={status} />}>
          <Events events={events} />
        </ReportBody>
      )}
    </TaskPage.Provider>
  );
}

/** Whether it goes on, as a person decides. */
function Rest({id, status}: {id: string; status: MorningReport['milestone']['status']}) {
  if (status !== 'in_progress' && status !== 'paused') return null;
  return <Decide path={`/api/milestones/${id}`} kinds={[status === 'paused' ? 'resume' : 'pause']} />;
}

/** The latest first. */
function Events({events}: {events: readonly MilestoneEvent[]}) {
  if (events.length === 0) return null;
  return (
    <section>
      <h2>Events</h2>
      <ol class="events" reversed>
        {events.toReversed().map(event => (
          <li key={event.seq}>{shown(logLine(event, plain))}</li>
        ))}
      </ol>
    </section>
  );
}
