import {loadView} from '../engine/view.ts';
import {homePaths} from '../milestone/home.ts';
import {graphReport} from '../projections/graph.ts';
import {mermaid} from '../projections/mermaid.ts';
import {graphText} from '../projections/terminal/graph-text.ts';
import {choosePaint} from '../projections/terminal/paint.ts';
import {requireHome} from './home.ts';
import {targetMilestone} from './target.ts';

export interface GraphFlags {
  milestone?: string;
  format?: 'text' | 'mermaid' | 'json';
  json?: boolean;
}

/** `milestone graph`. */
export async function graph(id: string | undefined, flags: GraphFlags): Promise<void> {
  const paths = homePaths(requireHome());
  const {snapshot} = await loadView(paths, targetMilestone(paths, id, flags.milestone));
  const report = graphReport(snapshot);
  if (flags.json || flags.format === 'json') console.log(JSON.stringify({ok: true, graph: report}));
  else if (flags.format === 'mermaid') process.stdout.write(mermaid(report));
  else process.stdout.write(graphText(report, await choosePaint()));
}
