/** What a node measures of itself beside its process and its requests. */
import { Gauge, type Registry } from 'prom-client';
import type { Catalog } from '../library/catalog.ts';
import { recordsTraffic } from '../services/dht/traffic.ts';
import { measureTotal } from './measure-total.ts';

export function measureCatalog(registry: Registry, catalog: Catalog): void {
  const gauge = (name: string, help: string, read: () => number): void => {
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(read());
      },
    });
  };
  gauge('anillo_library_files', 'Files that this node lists.', () => catalog.totals().files);
  gauge('anillo_library_bytes', 'Bytes of the files that this node lists.', () => catalog.totals().bytes);
  gauge('anillo_pending_publications', 'Publications and withdrawals that wait for the ring.', () =>
    catalog.pendingCount(),
  );
  gauge('anillo_refused_publications', 'Publications that the ring will never take.', () =>
    catalog.refusedCount(),
  );
}

export function measureRecords(registry: Registry): void {
  const what = 'publishing, reading, renewal, comparison';
  measureTotal(
    registry,
    'anillo_records_sent_bytes_total',
    `Bytes of records messages sent: ${what}.`,
    () => {
      return recordsTraffic.sentBytes;
    },
  );
  measureTotal(registry, 'anillo_records_received_bytes_total', 'Bytes of records messages received.', () => {
    return recordsTraffic.receivedBytes;
  });
}
