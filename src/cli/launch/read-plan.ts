/** What this program is called with, by itself, to read a plan for it. */
export const READ_PLAN = '__read-plan';
