import type {Server} from 'node:http';
import type {AddressInfo} from 'node:net';
import {createAdaptorServer} from '@hono/node-server';
import {MilestoneError} from '../errors.ts';
import {type WebOptions, webApp} from './app.ts';

export interface Served {
  port: number;
  /** Cuts off whoever still reads. */
  close(): void;
}

/**
 * Answer on this machine's own loopback, where nobody else's machine reaches it.
 * @param port 0: any that is free.
 * @throws {MilestoneError} `USAGE` for a port that cannot be had.
 */
export async function serve(options: WebOptions, port: number): Promise<Served> {
  const server = createAdaptorServer({fetch: webApp(options).fetch}) as Server;
  await new Promise<void>((resolve, reject) => {
    server.once('error', error =>
      reject(
        new MilestoneError('USAGE', `port ${port} cannot be had: ${error.message}`, {
          hint: 'leave `--port` out, and any that is free is taken',
        }),
      ),
    );
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
