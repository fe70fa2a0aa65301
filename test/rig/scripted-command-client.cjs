// What a scripted command's `run:` starts: says on a socket that it runs, then does what the test says, line by line.
'use strict';
const fs = require('node:fs');
const net = require('node:net');

const [socketPath, name, ignored] = process.argv.slice(2);
const socket = net.connect(socketPath);
const say = message => socket.write(`${JSON.stringify(message)}\n`);

for (const signal of ignored ? ignored.split(',') : []) process.on(signal, () => say({signal}));

socket.once('connect', () => say({name, pid: process.pid, cwd: process.cwd(), env: process.env}));
// The test is over, or its process died: nobody will ever say what to do.
socket.once('error', () => process.exit(97));
socket.once('close', () => process.exit(97));

let received = '';
socket.setEncoding('utf8').on('data', text => {
  const lines = (received + text).split('\n');
  received = lines.pop();
  for (const line of lines) obey(JSON.parse(line));
});

function obey({write, to, exit}) {
  if (exit !== undefined) process.exit(exit);
  for (let rest = Buffer.from(write, 'base64'); rest.length > 0; ) rest = rest.subarray(writeSome(to, rest));
  say({written: true});
}

function writeSome(fd, data) {
  try {
    return fs.writeSync(fd, data);
  } catch (error) {
    if (error.code === 'EAGAIN') return 0;
    throw error;
  }
}
