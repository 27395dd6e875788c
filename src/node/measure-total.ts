/** A counter whose total is kept elsewhere, and read at each look at the metrics. */
import { Counter, type Registry } from 'prom-client';

export function measureTotal(registry: Registry, name: string, help: string, total: () => number): void {
  new Counter({
    name,
    help,
    registers: [registry],
    collect() {
      this.reset();
      this.inc(total());
    },
  });
}
