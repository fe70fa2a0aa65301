import type {ComponentChildren} from 'preact';

/** What may be wider than the page: it scrolls by itself, by the keyboard as well. */
export function Wide({name, children}: {name: string; children: ComponentChildren}) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached
    <section class="wide" aria-label={name} tabIndex={0}>
      {children}
    </section>
  );
}
