// What happens, as it happens. The line to the server may be lost at any time: by a server that ends, a network that
// changes, a machine that sleeps. It is taken up again behind the last event that was heard:
//
//   L1. By the browser where it notices, and by us where it does not: a server that is silent for longer than its
//       beats, a machine that wakes up, a page that is looked at again, a line that the browser has given up.
//   L2. A page that nobody looks at has none: a browser has but a few for one server, for all its pages together.

import {useEffect, useState} from 'preact/hooks';
import type {MilestoneEvent} from '../../events/event.ts';

/** Events that are kept to be shown. */
const MOST = 100;
/** So that a burst of events is one change of the page. */
const GATHER_MS = 300;
/** What runs gets older without an event. */
const TICK_MS = 5_000;
/** The server is heard every ten seconds. */
const SILENT_MS = 25_000;
const POLL_MS = 1_000;

export interface Live {
  events: MilestoneEvent[];
  /** Another one whenever there may be something new. */
  version: number;
  isConnected: boolean;
}

/** The events of a milestone as they come. */
export function useEvents(id: string): Live {
  const [live, setLive] = useState<Live>({events: [], version: 0, isConnected: false});
  useEffect(() => {
    let gathered: MilestoneEvent[] = [];
    let timer: number | undefined;
    let last: number | undefined;
    const show = () => {
      timer = undefined;
      const fresh = gathered;
      gathered = [];
      setLive(({events, version, ...rest}) => ({
        ...rest,
        // A log that begins anew is another one.
        events: [...(fresh[0]?.seq === 1 ? [] : events), ...fresh].slice(-MOST),
        version: version + 1,
      }));
    };
    const close = openLine({
      address: () => `/api/milestones/${id}/events${last === undefined ? '' : `?after=${last}`}`,
      hear: data => {
        const event = JSON.parse(data) as MilestoneEvent;
        if (event.seq === last) return;
        last = event.seq;
        gathered.push(event);
        timer ??= window.setTimeout(show, GATHER_MS);
      },
      tell: isConnected => setLive(live => ({...live, isConnected})),
    });
    return () => {
      close();
      window.clearTimeout(timer);
    };
  }, [id]);
  return {...live, version: live.version + useTicks()};
}

/** That something about any milestone may have changed. */
export function useChanges(): Omit<Live, 'events'> {
  const [live, setLive] = useState({version: 0, isConnected: false});
  useEffect(
    () =>
      openLine({
        address: () => '/api/events',
        hear: () => setLive(({version, ...rest}) => ({...rest, version: version + 1})),
        tell: isConnected => setLive(live => ({...live, isConnected})),
      }),
    [],
  );
  return live;
}

interface Line {
  /** Where it is taken up. */
  address(): string;
  hear(data: string): void;
  tell(isConnected: boolean): void;
}

/** Keep a line open while somebody looks. @returns What closes it. */
function openLine({address, hear, tell}: Line): () => void {
  let source: EventSource | undefined;
  let heardAt = 0;
  const close = () => {
    source?.close();
    source = undefined;
  };
  const open = () => {
    close();
    const line = new EventSource(address());
    source = line;
    heardAt = Date.now();
    const isHeard = () => {
      heardAt = Date.now();
    };
    line.onopen = () => tell(true);
    line.onerror = () => tell(false);
    line.onmessage = ({data}) => {
      isHeard();
      hear(data);
    };
    line.addEventListener('beat', isHeard);
  };
  const poll = () => {
    if (document.hidden) {
      if (source) tell(false);
      return close();
    }
    const isDead = !source || source.readyState === EventSource.CLOSED || Date.now() - heardAt > SILENT_MS;
    if (isDead && (!source || Date.now() - heardAt > POLL_MS)) open();
  };
  poll();
  const timer = window.setInterval(poll, POLL_MS);
  const occasions = [
    [document, 'visibilitychange'],
    [document, 'resume'],
    [window, 'pageshow'],
    [window, 'online'],
  ] as const;
  for (const [target, name] of occasions) target.addEventListener(name, poll);
  return () => {
    close();
    window.clearInterval(timer);
    for (const [target, name] of occasions) target.removeEventListener(name, poll);
  };
}

/** Counts while somebody looks. */
function useTicks(): number {
  const [ticks, setTicks] = useState(0);
  useEffect(() => {
    const timer = window.setInterval(() => document.hidden || setTicks(count => count + 1), TICK_MS);
    return () => window.clearInterval(timer);
  }, []);
  return ticks;
}
