/** 32 real processes beside the simulator: by the routing table, call for call; by fingers, as distributions. */
import assert from 'node:assert/strict';
import { compareWithSimulator } from '../simulator-agrees.ts';
import { type Figures, runPart } from './part.ts';

const SIZE = { nodes: 32, killed: 8, leaving: 4, settledLookups: 1000, hastyLookups: 100, restMs: 30_000 };
/** So few successors and no table: lookups need fingers, as in rings of thousands. */
const SMALL_LISTS = { successorCount: 4, routesMax: 0 };
const UNANSWERED_SHARE = 0.01;
/** A process that a busy machine holds up is gone round, and costs one more call. */
const SAME_SHARE = 0.99;

await runPart(
  '32 processes over gRPC and the simulator, told the same script of joins, kills, leaves and returns: no wrong owner, the same hop counts; with 4 successors and no routing table the same distribution',
  async () => {
    const table = await compareWithSimulator({ ...SIZE, settings: {} });
    console.log(table);
    const fingers = await compareWithSimulator({ ...SIZE, settings: SMALL_LISTS });
    console.log(fingers);
    for (const { unansweredByProcesses, unansweredSimulated, lookups } of [table, fingers])
      assert.ok(Math.max(unansweredByProcesses, unansweredSimulated) <= UNANSWERED_SHARE * lookups);
    assert.ok(table.sameHopsShare >= SAME_SHARE, 'the same hops, call for call');
    assert.ok(fingers.hopsDistance <= 0.05, `hop counts differ by ${fingers.hopsDistance}`);
    return { ...named('table', table), ...named('fingers', fingers) };
  },
);

function named(prefix: string, figures: object): Figures {
  return Object.fromEntries(Object.entries(figures).map(([name, value]) => [`${prefix}.${name}`, value]));
}
