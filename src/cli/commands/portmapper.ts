/** `anillo portmapper`: the portmapper alone. */
import type { Declare } from '../command.ts';
import { runService } from '../service-run.ts';
import { VERSION } from '../version.ts';

interface PortmapperFlags {
  readonly host?: string;
  readonly port?: string;
  readonly data?: string;
  readonly insecure?: boolean;
}

export const declarePortmapper: Declare = (command, program) => {
  const { say } = program;
  command
    .option('--host <host>', say('flag.host'))
    .option('--port <port>', say('portmapper.port'))
    .option('--data <dir>', say('portmapper.data'))
    .option('--insecure', say('flag.insecure'));
  program.unbuilt(command, '--page-port <port>');
  command.action(
    program.act<PortmapperFlags>(async (context, _, flags) => {
      // Only this process needs a server: other commands start faster without.
      const { readPortmapperConfig } = await import('../../node/configuration.ts');
      const { startPortmapper } = await import('../../portmapper/portmapper.ts');
      const sources = { file: context.globals.config, env: context.streams.environment };
      const { data, ...listener } = readPortmapperConfig(sources, { ...flags });
      await runService(context, async (log) => {
        const portmapper = await startPortmapper({ ...listener, dataDir: data, version: VERSION, log });
        const url = `http://${portmapper.address}`;
        return {
          lines: [context.say('portmapper.lines', { url, data })],
          document: { portmapper: url, networkId: portmapper.networkId, data },
          ready: Promise.resolve(),
          failed: new Promise<never>(() => {}),
          stop: () => portmapper.stop(),
        };
      });
    }, 'own'),
  );
};
