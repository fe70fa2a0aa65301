import type {MilestoneEvent} from '../../events/event.ts';
import type {MorningReport} from '../../reports/morning/report-shape.ts';
import type {Need} from '../../reports/status-shape.ts';
import {logLine} from '../../terminal/events/log-line.ts';
import {plain} from '../../terminal/plain.ts';
import {DecisionBeside} from '../need-decision.ts';
import {ReportBody} from '../report-body.tsx';
import {Scrolled} from '../scrolled.tsx';
import {TaskPage} from '../task-name.tsx';
import {shown} from '../text.ts';
import {useAnswer} from './api.ts';
import {Decide} from './decide.tsx';
import {useEvents} from './live.ts';
import {Nav} from './nav.tsx';
import {NeedDecision} from './needs.tsx';

/** One milestone: its report, live, and its events. */
export function Milestone({id, decide}: {id: string; decide: boolean}) {
  const {events, version, isConnected} = useEvents(id);
  const {value, failure} = useAnswer<{report: MorningReport}>(`/api/milestones/${id}/report`, version);
  const beside = (need: Need) => <NeedDecision id={id} need={need} version={version} />;
  return (
    <TaskPage.Provider value={task => `/m/${id}/t/${task}`}>
      <DecisionBeside.Provider value={decide ? beside : undefined}>
        <Nav isConnected={isConnected} trail={[{href: `/m/${id}`, name: id}]} />
        {failure !== undefined && !value && (
          <main>
            <h1>{shown(id)}</h1>
            <p class="failure">{shown(failure)}</p>
          </main>
        )}
        {value && (
          <ReportBody report={value.report} lead={decide && <Rest id={id} report={value.report} />}>
            <Events events={events} />
          </ReportBody>
        )}
      </DecisionBeside.Provider>
    </TaskPage.Provider>
  );
}

/** Whether it goes on, as a person decides; what is said of it under what needs him has its button there. */
function Rest({id, report: {milestone, needs_you: needs}}: {id: string; report: MorningReport}) {
  const {status} = milestone;
  if (status === 'in_progress') return <Decide path={`/api/milestones/${id}`} kinds={['pause']} about={shown(id)} />;
  if (status !== 'paused' || needs.some(({kind}) => kind === 'paused')) return null;
  return <Decide path={`/api/milestones/${id}`} kinds={['resume']} about={shown(id)} />;
}

/** The latest first. */
function Events({events}: {events: readonly MilestoneEvent[]}) {
  if (events.length === 0) return null;
  return (
    <section>
      <h2>Events</h2>
      <Scrolled name="Events, the latest first" class="happened">
        <ol class="events" reversed>
          {events.toReversed().map(event => (
            <li key={event.seq}>{shown(logLine(event, plain))}</li>
          ))}
        </ol>
      </Scrolled>
    </section>
  );
}
