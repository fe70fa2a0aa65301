import {STAGES} from '../../state/stage-times.ts';

const BAR = 14;

/** Told apart by their pattern, too. */
export function Legend({hasNow, hasCritical}: {hasNow: boolean; hasCritical: boolean}) {
  return (
    <p class="legend">
      {STAGES.map(stage => (
        <span key={stage}>
          <svg width="30" height={BAR} aria-hidden="true">
            <rect x="1" y="1" width="28" height={BAR - 2} class={`stage ${stage}`} />
          </svg>{' '}
          {stage === 'queued' ? 'in the queue' : stage}
        </span>
      ))}
      <span>
        <b class="failure">✘</b> failed, with its cause
      </span>
      <span>
        <svg width="30" height={BAR} aria-hidden="true">
          <line class="retry" x1="1" x2="29" y1="7" y2="7" />
        </svg>{' '}
        ↻ again
      </span>
      {hasCritical && (
        <span>
          <svg width="30" height={BAR} aria-hidden="true">
            <rect class="path" x="1" y="8" width="28" height="3" />
          </svg>{' '}
          critical path
        </span>
      )}
      {hasNow && (
        <span>
          <svg width="12" height={BAR} aria-hidden="true" class="now">
            <line x1="6" x2="6" y1="0" y2={BAR} />
          </svg>{' '}
          now
        </span>
      )}
    </p>
  );
}

export function Patterns() {
  return (
    <defs>
      <pattern id="hatched" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
        <rect width="6" height="6" class="ground checking" />
        <rect width="2" height="6" class="ink" />
      </pattern>
      <pattern id="dotted" width="6" height="6" patternUnits="userSpaceOnUse">
        <rect width="6" height="6" class="ground queued" />
        <circle cx="3" cy="3" r="1.3" class="ink" />
      </pattern>
    </defs>
  );
}
