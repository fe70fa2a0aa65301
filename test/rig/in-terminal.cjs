// Runs a program in a terminal of its own: in-terminal.cjs <columns> <rows> <program> [arguments]
// What the program shows goes to stdout, and stdin is typed into the terminal, which closes when stdin ends.
// A line `\x1b[8;<rows>;<columns>t` in stdin gives it another size. Exits as the program does, with 128 + n after a signal.
//
// The terminal is made by `script` (util-linux): ended, it closes it. How the program ends is told by who leads the
// session in it, this file again, because `script` is gone by then.

const {spawn, spawnSync} = require('node:child_process');
const {constants} = require('node:os');

const REPORTS = 3;
const LEAD = '--lead';

if (process.argv[2] === LEAD) lead(process.argv.slice(3));
else show(process.argv[2], process.argv[3], process.argv.slice(4));

/** In the terminal. */
function lead([columns, rows, file, ...args]) {
  const fs = require('node:fs');
  spawnSync('stty', ['rows', rows, 'cols', columns], {stdio: 'inherit'});
  const program = spawn(file, args, {stdio: 'inherit'});
  fs.writeSync(REPORTS, `${fs.readlinkSync('/proc/self/fd/0')}\n`);
  process.on('SIGINT', () => {}); // typed to the program
  process.on('SIGHUP', () => program.kill('SIGHUP'));
  program.on('exit', (code, signal) => {
    fs.writeSync(REPORTS, `${code ?? 128 + constants.signals[signal]}\n`);
    process.kill(process.pid, 'SIGKILL'); // the terminal may be gone
  });
}

/** Outside of it. */
function show(columns, rows, words) {
  const command = [process.execPath, __filename, LEAD, columns, rows, ...words].map(quote).join(' ');
  const script = spawn('script', ['--quiet', '--echo', 'always', '--command', `exec ${command}`, '/dev/null'], {
    stdio: ['pipe', 'inherit', 'inherit', 'pipe'],
    env: {...process.env, SHELL: '/bin/sh'},
  });
  let reported = '';
  script.stdio[REPORTS].on('data', data => {
    reported += data;
  });
  script.stdin.on('error', () => {}); // it has ended
  process.stdin.on('data', data => {
    const [, newRows, newColumns] = /^\x1b\[8;(\d+);(\d+)t$/.exec(data.toString('latin1')) ?? [];
    if (newRows === undefined) script.stdin.write(data);
    else spawnSync('stty', ['-F', reported.split('\n')[0], 'rows', newRows, 'cols', newColumns]);
  });
  process.stdin.on('end', () => script.kill('SIGKILL'));
  script.on('close', () => process.exit(Number(reported.split('\n')[1])));
}

function quote(word) {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
