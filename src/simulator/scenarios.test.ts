/** Every scenario with a seed of its own each time, through the real codec; and the runs that once failed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WIRE_CODEC } from '../../test/wire-codec.ts';
import { DEFAULT_PARAMETERS } from '../ring/parameters.ts';
import { REGRESSIONS } from './regressions.ts';
import type { Report } from './report.ts';
import { runScenario } from './run.ts';
import { SCENARIO_NAMES } from './scenario-names.ts';
import { SCENARIOS, scenarioNamed } from './scenarios.ts';
import { story } from './story.ts';

const FILE = 'src/simulator/scenarios.test.ts';
/** Large enough for the proof's assumptions, which want r + 1 principals also of the half that a scenario may leave. */
const NODES = 64;
const TINY = [1, 2, 3, 5];

function assertHolds({ violations, scenario, seed, nodes, drawn }: Report): void {
  const replay = `anillo simulate --scenario ${scenario} --nodes ${nodes} --seed ${seed}`;
  assert.deepEqual(violations, [], `${JSON.stringify(drawn)}\nReplay: ${replay}`);
}

for (const scenario of SCENARIOS) {
  for (const nodes of scenario.name === 'tiny' ? TINY : [NODES]) {
    story(`${scenario.name} with ${nodes} nodes breaks nothing, and ends ideal`, FILE, (seed) => {
      assertHolds(runScenario(scenario, { seed, nodes, codec: WIRE_CODEC }));
    });
  }
}

for (const { scenario, seed, nodes, showed } of REGRESSIONS) {
  test(`${scenario}, ${nodes} nodes, seed ${seed}, which once showed: ${showed}`, () => {
    assertHolds(runScenario(scenarioNamed(scenario), { seed, nodes }));
  });
}

/** What some of a few flapping runs show of a ring with this safeguard off. */
function withoutSafeguard(off: keyof typeof DEFAULT_PARAMETERS.safeguards): string[] {
  const safeguards = { ...DEFAULT_PARAMETERS.safeguards, [off]: false };
  const plan = { ...scenarioNamed('flapping'), parameters: { safeguards } };
  return [1, 2, 3, 4].flatMap((seed) => {
    try {
      const { violations, figures } = runScenario(plan, { seed, nodes: 16 });
      const wrong = figures.wrongOwners ? ['wrong owners'] : [];
      return [...violations.map(({ property }) => property), ...wrong];
    } catch (error) {
      return [(error as Error).name];
    }
  });
}

test('what a ring without one of its safeguards does wrong is seen', () => {
  assert.ok(withoutSafeguard('cutAtSelf').includes('InvariantViolation'));
  assert.ok(withoutSafeguard('ownerVerification').includes('wrong owners'));
  assert.ok(withoutSafeguard('incarnation').includes('convergence'));
});

story('the same seed gives the same run, and another one another', FILE, (seed) => {
  const run = (of: number): Report => runScenario(scenarioNamed('bootstrap'), { seed: of, nodes: 8 });
  assert.deepEqual(run(seed), run(seed));
  assert.notEqual(run(seed).traceHash, run(seed + 1).traceHash);
});

story('what goes through the codec is what was said: the run is the same', FILE, (seed) => {
  const bare = runScenario(scenarioNamed('flapping'), { seed, nodes: 8 });
  const coded = runScenario(scenarioNamed('flapping'), { seed, nodes: 8, codec: WIRE_CODEC });
  assert.equal(bare.traceHash, coded.traceHash);
});

test('a run says what it is and what was drawn before anything happens', () => {
  const lines: string[] = [];
  const report = runScenario(scenarioNamed('bootstrap'), {
    seed: 7,
    nodes: 5,
    print: (line) => lines.push(line),
  });
  assert.deepEqual(lines, [
    'scenario bootstrap, seed 7, 5 nodes',
    `drawn ${JSON.stringify(report.drawn)}`,
    `trace ${report.traceHash}`,
  ]);
});

test('scenarios go by their names', () => {
  assert.deepEqual(
    SCENARIOS.map(({ name }) => name),
    SCENARIO_NAMES,
  );
});
