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
      <a href="/">all milestones</a>
      {places.map(({href, name}) => (
        <a key={href} href={href}>
          {name}
        </a>
      ))}
      <span class={isConnected ? 'live' : 'live lost'} role="status">
        {isConnected ? '● live' : '○ not connected'}
      </span>
    </nav>
  );
}
