/** The version in package.json; the bundler puts it in. */
declare const MILESTONE_VERSION: string;

export const VERSION_FLAGS = ['--version', '-V'];

export function readVersion(): string {
  return MILESTONE_VERSION;
}

export function printVersion(): void {
  process.stdout.write(`${MILESTONE_VERSION}\n`);
}
