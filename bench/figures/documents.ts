/** The report of the ring as files: a page with the demands and results, and its plots. Made of what was measured alone. */
import type { LongPart } from './long-tier.ts';
import { numberText, shareText } from './number-text.ts';
import { plots } from './plots.ts';
import { type MeasureSummary, pooledOver, type Summary, verdictOf } from './summary.ts';
import { table } from './table.ts';
import { demandOf, type Measure, type Workload } from './workload.ts';
import { WORKLOADS } from './workloads.ts';

export interface Report {
  readonly machine: string;
  readonly summaries: readonly Summary[];
  /** What the long tier measured. */
  readonly elsewhere: readonly LongPart[];
}

const PAGE = 'ring.md';

/** File names in docs/figures, and what they hold. */
export function documents(report: Report): Map<string, string> {
  const pictures = plots(report.summaries);
  const files = new Map(pictures.map(({ file, svg }) => [file, svg]));
  files.set(PAGE, page(report, pictures));
  return files;
}

function page({ machine, summaries, elsewhere }: Report, pictures: ReturnType<typeof plots>): string {
  const known = Object.entries(WORKLOADS).map(([name, workload]) => ({
    name,
    workload,
    summaries: summaries.filter((each) => each.workload === name),
  }));
  const rows = known.flatMap((each) => demandRows(each.workload, each.summaries));
  const sections = known.map(({ name, workload, summaries: own }) => {
    const images = pictures.filter(({ of }) => of === name).map(({ file, alt }) => `![${alt}](${file})\n`);
    return section(name, workload, own, images);
  });
  return `${[
    '# The ring in figures\n',
    `Every workload of the ring's design, what is demanded of it and what it gave. ${machine}.`,
    'The command: `npm run figures`, which goes on where it stopped and measures only what the code as it is has not given yet;',
    '`npm run figures -- --quick` takes minutes. Seeds are 1, 2, 3 and so on; one of them alone:',
    '`node bench/figures/part.ts WORKLOAD NODES SEED`. What the words and numbers mean stands in [docs/ring.md](../ring.md).\n',
    'Bounds are 95 %: of shares by Wilson, 3/n where nothing of n happened; of means and ratios by Student over seeds. Lookups of one seed',
    'are not independent of one another, so the bounds of shares are the least that can be said. `every` is the worst of all',
    'seeds. *Met, bound not yet*: the figure meets the demand, its bound does not, for want of samples; *open*: the figure',
    'misses the demand, and its bounds hold it. A share that is demanded alike at several sizes has one row, of all its',
    'events, and another for each size that misses by itself. In rings of more than 200 nodes the invariants of the whole',
    'ring are checked after every N/4 changes, those of one list at each; up to 200 all of them at each.\n',
    '## Demand and result\n',
    table(['workload', 'nodes', 'measure', 'demand', 'result', '95 % bounds', 'sample', ''], rows),
    longTier(elsewhere),
    ...sections,
  ].join('\n')}`;
}

/** Real processes, and what takes hours in one piece. */
function longTier(parts: readonly LongPart[]): string {
  const rows = parts.map(({ name, claim, outcome, run, figures }) => [
    `\`${name}\``,
    claim,
    outcome === 'held' ? outcome : `**${outcome}**`,
    figures.map(([figure, value]) => `${figure} ${value}`).join(', '),
    run,
  ]);
  const words =
    'Measured by `npm run test:long` ([long-tier.md](long-tier.md)), with real processes or in one piece:\n';
  return `## In the long tier\n\n${words}\n${table(['part', 'claim', '', 'figures', 'run'], rows)}`;
}

function demandRows(workload: Workload, summaries: readonly Summary[]): string[][] {
  if (summaries.length === 0) return [[workload.title, '', '', '', '', '', '', '**not run**']];
  return Object.entries(workload.measures).flatMap(([name, measure]) => {
    if (measure.demand === undefined) return [];
    const taken = summaries.filter(
      ({ nodes, measures }) => measures[name] !== undefined && demandOf(measure, nodes) !== null,
    );
    const last = (taken.at(-1) ?? summaries.at(-1)) as Summary;
    if (taken.length === 0) return [[workload.title, '', ...cells(measure, last, undefined)]];
    return sharesOneDemand(measure, taken) && taken.length > 1
      ? rowsOverSizes(workload, name, measure, taken)
      : taken.map((summary) => rowOf(workload, measure, summary, summary.measures[name]));
  });
}

/** Events of all sizes are of one kind: what is demanded of their share is the same at each. */
function sharesOneDemand(measure: Measure, summaries: readonly Summary[]): boolean {
  const demands = new Set(summaries.map(({ nodes }) => JSON.stringify(demandOf(measure, nodes))));
  return measure.kind === 'share' && demands.size === 1;
}

