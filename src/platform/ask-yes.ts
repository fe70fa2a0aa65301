import readline from 'node:readline';

/** Whether somebody sits at a terminal and can be asked. */
export function canAsk(): boolean {
  return process.stdin.isTTY === true && process.stdout.isTTY === true;
}

/** Ask a question on the terminal; anything but y or yes, also the end of input, is a no. */
export function askYes(question: string): Promise<boolean> {
  const terminal = readline.createInterface({input: process.stdin, output: process.stdout});
  return new Promise(resolve => {
    terminal.on('close', () => resolve(false));
    terminal.on('SIGINT', () => terminal.close());
    terminal.question(`${question} [y/N] `, answer => {
      resolve(/^y(es)?$/i.test(answer.trim()));
      terminal.close();
    });
  });
}
