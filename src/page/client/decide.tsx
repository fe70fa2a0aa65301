import {useRef, useState} from 'preact/hooks';
import {shown} from '../text.ts';
import {ask} from './api.ts';

/** What a person can decide, what it is called, and what it wants to be told. */
const KINDS = {
  approve: {name: 'Approve', key: 'comment'},
  reject: {name: 'Reject', key: 'comment', wants: 'a reason'},
  answer: {name: 'Answer', key: 'text', wants: 'an answer'},
  skip: {name: 'Skip', key: 'reason'},
  retry: {name: 'Retry', key: undefined},
  pause: {name: 'Pause', key: undefined},
  resume: {name: 'Resume', key: undefined},
} as const;

export type DecisionKind = keyof typeof KINDS;

interface Props {
  /** Address of what it is about. */
  path: string;
  kinds: readonly DecisionKind[];
  /** What a person can say with it. */
  label?: string;
  /** What it is about, for those who hear a button's name alone. */
  about: string;
  /** Sent along. */
  more?: object;
}

interface Decided {
  answered_by: 'executor' | 'command';
  milestone_id: string;
}

/** Buttons for what a person can decide, and what came of it. */
export function Decide({path, kinds, label, about, more}: Props) {
  const field = useRef<HTMLTextAreaElement>(null);
  const [text, setText] = useState('');
  const [said, setSaid] = useState({text: '', isBad: false});
  const [isBusy, setBusy] = useState(false);
  const isSilent = text.trim() === '';
  const send = async (kind: DecisionKind) => {
    const {name, key, ...rest} = KINDS[kind];
    // What has to be said is asked for where it is to be written.
    if ('wants' in rest && isSilent) {
      setSaid({text: `${name} needs ${rest.wants}: write it first`, isBad: true});
      field.current?.focus();
      return;
    }
    setBusy(true);
    const body = {...more, ...(key !== undefined && !isSilent && {[key]: text})};
    await ask<Decided>(`${path}/${kind}`, body).then(
      answer => {
        setSaid({text: doneText(kind, answer), isBad: false});
        setText('');
      },
      (error: Error) => setSaid({text: error.message, isBad: true}),
    );
    setBusy(false);
  };
  return (
    <div class="decide">
      {label !== undefined && (
        <label>
          {label}
          <textarea ref={field} rows={2} value={text} onInput={event => setText(event.currentTarget.value)} />
        </label>
      )}
      <div class="buttons">
        {kinds.map(kind => (
          <button
            key={kind}
            type="button"
            class={kind}
            aria-label={`${KINDS[kind].name} ${about}`}
            disabled={isBusy}
            onClick={() => void send(kind)}
          >
            {KINDS[kind].name}
          </button>
        ))}
        <span role="status" class={said.isBad ? 'failure' : 'soft'}>
          {shown(said.text)}
        </span>
      </div>
    </div>
  );
}

/** Who goes on with it: an executor that is alive, or nobody yet. */
function doneText(kind: DecisionKind, {answered_by: by, milestone_id: id}: Decided): string {
  const done = `${KINDS[kind].name.toLowerCase()}: done`;
  return by === 'executor' || kind === 'pause' ? done : `${done}; \`milestone resume ${id}\` goes on with it`;
}
