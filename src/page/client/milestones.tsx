import type {ListAnswer} from '../answers.ts';
import {shown} from '../text.ts';
import {useAnswer} from './api.ts';
import {useChanges} from './live.ts';
import {Nav} from './nav.tsx';

/** All milestones of the home, live. */
export function Milestones() {
  const {version, isConnected} = useChanges();
  const {value, failure} = useAnswer<ListAnswer>('/api/milestones', version);
  return (
    <>
      <Nav isConnected={isConnected} trail={[]} />
      <main>
        <h1>Milestones</h1>
        {failure !== undefined && <p class="failure">{shown(failure)}</p>}
        {value?.milestones.length === 0 && (
          <p>
            none yet: <code>milestone new</code> begins one
          </p>
        )}
        {value && value.milestones.length > 0 && <Table milestones={value.milestones} />}
        {value?.warnings.map(({message}) => (
          <p key={message} class="failure">
            {shown(message)}
          </p>
        ))}
      </main>
    </>
  );
}

function Table({milestones}: Pick<ListAnswer, 'milestones'>) {
  return (
    <ul class="milestones">
      {milestones.map(({id, title, status, percentage, needs_you: needs}) => (
        <li key={id} class={status}>
          <p class="name">
            <a href={`/m/${id}`}>{shown(title)}</a>
            {title !== id && <code>{shown(id)}</code>}
          </p>
          <p class="state">
            <span class={`mark ${status}`}>{shown(status)}</span>
            {needs > 0 && (
              <span class="mark waiting">{needs === 1 ? '1 thing needs you' : `${needs} things need you`}</span>
            )}
          </p>
          <p class="done">
            <progress max={100} value={percentage} aria-label={`Progress of ${shown(id)}`} />
            <span>{percentage} %</span>
          </p>
        </li>
      ))}
    </ul>
  );
}
