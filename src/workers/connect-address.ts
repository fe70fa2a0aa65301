import {MilestoneError} from '../errors.ts';

const VARIABLE = /\$\{(\w+)\}/g;
/** No attempt sees what is called like this. */
const HIDDEN = 'MILESTONE_WORKERS_';

/**
 * The address of the workers' database, with its variables filled in.
 * @throws {MilestoneError} `NO_WORKERS` when one of them is not set, or attempts would see it, or it is no address.
 */
export function connectAddress(written: string, env: Readonly<Record<string, string | undefined>>): string {
  return checkedAddress(fillIn(written, env));
}

/** @throws {MilestoneError} `NO_WORKERS`, without the address: it may have a password in it. */
export function checkedAddress(address: string): string {
  if (IS_ADDRESS.test(address)) return address;
  throw new MilestoneError('NO_WORKERS', "the address of the workers' database is none of PostgreSQL", {
    hint: 'it looks like postgres://user:password@host/database',
  });
}

/** Of a server, or of a socket. */
const IS_ADDRESS = /^(?:postgres(?:ql)?|socket):\/|^\//;

function fillIn(written: string, env: Readonly<Record<string, string | undefined>>): string {
  return written.replace(VARIABLE, (_, name: string) => {
    if (!name.startsWith(HIDDEN))
      throw new MilestoneError(
        'NO_WORKERS',
        `the address of the workers' database may not use the variable \`${name}\`, which attempts see`,
        {
          hint: `call it ${HIDDEN}URL: variables that begin so are kept from attempts`,
        },
      );
    const value = env[name];
    if (value !== undefined && value !== '') return value;
    throw new MilestoneError('NO_WORKERS', `the address of the workers' database needs the variable \`${name}\``, {
      hint: `export ${name}=postgres://user:password@host/database`,
    });
  });
}
