/** Name of the driver of tasks that a person works on: the program waits for them and never starts one. */
export const MANUAL_DRIVER = 'manual';
