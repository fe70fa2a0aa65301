import type {GraphReport} from '../reports/graph.ts';
import type {ShownStatus} from '../state/task.ts';
import {printable} from './printable.ts';

/** Colours by status, dark text on light ground, so that they read in a dark page as well. */
const STYLES: Record<ShownStatus, string> = {
  pending: 'fill:#eceff1,stroke:#90a4ae,color:#263238',
  in_progress: 'fill:#bbdefb,stroke:#1e88e5,color:#0d2b45',
  kiro_managed: 'fill:#d1c4e9,stroke:#5e35b1,color:#1f1147',
  completed: 'fill:#c8e6c9,stroke:#43a047,color:#10331a',
  failed: 'fill:#ffcdd2,stroke:#e53935,color:#4a0d10',
  blocked: 'fill:#ffe0b2,stroke:#fb8c00,color:#4a2b00',
  skipped: 'fill:#f5f5f5,stroke:#bdbdbd,color:#616161,stroke-dasharray:4',
};

/** A graph as a Mermaid flowchart; valid whatever ids and titles say. */
export function mermaid({tasks}: GraphReport): string {
  // Ids may be words of Mermaid's own (`end`), so nodes get numbers.
  const nodes = new Map(tasks.map(({id}, index) => [id, `t${index + 1}`]));
  const lines = tasks.map(({id, title, status}) => {
    const label = title === id ? escaped(id) : `${escaped(id)}<br/>${escaped(title)}`;
    return `  ${nodes.get(id)}["${label}"]:::${status}`;
  });
  const edges = tasks.flatMap(({id, dependencies}) =>
    dependencies.map(dependency => `  ${nodes.get(dependency)} --> ${nodes.get(id)}`),
  );
  const used = new Set(tasks.map(({status}) => status));
  const styles = [...used].map(status => `  classDef ${status} ${STYLES[status]}`);
  return `${['flowchart TD', ...lines, ...edges, ...styles].join('\n')}\n`;
}

/** Everything but letters, digits, spaces and harmless marks as a numbered entity, which Mermaid shows as it is. */
function escaped(text: string): string {
  return printable(text).replace(/[^\p{L}\p{M}\p{N} .,:/_-]/gu, character => `#${character.codePointAt(0)};`);
}
