import {MilestoneError} from '../errors.ts';
import {fileError} from './files.ts';

const CODES = ['ENOSPC', 'EDQUOT', 'EROFS', 'EIO', 'EMFILE', 'ENFILE', 'ENOMEM', 'EAGAIN'];

/**
 * A failure that no step of the program is to blame for, wherever it came up: also while another one was being cleaned
 * up. Any other is returned as it is.
 */
export function asMachineFailure(error: unknown): unknown {
  if (error instanceof MilestoneError || !(error instanceof Error)) return error;
  const {code, syscall = 'go on', path} = error as NodeJS.ErrnoException;
  // Parts of the program are loaded when they are needed.
  if (code === 'MODULE_NOT_FOUND')
    return new MilestoneError('IO_FAILED', 'milestone was updated or removed while it ran: a part of it is gone', {
      hint: '`milestone resume` goes on with the one that is there now',
      cause: error,
    });
  // As the slot that somebody looked around in.
  if (syscall === 'uv_cwd')
    return new MilestoneError('NO_HOME', 'the folder that this is called in is not there any more', {
      hint: 'go to one that is there: `cd`',
      cause: error,
    });
  if (!CODES.includes(code ?? '')) return error;
  return fileError(error, path === undefined ? syscall : `${syscall} \`${path}\``);
}

const PASSING = ['ENOSPC', 'EDQUOT', 'EIO', 'EMFILE', 'ENFILE', 'ENOMEM', 'EAGAIN'];

/** Whether what failed may well succeed once the machine is better, unlike what this user may not do. */
export function isPassingFailure(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const cause = error instanceof MilestoneError ? error.cause : error;
  const code = (cause as NodeJS.ErrnoException | undefined)?.code ?? '';
  return PASSING.includes(code) || (error instanceof MilestoneError && error.code === 'DISK_FULL');
}
