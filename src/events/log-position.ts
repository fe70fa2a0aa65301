/** A place between two lines: everything up to `offset` bytes has been read, and `seq` was the last event there. */
export interface LogPosition {
  offset: number;
  seq: number;
}

export const LOG_START: LogPosition = {offset: 0, seq: 0};
