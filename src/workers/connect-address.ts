import {MilestoneError} from '../errors.ts';

const VARIABLE = /\$\{(\w+)\}/g;

/**
 * The address of the workers' database, with its variables filled in.
 * @throws {MilestoneError} `NO_WORKERS` when one of them is not set.
 */
export function connectAddress(written: string, env: Readonly<Record<string, string | undefined>>): string {
  return written.replace(VARIABLE, (_, name: string) => {
    const value = env[name];
    if (value !== undefined && value !== '') return value;
    throw new MilestoneError('NO_WORKERS', `the address of the workers' database needs the variable \`${name}\``, {
      hint: `export ${name}=postgres://user:password@host/database`,
    });
  });
}
