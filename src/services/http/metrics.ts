/** `GET /metrics` for Prometheus: the process (memory, CPU, delay of the event loop) and the requests. */
import { collectDefaultMetrics, Histogram, Registry } from 'prom-client';
import type { HttpServer } from './http-server.ts';
import { measureLoopDelay } from './loop-delay.ts';

const BUCKETS_SECONDS = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100];

/** The library's own monitor cannot be left out: it wakes the process this often, and what it measured is taken away. */
const LOOP_MONITOR_MS = 60_000;

/** A registry with the default metrics of this process; a process has one. */
export function createMetrics(): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: LOOP_MONITOR_MS });
  for (const kind of ['min', 'max', 'mean', 'stddev', 'p50', 'p90', 'p99']) {
    registry.removeSingleMetric(`nodejs_eventloop_lag_${kind}_seconds`);
  }
  measureLoopDelay(registry);
  return registry;
}

export function serveMetrics(server: HttpServer, registry: Registry): void {
  const durations = new Histogram({
    name: 'anillo_http_request_duration_seconds',
    help: 'Time from a request to the end of its answer.',
    labelNames: ['method', 'route', 'status'],
    buckets: BUCKETS_SECONDS,
    registers: [registry],
  });
  server.addHook('onResponse', async (request, reply) => {
    // The route's pattern, never the URL: clients must not be able to make new series.
    const route = request.routeOptions.url ?? 'unknown';
    durations.observe({ method: request.method, route, status: reply.statusCode }, reply.elapsedTime / 1000);
  });
  server.get(
    '/metrics',
    { schema: { summary: 'Metrics in the text format of Prometheus', tags: ['operation'] } },
    async (_request, reply) => {
      reply.type(registry.contentType);
      return registry.metrics();
    },
  );
}
