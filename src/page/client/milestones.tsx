import type {ListAnswer} from '../answers.ts';
import {shown} from '../text.ts';
import {useAnswer} from './api.ts';
import {useTicks} from './live.ts';

/** All milestones of the home. */
export function Milestones() {
  const {value, failure} = useAnswer<ListAnswer>('/api/milestones', useTicks());
  return (
    <main>
      <h1>Milestones</h1>
      {failure !== undefined && <p class="failure">{shown(failure)}</p>}
      {value?.milestones.length === 0 && <p>none yet</p>}
      {value && value.milestones.length > 0 && <Table milestones={value.milestones} />}
      {value?.warnings.map(({message}) => (
        <p key={message} class="failure">
          {shown(message)}
        </p>
      ))}
    </main>
  );
}

function Table({milestones}: Pick<ListAnswer, 'milestones'>) {
  return (
    <div class="narrow">
      <table>
        <thead>
          <tr>
            <th>milestone</th>
            <th>status</th>
            <th class="number">progress</th>
            <th>needs you</th>
          </tr>
        </thead>
        <tbody>
          {milestones.map(({id, title, status, percentage, needs_you: needs}) => (
            <tr key={id}>
              <th scope="row">
                <a href={`/m/${id}`}>
                  <code>{shown(id)}</code>
                </a>
                {title !== id && <span class="title">{shown(title)}</span>}
              </th>
              <td>
                <span class={`mark ${status}`}>{status}</span>
              </td>
              <td class="number">{percentage} %</td>
              <td>{needs === 0 ? '–' : needs}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
