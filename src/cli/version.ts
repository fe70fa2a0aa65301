/** The version in package.json; the bundler puts it in. */
declare const MILESTONE_VERSION: string;

export const version: string = MILESTONE_VERSION;
