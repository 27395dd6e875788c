/** `anillo node`: one node, or some of its services. */
import { Option } from 'commander';
import { type Declare, gather } from '../command.ts';
import { runService } from '../service-run.ts';
import { VERSION } from '../version.ts';

interface NodeFlags {
  readonly share?: string;
  readonly host?: string;
  readonly advertise?: string;
  readonly port?: string;
  readonly grpcPort?: string;
  readonly data?: string;
  readonly join?: readonly string[];
  readonly services?: string;
  readonly dht?: string;
  readonly label?: readonly string[];
  readonly timing?: readonly string[];
  readonly reserveBytes?: string;
  readonly insecure?: boolean;
}

export const declareNode: Declare = (command, program) => {
  const { say } = program;
  command
    .option('--share <dir>', say('node.share'))
    .option('--host <host>', say('flag.host'))
    .option('--advertise <host>', say('node.advertise'))
    .option('--port <port>', say('node.port'))
    .option('--grpc-port <port>', say('node.grpc-port'))
    .option('--data <dir>', say('node.data'))
    .option('--join <address>', say('node.join'), gather)
    .option('--services <list>', say('node.services'))
    .option('--dht <address>', say('node.dht'))
    .option('--label <pair>', say('node.label'), gather)
    .option('--reserve-bytes <n>', say('node.reserve'))
    .option('--insecure', say('flag.insecure'))
    // For tests and very unusual networks; described in the schema of the configuration.
    .addOption(new Option('--timing <pair>').argParser(gather).hideHelp());
  program.unbuilt(command, '--broker <url>');
  command.action(
    program.act<NodeFlags>(async (context, _, { label, timing, ...flags }) => {
      const { globals, streams, say: sentence } = context;
      // Only this process needs the services: other commands start faster without.
      const { readNodeConfig } = await import('../../node/configuration.ts');
      const { startNode } = await import('../../node/run-node.ts');
      const sources = { file: globals.config, env: streams.environment };
      const portmappers = globals.portmapper;
      const config = readNodeConfig(sources, { ...flags, labels: label, timings: timing, portmappers });
      await runService(context, async (log, signal) => {
        const node = await startNode(config, { log, version: VERSION, signal });
        const { id, addresses } = node;
        const { rest, grpc } = addresses;
        const where = { id: id?.slice(0, 12) ?? '', rest: `http://${rest}`, grpc: grpc ?? config.dht ?? '' };
        return {
          lines: [
            sentence(id === null ? 'node.part-lines' : 'node.lines', { ...where, share: config.share }),
          ],
          document: { id, rest: `http://${rest}`, grpc, share: config.share, services: config.services },
          ready: node.ready,
          failed: node.failed,
          stop: () => node.stop(),
        };
      });
    }, 'own'),
  );
};
