import type {CheckResult} from '../../events/details/checks.ts';
import {spanText} from '../../reports/morning/headline.ts';
import {Scrolled} from '../scrolled.tsx';
import {shown, shownLines} from '../text.ts';

/** What was checked, how it ended, and the end of what a red one printed. */
export function Checks({checks}: {checks: readonly CheckResult[]}) {
  if (checks.length === 0) return <p>nothing was checked</p>;
  return (
    <ul class="checks">
      {checks.map(({name, command, ok, exit_code: code, duration_ms: ms, flaky, output_tail: tail = ''}) => (
        <li key={`${name} ${command}`}>
          <span class={ok ? 'good' : 'bad'}>{ok ? '✔ passed' : '✘ failed'}</span> <code>{shown(command)}</code>{' '}
          <span class="soft">
            {ok ? '' : `exit ${code ?? 'none'}, `}
            {spanText(ms)}
            {flaky ? ', red, then green on the same tree' : ''}
          </span>
          {tail.trim() !== '' && (
            <details open={!ok}>
              <summary>the end of its output</summary>
              <Scrolled name={`Output of ${shown(command)}`} class="tail">
                <pre>{shownLines(tail)}</pre>
              </Scrolled>
            </details>
          )}
        </li>
      ))}
    </ul>
  );
}
