/** Which network a node belongs to: for one that has none yet, before it joins. */
import { credentials, Metadata } from '@grpc/grpc-js';
import { type HelloResponse, RingServiceClient } from '../../generated/anillo/ring/v1/ring.ts';
import { fromServiceError } from './grpc-problems.ts';
import { checkVersion, makeHello, networkOf } from './hello.ts';
import { CHANNEL_OPTIONS } from './peer-channel.ts';

/**
 * @param address `host:port` of a DHT service
 * @param signal ends the asking
 * @returns the network id, 64 hexadecimal digits
 * @throws Problem `unreachable`, `deadline`, `other_version`
 */
export async function askNetwork(address: string, timeoutMs: number, signal: AbortSignal): Promise<string> {
  const client = new RingServiceClient(address, credentials.createInsecure(), CHANNEL_OPTIONS);
  try {
    const options = { deadline: Date.now() + timeoutMs };
    const response = await new Promise<HelloResponse>((resolve, reject) => {
      const call = client.hello(makeHello('', undefined), new Metadata(), options, (error, answer) => {
        if (error === null) resolve(answer);
        else reject(fromServiceError(error, { what: 'the.node', address, timeoutMs }));
      });
      signal.addEventListener('abort', () => call.cancel(), { once: true });
    });
    checkVersion(response, address);
    return networkOf(response);
  } finally {
    client.close();
  }
}
