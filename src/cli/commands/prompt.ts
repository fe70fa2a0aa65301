import {type Command, Option} from 'commander';
import {KIRO_PHASES} from '../../plan/kiro-plan.ts';
import {TEMPLATE_NAMES} from '../../prompts/prompt-input.ts';

/** `milestone prompt`; what it does is loaded when it is called. */
export function addPrompt(program: Command): void {
  program
    .command('prompt [id] [task]')
    .usage('[options] [id] <task>')
    .description('print what the next attempt of a task is told')
    .option('--milestone <id>', 'the milestone that is meant')
    .addOption(
      new Option('--phase <phase>', 'of a kiro task, in place of the phase that it is in').choices(KIRO_PHASES),
    )
    .addOption(
      new Option('--template <name>', 'print a built-in template, to be changed in .milestones/prompts/').choices(
        TEMPLATE_NAMES,
      ),
    )
    .option('--json', 'answer with one object')
    .action(async (first: string | undefined, second: string | undefined, flags) => {
      const {showPrompt, showTemplate} = await import('./show-prompt.ts');
      const words = [first, second].filter(word => word !== undefined);
      await (flags.template ? showTemplate(flags.template, flags) : showPrompt(words, flags));
    });
}
