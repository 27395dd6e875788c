/** `anillo up`: a whole network on this machine, each part its own process. */
import { mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { Problem } from '../../problems/problem.ts';
import { listenProblem } from '../../services/http/listen.ts';
import { ServiceLock } from '../../storage/service-lock.ts';
import { Part } from '../children.ts';
import { type Declare, wholeNumber } from '../command.ts';
import type { Context } from '../context.ts';
import { LogFile } from '../log-file.ts';
import { waitUntilThere, watchNetwork } from '../network-watch.ts';
import { printable } from '../text.ts';

interface UpFlags {
  readonly nodes: number;
  readonly dir: string;
  readonly port: number;
  readonly nodePort: number;
  readonly grpcPort: number;
}

/** What one node of the network is called and where it is. */
interface NodePlan {
  readonly name: string;
  readonly rest: string;
  readonly grpc: string;
  readonly share: string;
  readonly args: readonly string[];
}

const HOST = '127.0.0.1';
const NODES_DEFAULT = 4;
const NODES_MAX = 64;
const PORT_MAX = 65_535;
const LOG_CHECK_INTERVAL_MS = 30_000;

export const declareUp: Declare = (command, program) => {
  const { say } = program;
  const port = wholeNumber(1, PORT_MAX);
  command
    .option('--nodes <n>', say('up.nodes'), wholeNumber(1, NODES_MAX), NODES_DEFAULT)
    .option('--dir <dir>', say('up.dir'), './anillo-data')
    .option('--port <port>', say('up.port'), port, 8000)
    .option('--node-port <port>', say('up.node-port'), port, 5000)
    .option('--grpc-port <port>', say('up.grpc-port'), port, 50_051);
  program.unbuilt(command, '--broker <url>');
  command.action(program.act<UpFlags>(runUp));
};

async function runUp(context: Context, _: readonly string[], flags: UpFlags): Promise<void> {
  const dir = resolve(flags.dir);
  mkdirSync(dir, { recursive: true });
  const lock = takeLock(dir);
  try {
    const plans = planNodes(dir, flags);
    await requireFreePorts(flags);
    await runNetwork(context, dir, flags, plans);
  } finally {
    lock.release();
  }
}

function takeLock(dir: string): ServiceLock {
  try {
    return ServiceLock.take(dir, 'up');
  } catch (error) {
    if (error instanceof Problem && error.code === 'data_in_use')
      throw new Problem('network_in_use', { dir, who: error.details.who ?? '' }, error);
    throw error;
  }
}

function planNodes(dir: string, flags: UpFlags): readonly NodePlan[] {
  return Array.from({ length: flags.nodes }, (_, index) => {
    const name = `node-${index + 1}`;
    const share = join(dir, name, 'shared');
    const port = flags.nodePort + index;
    const grpcPort = flags.grpcPort + index;
    mkdirSync(share, { recursive: true });
    const args = [
      ...['node', '--share', share, '--data', join(dir, name, 'data')],
      ...['--host', HOST, '--port', `${port}`, '--grpc-port', `${grpcPort}`],
      ...['--portmapper', `http://${HOST}:${flags.port}`],
    ];
    return { name, rest: `${HOST}:${port}`, grpc: `${HOST}:${grpcPort}`, share, args };
  });
}

/** Before anything starts. @throws Problem `port_taken`, `usage` */
async function requireFreePorts({ nodes, port, nodePort, grpcPort }: UpFlags): Promise<void> {
  const offsets = Array.from({ length: nodes }, (_, index) => index);
  const ports = [
    port,
    ...offsets.map((index) => nodePort + index),
    ...offsets.map((index) => grpcPort + index),
  ];
  const twice = ports.find((each, index) => ports.indexOf(each) !== index);
  if (twice !== undefined) throw new Problem('port_twice', { port: twice });
  if (ports.some((each) => each > PORT_MAX)) throw new Problem('port_twice', { port: PORT_MAX });
  for (const each of ports) await requireFree(each);
}

function requireFree(port: number): Promise<void> {
  return new Promise((free, taken) => {
    const server = createServer();
    server.once('error', (error) => taken(listenProblem(error, HOST, port)));
    server.listen({ host: HOST, port }, () => server.close(() => free()));
  });
}

async function runNetwork(
  context: Context,
  dir: string,
  flags: UpFlags,
  plans: readonly NodePlan[],
): Promise<void> {
  const { output, say, signal } = context;
  const broken = Promise.withResolvers<never>();
  broken.promise.catch(() => {});
  const logs: LogFile[] = [];
  const part = (name: string, args: readonly string[]): Part => {
    const log = new LogFile(join(dir, 'logs', `${name}.log`));
    log.rotate();
    logs.push(log);
    return new Part({
      name,
      // What a part complains of is said to the person who started the network.
      args: ['--lang', say.language, ...args],
      cwd: dir,
      log,
      onRestart: (ended, how) => output.warn(say('up.restart', { part: ended, how, log: log.path })),
      onGiveUp: (problem) => broken.reject(problem),
    });
  };
  const portmapperArgs = ['portmapper', '--host', HOST, '--port', `${flags.port}`];
  const portmapper = part('portmapper', [...portmapperArgs, '--data', join(dir, 'portmapper')]);
  const nodes = plans.map((plan) => part(plan.name, plan.args));
  const keepBounded = setInterval(() => {
    for (const log of logs) log.bound();
  }, LOG_CHECK_INTERVAL_MS);
  const dieWithParts = (): void => {
    for (const each of [...nodes, portmapper]) each.kill();
  };
  process.once('exit', dieWithParts);
  try {
    output.note(say('up.starting', { n: plans.length, dir: printable(dir) }));
    const portmapperUrl = `http://${HOST}:${flags.port}`;
    const start = async (): Promise<void> => {
      // A node that finds no portmapper does not start.
      portmapper.start();
      await waitUntilThere(context.http, portmapperUrl, signal);
      for (const node of nodes) node.start();
      await watchNetwork(
        context.http,
        portmapperUrl,
        plans.map(({ rest }) => rest),
        signal,
      );
    };
    await Promise.race([start(), broken.promise, aborted(signal)]);
    if (!signal.aborted) announce(context, dir, portmapperUrl, plans);
    await Promise.race([broken.promise, aborted(signal)]);
    output.note(say('up.stopping'));
  } finally {
    clearInterval(keepBounded);
    await Promise.all(nodes.map((node) => node.stop()));
    await portmapper.stop();
    process.off('exit', dieWithParts);
  }
  output.note(say('up.stopped'));
}

function announce(
  { output, say }: Context,
  dir: string,
  portmapper: string,
  plans: readonly NodePlan[],
): void {
  const nodes = plans.map(({ name, rest, grpc, share }) => ({ name, rest: `http://${rest}`, grpc, share }));
  output.result({ ready: true, portmapper, nodes, dir }, () => {
    output.line(`${say('up.portmapper')}  ${portmapper}`);
    for (const { name, rest, grpc, share } of nodes) {
      output.line(`${name}  ${rest}  gRPC ${grpc}  ${printable(share)}`);
    }
    output.line(output.style('green', say('ready')));
    output.note(say('up.hint'));
  });
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((done) => signal.addEventListener('abort', () => done(), { once: true }));
}
