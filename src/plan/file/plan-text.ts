// A plan as the text of a file. Loads `yaml`.

import {stringify} from 'yaml';
import type {Plan} from '../plan.ts';

/** The text of a file that, when it is read, says just this plan and nothing of its state. */
export function planText({id, title, description, success_criteria, requires, ...plan}: Plan): string {
  const {settings, kiro_configuration, tasks} = plan;
  const file = {
    id,
    title,
    description,
    success_criteria,
    dependencies: requires.length > 0 ? {requires} : undefined,
    settings: Object.keys(settings).length > 0 ? settings : undefined,
    kiro_configuration,
    tasks,
  };
  return stringify(file, {version: '1.2', aliasDuplicateObjects: false, lineWidth: 0});
}
