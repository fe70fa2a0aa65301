import {useState} from 'preact/hooks';
import {shown} from '../text.ts';
import {ask} from './api.ts';

/** What each of them wants to be told. */
const WORDS = {
  approve: {key: 'comment', label: 'comment', isNeeded: false},
  reject: {key: 'comment', label: 'why: the next attempt reads it', isNeeded: true},
  answer: {key: 'text', label: 'answer', isNeeded: true},
  skip: {key: 'reason', label: 'reason', isNeeded: false},
  retry: undefined,
  pause: undefined,
  resume: undefined,
} as const;

interface Props {
  /** Address of what it is about. */
  path: string;
  kinds: ReadonlyArray<keyof typeof WORDS>;
  /** Sent along. */
  more?: object;
}

/** Buttons for what a person can decide, and what came of it. */
export function Decide({path, kinds, more}: Props) {
  const [text, setText] = useState('');
  const [said, setSaid] = useState('');
  const [isBusy, setBusy] = useState(false);
  const words = kinds.map(kind => WORDS[kind]).find(Boolean);
  const send = async (kind: Props['kinds'][number]) => {
    setBusy(true);
    const key = WORDS[kind]?.key;
    const body = {...more, ...(key !== undefined && text !== '' && {[key]: text})};
    const sent = await ask(`${path}/${kind}`, body).then(
      () => ({said: `${kind}: done`, text: ''}),
      (error: Error) => ({said: error.message, text}),
    );
    setSaid(sent.said);
    setText(sent.text);
    setBusy(false);
  };
  return (
    <div class="decide">
      {words && (
        <textarea
          aria-label={words.label}
          placeholder={words.label}
          value={text}
          onInput={event => setText(event.currentTarget.value)}
        />
      )}
      {kinds.map(kind => (
        <button
          key={kind}
          type="button"
          disabled={isBusy || (WORDS[kind]?.isNeeded && text.trim() === '')}
          onClick={() => void send(kind)}
        >
          {kind}
        </button>
      ))}
      <span role="status">{shown(said)}</span>
    </div>
  );
}
