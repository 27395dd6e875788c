/** `anillo simulate`: the ring in virtual time, with every checker on. Nothing is asked of the network, nothing is written. */
import { writeFile } from 'node:fs/promises';
import { Option } from 'commander';
import { Problem } from '../../problems/problem.ts';
import type { FromRun, RunSetting } from '../../simulator/run-message.ts';
import { SCENARIO_NAMES, type ScenarioName } from '../../simulator/scenario-names.ts';
import { startWorker } from '../../storage/worker-thread.ts';
import { type Declare, wholeNumber } from '../command.ts';
import type { Context } from '../context.ts';
import { formatNumber } from '../human.ts';
import type { MessageKey } from '../messages/en.ts';
import { ringSvg } from '../ring-svg.ts';
import { printable } from '../text.ts';

interface SimulateFlags {
  readonly nodes: number;
  readonly seed?: number;
  readonly scenario: ScenarioName;
  readonly svg?: string;
}

type Ended = Extract<FromRun, { type: 'ended' }>;

const NODES_DEFAULT = 32;
const NODES_MAX = 100_000;
const SEED_MAX = 2 ** 31 - 1;
const EXIT_FAILED = 1;

export const declareSimulate: Declare = (command, program) => {
  const { say } = program;
  const scenario = new Option('--scenario <name>', say('simulate.scenario')).choices(SCENARIO_NAMES);
  command
    .option('--nodes <n>', say('simulate.nodes'), wholeNumber(1, NODES_MAX), NODES_DEFAULT)
    .option('--seed <s>', say('simulate.seed'), wholeNumber(0, SEED_MAX))
    .addOption(scenario.default('churn'))
    .option('--svg <file>', say('ring.svg'));
  command.action(
    program.act<SimulateFlags>(async (context, _, { svg, ...flags }) => {
      const setting = { ...flags, seed: flags.seed ?? Math.floor(Math.random() * SEED_MAX) };
      const ended = await play(context, setting);
      if (svg !== undefined) await writeFile(svg, ringSvg(svgMembers(ended), context.say));
      const replay = `anillo simulate --scenario ${setting.scenario} --nodes ${setting.nodes} --seed ${setting.seed}`;
      const failed = ended.report.violations.length > 0;
      const document = { ...ended.report, demands: ended.rows, ...(failed ? { replay } : {}) };
      context.output.result(document, () => {
        show(context, ended);
        if (failed) context.output.line(context.say('simulate.replay', { command: replay }));
        if (svg !== undefined) context.output.line(context.say('ring.saved', { file: printable(svg) }));
        context.output.line(context.say('simulate.trace', { hash: ended.report.traceHash }));
      });
      return failed ? EXIT_FAILED : 0;
    }, 'own'),
  );
};

/** The run is a thread of its own, so that a Ctrl-C ends it. @throws Problem `interrupted` */
function play({ output, signal }: Context, setting: RunSetting): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const worker = startWorker(import.meta.url, '../../simulator/run-worker', { workerData: setting });
    const stop = (): void => {
      reject(new Problem('interrupted', {}));
      void worker.terminate();
    };
    signal.addEventListener('abort', stop, { once: true });
    worker.on('message', (message: FromRun) => {
      if (message.type === 'ended') resolve(message);
      else if (!message.line.startsWith('trace ')) output.line(message.line);
    });
    worker.once('error', reject);
    worker.once('exit', (code) => {
      signal.removeEventListener('abort', stop);
      reject(new Problem('internal', { reason: `the run ended with code ${code}` }));
    });
  });
}

function svgMembers({ ring }: Ended): Parameters<typeof ringSvg>[0] {
  return ring.map((member) => ({ ...member, successors: [...member.successors] }));
}

function show({ output, say }: Context, { report, rows }: Ended): void {
  const { language } = say;
  const number = (value: number): string =>
    formatNumber(value, value === 0 || value >= 100 ? 0 : 4, language);
  output.line();
  output.table(
    [
      { title: say('column.measured'), shrinks: true },
      { title: say('column.value'), align: 'right' },
      { title: say('column.demand'), align: 'right' },
      { title: '' },
    ],
    rows
      .filter(({ sample }) => sample > 0)
      .map(({ demand, value, met }) => [
        say(`figure.${demand.of}` as MessageKey) +
          (demand.because === undefined ? '' : ` (${demand.because})`),
        value === null ? '–' : number(value),
        demand.atMost === undefined ? `≥ ${number(demand.atLeast ?? 0)}` : `≤ ${number(demand.atMost)}`,
        met ? say('simulate.met') : say('simulate.missed'),
      ]),
  );
  output.line();
  for (const { atMs, why } of report.breaches)
    output.line(say('simulate.assumptions', { second: formatNumber(atMs / 1_000, 1, language), why }));
  for (const { property, atMs, detail } of report.violations) {
    const second = formatNumber(atMs / 1_000, 1, language);
    output.line(output.style('red', say('simulate.violation', { property, second, detail })));
  }
  const seconds = formatNumber(report.virtualMs / 1_000, 0, language);
  output.line(say('simulate.summary', { n: report.violations.length, seconds, events: report.events }));
}
