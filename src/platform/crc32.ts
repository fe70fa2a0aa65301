import {createRequire} from 'node:module';
import type zlib from 'node:zlib';

let load: typeof zlib.crc32 | undefined;

/** The checksum of `node:zlib`, which takes longer to load than a short command takes to run: loaded when it is needed. */
export function crc32(data: string | Uint8Array): number {
  load ??= (createRequire(import.meta.url)('node:zlib') as typeof zlib).crc32;
  return load(data);
}
