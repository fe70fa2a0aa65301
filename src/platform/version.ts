/** The version in package.json; the bundler puts it in. */
declare const MILESTONE_VERSION: string | undefined;

/** Of this program; tests of parts of it have none. */
export const version: string = typeof MILESTONE_VERSION === 'undefined' ? '0.0.0' : MILESTONE_VERSION;
