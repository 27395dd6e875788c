/** Every workload, in the order of chord.md 7.4. */
import type { Workload } from './workload.ts';
import { HOPS } from './workloads/hops.ts';
import { LOAD } from './workloads/load.ts';

export const WORKLOADS: Readonly<Record<string, Workload>> = {
  hops: HOPS,
  load: LOAD,
};
