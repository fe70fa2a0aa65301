import readline from 'node:readline';

/** Whether somebody sits at a terminal and can be asked. */
export function canAsk(): boolean {
  return process.stdin.isTTY === true && process.stdout.isTTY === true;
}

/** Ask a question on the terminal; anything but y or yes, also the end of input, is a no. Ctrl-C is no answer. */
export function askYes(question: string): Promise<'yes' | 'no' | 'interrupted'> {
  const terminal = readline.createInterface({input: process.stdin, output: process.stdout});
  return new Promise(resolve => {
    terminal.on('close', () => resolve('no'));
    terminal.on('SIGINT', () => {
      resolve('interrupted');
      terminal.close();
    });
    terminal.question(`${question} [y/N] `, answer => {
      resolve(/^y(es)?$/i.test(answer.trim()) ? 'yes' : 'no');
      terminal.close();
    });
  });
}
