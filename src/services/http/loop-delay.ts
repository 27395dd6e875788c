/**
 * How late the event loop is: a timer that says by how much it was late, ten times a second while there is work. At rest it
 * looks every 2.5 s: the runtime's own monitor wakes the process a hundred times, most of what a node at rest would cost.
 */
import { createHistogram, performance } from 'node:perf_hooks';
import { Gauge, type Registry } from 'prom-client';

const SAMPLE_AT_WORK_MS = 100;
const SAMPLE_AT_REST_MS = 2_500;
/** A share of the time in which the loop had work. */
const AT_WORK = 0.05;
const NANOSECONDS_PER_MS = 1e6;
const NANOSECONDS_PER_SECOND = 1e9;

/** Sampled from now on; each look at the metrics begins anew. The timer keeps no process alive. */
export function measureLoopDelay(registry: Registry): void {
  const delays = createHistogram();
  let before = performance.eventLoopUtilization();
  const sampleIn = (waitMs: number): void => {
    const dueMs = performance.now() + waitMs;
    setTimeout(() => {
      // The histogram takes whole numbers from 1.
      delays.record(Math.max(1, Math.round((performance.now() - dueMs) * NANOSECONDS_PER_MS)));
      const now = performance.eventLoopUtilization();
      const { utilization } = performance.eventLoopUtilization(now, before);
      before = now;
      sampleIn(utilization > AT_WORK ? SAMPLE_AT_WORK_MS : SAMPLE_AT_REST_MS);
    }, waitMs).unref();
  };
  sampleIn(SAMPLE_AT_WORK_MS);
  new Gauge({
    name: 'anillo_event_loop_delay_p99_seconds',
    help: 'Lateness of timers since the last look, 99th percentile.',
    registers: [registry],
    collect() {
      this.set(delays.percentile(99) / NANOSECONDS_PER_SECOND);
      delays.reset();
    },
  });
}
