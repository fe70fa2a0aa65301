import {execFileSync} from 'node:child_process';

/** Path of a Node that workers run on: this one, or one that npm brings. */
export function findNode22() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 22 || (major === 22 && minor >= 18)) return process.execPath;
  const args = ['--yes', '-p', 'node@22', '-c', 'node -p process.execPath'];
  return execFileSync('npx', args, {encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit']}).trim();
}
