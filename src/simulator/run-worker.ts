/** A run in a thread of its own: it never waits, and whoever started it must hear a Ctrl-C all the same. */
import { parentPort, workerData } from 'node:worker_threads';
import { ringAtEnd } from './ring-at-end.ts';
import { Run } from './run.ts';
import type { FromRun, RunSetting } from './run-message.ts';
import { measure } from './scenario.ts';
import { scenarioNamed } from './scenarios.ts';

const { scenario: name, nodes, seed } = workerData as RunSetting;
const say = (message: FromRun): void => parentPort?.postMessage(message);
const scenario = scenarioNamed(name);
const run = new Run(scenario, { seed, nodes, print: (line) => say({ type: 'line', line }) });
const report = run.play();
say({ type: 'ended', report, rows: measure(scenario, [report]), ring: ringAtEnd(run.world.nodes) });
