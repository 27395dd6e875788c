/**
 * How late the event loop is: a timer that says by how much it was late, ten times a second. The runtime's own monitor
 * wakes the process a hundred times a second, which is most of what a node at rest would cost.
 */
import { createHistogram } from 'node:perf_hooks';
import { Gauge, type Registry } from 'prom-client';

const SAMPLE_EVERY_MS = 100;
const NANOSECONDS_PER_MS = 1e6;
const NANOSECONDS_PER_SECOND = 1e9;

/** Sampled from now on; each look at the metrics begins anew. The timer keeps no process alive. */
export function measureLoopDelay(registry: Registry): void {
  const delays = createHistogram();
  let dueMs = performance.now() + SAMPLE_EVERY_MS;
  setInterval(() => {
    const now = performance.now();
    // The histogram takes whole numbers from 1.
    delays.record(Math.max(1, Math.round((now - dueMs) * NANOSECONDS_PER_MS)));
    dueMs = now + SAMPLE_EVERY_MS;
  }, SAMPLE_EVERY_MS).unref();
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
