import {shown} from '../text.ts';

/** Where one is, and whether the page still hears what happens. */
export function Nav({
  isConnected,
  places,
}: {
  isConnected: boolean;
  places: ReadonlyArray<{href: string; name: string}>;
}) {
  return (
    <nav aria-label="Pages">
      <ol>
        {places.length > 0 && (
          <li>
            <a href="/">all milestones</a>
          </li>
        )}
        {places.map(({href, name}, place) => (
          <li key={href}>
            <a href={href} {...(place === places.length - 1 && {'aria-current': 'page'})}>
              {shown(name)}
            </a>
          </li>
        ))}
      </ol>
      <span class={isConnected ? 'live' : 'live lost'} role="status">
        {isConnected ? '● live' : '○ not connected'}
      </span>
    </nav>
  );
}
