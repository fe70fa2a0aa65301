import type {ComponentChildren, Ref} from 'preact';

interface Props {
  /** What it is, for those who do not see it. */
  name: string;
  class: string;
  box?: Ref<HTMLElement>;
  onScroll?(box: HTMLElement): void;
  children: ComponentChildren;
}

/** What may be longer than the window: it scrolls by itself, by the keyboard as well. */
export function Scrolled({name, class: kind, box, onScroll, children}: Props) {
  return (
    <section
      class={`scrolled ${kind}`}
      aria-label={name}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached
      tabIndex={0}
      {...(box && {ref: box})}
      {...(onScroll && {onScroll: (event: {currentTarget: HTMLElement}) => onScroll(event.currentTarget)})}
    >
      {children}
    </section>
  );
}
