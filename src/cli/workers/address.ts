import {MilestoneError} from '../../errors.ts';
import {checkedAddress, connectAddress} from '../../workers/connect-address.ts';

const ADDRESS_VARIABLE = 'MILESTONE_WORKERS_URL';

/**
 * Address of the workers' database: as it was given, else as config.yaml has it, else that of the environment.
 * @throws {MilestoneError} `NO_WORKERS`
 */
export function addressOf(given: string | undefined, configured?: string): string {
  const written = given ?? configured;
  if (written !== undefined) return connectAddress(written, process.env);
  const address = process.env[ADDRESS_VARIABLE];
  if (address !== undefined && address !== '') return checkedAddress(address);
  throw new MilestoneError('NO_WORKERS', 'nothing says where the database of the workers is', {
    hint: `give it as --connect postgres://user:password@host/database, or export ${ADDRESS_VARIABLE}`,
  });
}
