import {shown} from './text.ts';

/** What a page is about: how it stands, its id and its title. */
export function Heading({status, id, title}: {status: string; id: string; title: string}) {
  return (
    <>
      <p class="status">
        <span class={`mark ${status}`}>{status}</span> <code>{shown(id)}</code>
      </p>
      <h1>{shown(title)}</h1>
    </>
  );
}

/** A fact with its name; undefined where there is none. */
export type Fact = readonly [name: string, value: string | undefined];

export function Facts({facts, isSmall = false}: {facts: readonly Fact[]; isSmall?: boolean}) {
  return (
    <dl class={isSmall ? 'facts small' : 'facts'}>
      {facts.map(
        ([name, value]) =>
          value !== undefined && (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{shown(value)}</dd>
            </div>
          ),
      )}
    </dl>
  );
}
