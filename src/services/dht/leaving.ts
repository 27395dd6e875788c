/** The ends of a DHT service: what a graceful leave owes to others, and the bound within which everything stops. */
import type { Logger } from 'pino';
import { type Clock, MACHINE_CLOCK } from './records/clock.ts';
import type { RunningRecords } from './records/records-service.ts';
import type { RingDriver } from './ring-driver.ts';

const HAND_OVER_MAX_MS = 2_500;
const LEAVE_MAX_MS = 1_200;

/** Hands the records over, then tells the neighbours; each within its time. */
export async function leaveRing(
  driver: Pick<RingDriver, 'onEvent' | 'dispatch'>,
  records: Pick<RunningRecords, 'leave'>,
  log: Logger,
  clock: Clock = MACHINE_CLOCK,
): Promise<void> {
  await within(HAND_OVER_MAX_MS, 'records handed over', log, records.leave(), clock);
  const left = Promise.withResolvers<void>();
  driver.onEvent((event) => {
    if (event.type === 'left') left.resolve();
  });
  driver.dispatch({ type: 'leave' });
  await within(LEAVE_MAX_MS, 'neighbours told', log, left.promise, clock);
}

/** Waits for `work`, but no longer than `limitMs`; a failure or an overrun is logged and goes by. */
export async function within(
  limitMs: number,
  what: string,
  log: Logger,
  work: Promise<unknown>,
  clock: Clock = MACHINE_CLOCK,
): Promise<void> {
  const late = Promise.withResolvers<void>();
  const giveUp = clock.after(limitMs, () => {
    log.warn({ limitMs }, `not in time: ${what}`);
    late.resolve();
  });
  try {
    await Promise.race([work, late.promise]);
  } catch (error) {
    log.warn({ reason: error instanceof Error ? error.message : String(error) }, `failed: ${what}`);
  } finally {
    giveUp();
  }
}
