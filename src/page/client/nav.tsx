import {shown} from '../text.ts';

/** Where one is, and whether the page still hears what happens. */
export function Nav({isConnected, trail}: {isConnected: boolean; trail: ReadonlyArray<{href: string; name: string}>}) {
  return (
    <nav aria-label="Pages">
      <ol>
        {trail.length > 0 && (
          <li>
            <a href="/">all milestones</a>
          </li>
        )}
        {trail.map(({href, name}, index) => (
          <li key={href}>
            <a href={href} {...(index === trail.length - 1 && {'aria-current': 'page'})}>
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
