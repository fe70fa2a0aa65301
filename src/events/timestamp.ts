/** ISO 8601 in UTC with milliseconds. */
export type Timestamp = string;
