import {look} from '../../milestone/look.ts';
import {homePaths} from '../../plan/file/home.ts';
import {graphReport} from '../../reports/graph.ts';
import {graphText} from '../../terminal/graph-text.ts';
import {mermaid} from '../../terminal/mermaid.ts';
import {choosePaint} from '../../terminal/paint.ts';
import {requireHome} from '../choose-milestone.ts';
import {targetMilestone} from '../target.ts';

export interface GraphFlags {
  milestone?: string;
  format?: 'text' | 'mermaid' | 'json';
  json?: boolean;
}

/** `milestone graph`. */
export async function graph(id: string | undefined, flags: GraphFlags): Promise<void> {
  const paths = homePaths(requireHome());
  const {snapshot} = await look(paths, targetMilestone(paths, id, flags.milestone));
  const report = graphReport(snapshot);
  if (flags.json || flags.format === 'json') console.log(JSON.stringify({ok: true, graph: report}));
  else if (flags.format === 'mermaid') process.stdout.write(mermaid(report));
  else process.stdout.write(graphText(report, await choosePaint()));
}
