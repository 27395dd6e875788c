/** Times and sizes of the record service, each with its reason. Tests and the composition may override them. */

export interface RecordParameters {
  /** How long provider records live after their node was last heard of. A quarter of it passes between renewals. */
  readonly leaseDurationMs: number;
  /** Neighbours compare their ranges this often, with 25 % of jitter, besides after every change of neighbours. */
  readonly syncIntervalMs: number;
  /** Changes of neighbours come in bursts: one comparison for all that come within this time. */
  readonly syncDelayMs: number;
  /** Expired rows are looked for this often. */
  readonly sweepIntervalMs: number;
  /** How often the pending changes are looked for. */
  readonly pendingPollMs: number;
  /** From a start to the comparison of the catalog with what is asserted: the ring has been joined, and lookups are warm. */
  readonly catalogCheckDelayMs: number;
  /** Deadline of one call between nodes. */
  readonly callTimeoutMs: number;
  /** Deadline of a lookup on behalf of records. */
  readonly lookupTimeoutMs: number;
  /** Deadline of one find, its repetitions included. */
  readonly findTimeoutMs: number;
  /** A range is claimed after this though a node that may know of it does not answer: far beyond the detection of a death. */
  readonly claimPatienceMs: number;
  /** First pause after a failed delivery; doubles up to 32 times this. */
  readonly retryDelayMs: number;
  /** Off only in tests that show what replicas do alone. */
  readonly reassertion: boolean;
}

export const RECORD_PARAMETERS: RecordParameters = {
  leaseDurationMs: 2 * 60 * 60 * 1000,
  syncIntervalMs: 60_000,
  syncDelayMs: 1000,
  sweepIntervalMs: 5 * 60 * 1000,
  pendingPollMs: 2000,
  catalogCheckDelayMs: 10_000,
  callTimeoutMs: 5000,
  lookupTimeoutMs: 5000,
  findTimeoutMs: 10_000,
  claimPatienceMs: 15_000,
  retryDelayMs: 250,
  reassertion: true,
};
