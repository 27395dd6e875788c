/** Every workload, in the order of docs/figures/ring.md. */
import type { Workload } from './workload.ts';
import { BROKEN_WAYS } from './workloads/broken-ways.ts';
import { BYTES } from './workloads/bytes.ts';
import { BYTES_CHURN } from './workloads/bytes-churn.ts';
import { CHURN_RATES } from './workloads/churn-rates.ts';
import { HOPS } from './workloads/hops.ts';
import { LOAD } from './workloads/load.ts';
import { RECORDS_CHURN, RECORDS_PARTITION } from './workloads/records.ts';
import { RECOVERY } from './workloads/recovery.ts';
import {
  BOOTSTRAP,
  CHURN,
  FLAPPING,
  HOSTILE,
  JOIN_STORM,
  MASS_FAILURE,
  PARTITION,
  STEADY,
  TINY,
} from './workloads/scenarios.ts';
import { SLOW } from './workloads/slow.ts';
import { TINY_ORDERS } from './workloads/tiny-orders.ts';

export const WORKLOADS: Readonly<Record<string, Workload>> = {
  hops: HOPS,
  load: LOAD,
  steady: STEADY,
  'join-storm': JOIN_STORM,
  'churn-rates': CHURN_RATES,
  churn: CHURN,
  recovery: RECOVERY,
  'mass-failure': MASS_FAILURE,
  flapping: FLAPPING,
  partition: PARTITION,
  'broken-ways': BROKEN_WAYS,
  hostile: HOSTILE,
  slow: SLOW,
  tiny: TINY,
  'tiny-orders': TINY_ORDERS,
  bootstrap: BOOTSTRAP,
  bytes: BYTES,
  'bytes-churn': BYTES_CHURN,
  'records-churn': RECORDS_CHURN,
  'records-partition': RECORDS_PARTITION,
};