/** One row for all sizes, which has the samples that small shares need, and one for each size that misses by itself. */
function rowsOverSizes(
  workload: Workload,
  name: string,
  measure: Measure,
  summaries: readonly Summary[],
): string[][] {
  const of = ({ measures }: Summary): MeasureSummary => measures[name] as MeasureSummary;
  const [first, last] = [summaries[0] as Summary, summaries.at(-1) as Summary];
  const sizes = `${numberText(first.nodes)} to ${numberText(last.nodes)}`;
  const all = [workload.title, sizes, ...cells(measure, last, pooledOver(summaries.map(of)))];
  const missed = summaries.filter((each) => verdictOf(measure, each.nodes, of(each)) === 'missed');
  return [all, ...missed.map((each) => rowOf(workload, measure, each, of(each)))];
}

function rowOf(
  { title }: Workload,
  measure: Measure,
  summary: Summary,
  found: MeasureSummary | undefined,
): string[] {
  return [title, numberText(summary.nodes), ...cells(measure, summary, found)];
}

/** Measure, demand, result, bounds, sample, verdict. */
function cells(measure: Measure, { nodes }: Summary, found: MeasureSummary | undefined): string[] {
  const demand = demandOf(measure, nodes);
  const write = (value: number | null): string => valueText(measure, value);
  const { name } = measure;
  const asked =
    demand === null ? '' : 'atMost' in demand ? `≤ ${write(demand.atMost)}` : `≥ ${write(demand.atLeast)}`;
  if (found === undefined) return [name, asked, '–', '', '', '**not measured**'];
  const { value, low, high, counted, seeds } = found;
  const bounds = low === null || high === null ? '' : `${write(low)} to ${write(high)}`;
  const sample =
    counted === undefined ? seedsText(seeds) : `${numberText(counted.events)} of ${numberText(counted.of)}`;
  const verdict = verdictOf(measure, nodes, found);
  return [name, asked, write(value), bounds, sample, verdict === 'missed' ? '**missed**' : (verdict ?? '')];
}

function valueText({ kind, unit }: Measure, value: number | null): string {
  if (value === null) return 'never';
  if (kind === 'share') return shareText(value);
  return unit === undefined ? numberText(value) : `${numberText(value)} ${unit}`;
}

function seedsText(count: number): string {
  return count === 1 ? '1 seed' : `${numberText(count)} seeds`;
}

function section(
  name: string,
  workload: Workload,
  summaries: readonly Summary[],
  images: readonly string[],
): string {
  const parts = summaries.map((summary) => {
    const { nodes, seeds, date, commit, seconds, broken } = summary;
    const rows = Object.entries(workload.measures)
      .filter(([measure]) => summary.measures[measure] !== undefined)
      .map(([measure, each]) => cells(each, summary, summary.measures[measure]));
    const run = `Seeds ${seedList(seeds)} on ${date} at commit \`${commit}\`, ${numberText(seconds)} s of one core.`;
    const list = broken.map((each) => `- broken: ${each}\n`).join('');
    const head = ['measure', 'demand', 'result', '95 % bounds', 'sample', ''];
    return `### ${numberText(nodes)} nodes\n\n${run}\n\n${table(head, rows)}${list === '' ? '' : `\n${list}`}`;
  });
  const missed = reasonsOf(workload, summaries);
  const body = summaries.length === 0 ? ['Not run.\n'] : [...missed, ...images, ...parts];
  return `## ${workload.title}\n\n\`${name}\`: ${workload.what}\n\n${body.join('\n')}`;
}

/** Of what is missed now. */
function reasonsOf(workload: Workload, summaries: readonly Summary[]): string[] {
  return Object.entries(workload.measures).flatMap(([name, measure]) => {
    const sizes = summaries.filter(({ nodes, measures }) => {
      const found = measures[name];
      return found !== undefined && verdictOf(measure, nodes, found) === 'missed';
    });
    if (sizes.length === 0) return [];
    const reason = workload.reasons?.[name] ?? 'why is not known yet';
    return [
      `Missed, ${measure.name}, at ${sizes.map(({ nodes }) => numberText(nodes)).join(', ')} nodes: ${reason}.\n`,
    ];
  });
}

/** 1 to 5, 7 */
export function seedList(seeds: readonly number[]): string {
  const runs: number[][] = [];
  for (const seed of seeds) {
    const run = runs.at(-1);
    if (run !== undefined && run.at(-1) === seed - 1) run.push(seed);
    else runs.push([seed]);
  }
  return runs.map((run) => (run.length === 1 ? `${run[0]}` : `${run[0]} to ${run.at(-1)}`)).join(', ');
}
