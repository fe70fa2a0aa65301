import {useEffect, useState} from 'preact/hooks';
import type {MilestoneEvent} from '../../events/event.ts';

/** Events that are kept to be shown. */
const MOST = 100;
/** So that a burst of events is one change of the page. */
const GATHER_MS = 300;
/** What runs gets older without an event. */
const TICK_MS = 5_000;

export interface Live {
  events: MilestoneEvent[];
  /** Another one whenever there may be something new. */
  version: number;
  isConnected: boolean;
}

/** The events of a milestone as they come; a line that is lost is taken up again where it was. */
export function useEvents(id: string): Live {
  const [live, setLive] = useState<Live>({events: [], version: 0, isConnected: false});
  useEffect(() => {
    const source = new EventSource(`/api/milestones/${id}/events`);
    let gathered: MilestoneEvent[] = [];
    let timer: number | undefined;
    const show = () => {
      timer = undefined;
      const fresh = gathered;
      gathered = [];
      setLive(({events, version, ...rest}) => ({
        ...rest,
        events: [...events, ...fresh.filter(({seq}) => seq > (events.at(-1)?.seq ?? 0))].slice(-MOST),
        version: version + 1,
      }));
    };
    source.onmessage = ({data}) => {
      gathered.push(JSON.parse(data));
      timer ??= window.setTimeout(show, GATHER_MS);
    };
    source.onopen = () => setLive(live => ({...live, isConnected: true}));
    source.onerror = () => setLive(live => ({...live, isConnected: false}));
    return () => {
      source.close();
      window.clearTimeout(timer);
    };
  }, [id]);
  return {...live, version: live.version + useTicks()};
}

/** Counts while somebody looks. */
export function useTicks(): number {
  const [ticks, setTicks] = useState(0);
  useEffect(() => {
    const timer = window.setInterval(() => document.hidden || setTicks(count => count + 1), TICK_MS);
    return () => window.clearInterval(timer);
  }, []);
  return ticks;
}
