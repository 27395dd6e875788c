/**
 * Every figure that the ring goes by, each with its unit and where it comes from.
 * "Chord" is the paper of 2003 in ToN; "Zave" is "Reasoning about identifier spaces" of 2017; the rest was measured here.
 */

/** Each can be turned off alone, so that a model checker can show what it is there for. All on in production. */
interface Safeguards {
  /** A pointer is adopted only after the one it names has itself just answered (Zave, StabilizeFromPredecessor). */
  readonly contactBeforeAdopting: boolean;
  /** Lists stay in ring order, without repeats, and end before the node itself (Zave, OrderedSuccessorLists). */
  readonly cutAtSelf: boolean;
  /** Only a node that owns a key by (predecessor, self], and is in no doubt of it, answers as its owner. */
  readonly ownerVerification: boolean;
  /** A pointer names one life of a node; an older life is dead. */
  readonly incarnation: boolean;
  /** A list is applied only if its sender is still the head, or still lies before it, when the answer arrives. */
  readonly applyTimeGuard: boolean;
  /** Known members strictly between a node and its head are contacted as candidates for the head. */
  readonly memberCandidates: boolean;
}

export interface RingParameters {
  /** Successors kept, r. In a ring of N nodes a list holds min(r, N-1). Half of all lost at once orphans 2^-r of the rest, and the few behind each: 0017. */
  readonly successorCount: number;
  /** Between two probes of successor and predecessor: a silent death is seen in this time and the detection's. */
  readonly probeIntervalMs: number;
  /** A suspect, and one that never answered, is waited for so long at a ping. */
  readonly probeTimeoutMs: number;
  /** Nobody is declared dead before so long a silence, unless connections to it are refused: a shorter pause evicts nobody. */
  readonly deathMs: number;
  /** Least time between two probes of one suspect: a refused connection fails at once and must not count thrice at once. */
  readonly probeSpacingMs: number;
  /** Misses in a row after which a node is dead for the ring: one that raised suspicion, two that confirm it. */
  readonly missesToDeath: number;
  /** Neighbours asked to ping a suspect before it is declared dead (Freedman et al.: 2.3 % of pairs at times non-transitive). */
  readonly indirectProbes: number;
  /** A node asked to ping another on somebody's behalf waits so long: shorter than probeTimeoutMs, so that its answer counts. */
  readonly relayTimeoutMs: number;
  /** Pings on others' behalf at one time; more are answered with "no". */
  readonly relaysMax: number;
  /** Members never contacted that are pinged at one probe round. */
  readonly unprovenProbesPerRound: number;
  /** Housekeeping (pings to members only named, exchanges of lists) waits until the neighbours have not changed for so long. */
  readonly settleMs: number;
  /** A neighbour whose requests come is pinged all the same after this: it may speak without being reachable. */
  readonly reachIntervalMs: number;
  /** Nodes called back at one time: those that notify, leave or show a new life. More wait for their next word. */
  readonly callBacksMax: number;
  /** A dead member is probed again after this, then after twice as long each time. */
  readonly revivalMinMs: number;
  readonly revivalMaxMs: number;
  /** The longest wait of a ring of one, which has nothing better to do than to find the others. */
  readonly revivalAloneMaxMs: number;
  /** A dead member that last answered longer ago is forgotten, unless the node is alone; in a full list such make room first. */
  readonly deadRememberedMs: number;
  /** Dead members probed again at one probe round. */
  readonly revivalsPerRound: number;
  /** A node that hears nothing of itself for so long was paused, and others may have declared it dead. Below the 3 s of detection. */
  readonly pauseMs: number;
  /** Between two attempts to verify predecessor and successor while in doubt. */
  readonly doubtRetryMs: number;
  /** Doubt ends after this at the latest: a predecessor may be dead, or all may have been paused together. Above detection. */
  readonly doubtMaxMs: number;
  /** Stabilise so soon after a change, several changes in one. */
  readonly stabilizeMinMs: number;
  /** At rest, so often. */
  readonly stabilizeMaxMs: number;
  /** Rounds in one session of the nodes around, as far as their changes show its length: at most stabilizeMaxMs apart. */
  readonly roundsPerSession: number;
  /** Each quiet round lengthens the wait by this factor. */
  readonly stabilizeGrowth: number;
  /** Stabilise so soon after the death of a neighbour or an invitation by one; also the least time between two rounds. */
  readonly stabilizeUrgentMs: number;
  /** Waits vary by this fraction to either side, so that nodes started together do not stay in step. */
  readonly jitter: number;
  /** An answer is waited for by round trips (RFC 6298), within these bounds. */
  readonly timeoutMinMs: number;
  readonly timeoutMaxMs: number;
  /** The same for one that never answered: connecting takes several round trips. */
  readonly firstContactTimeoutMs: number;
  /** After a failed question of state, and between the words of a predecessor in doubt. */
  readonly requestTimeoutMs: number;
  /** Predecessors of the head adopted one after the other in one round (walking). */
  readonly walkMax: number;
  /** Notifiers kept as candidates for others' heads (docs/ring.md, Operations; 1024 join in one gap at once). 0: none are. */
  readonly candidatesMax: number;
  /** They are kept so long after they last notified: some rounds of those that still take this node for their head. */
  readonly candidateLifeMs: number;
  /** A candidate that answered that it is no member is asked again after this. */
  readonly candidateRetryMs: number;
  /** A stabilise round asks an outsider for the first node after this one with this probability (docs/ring.md, Merge). 0: never. */
  readonly mergeProbability: number;
  /** For so long after one thought dead returned every round asks. */
  readonly mergeEagerMs: number;
  /** Hops of one merge probe. */
  readonly mergeHopMax: number;
  /** Hops of one join walk, and of one chain of redirects in a lookup. */
  readonly hopMax: number;
  readonly joinRetryMinMs: number;
  readonly joinRetryMaxMs: number;
  /** Addresses to join by that are kept. */
  readonly seedsMax: number;
  /** Rounds in which the lowest of orphans that find only one another waits for a member, before it becomes a ring of one. */
  readonly orphanRounds: number;
  /** Rounds in which the others wait for it to do so. */
  readonly orphanRoundsMax: number;
  /** Known nodes that an orphan asks at once. */
  readonly orphanContactsMax: number;
  readonly orphanRetryMs: number;
  /** A leaving node waits so long for its neighbours to have called it back and understood. */
  readonly leaveTimeoutMs: number;
  /** A lookup's call to one node; then it goes round it. */
  readonly lookupHopTimeoutMs: number;
  /** Calls of one lookup under way at one time: one that is late gets another beside it; 1 for none. */
  readonly lookupCallsMax: number;
  /** No call gets another beside it sooner. */
  readonly hedgeMinMs: number;
  /** A lookup that found nobody to ask begins again after this, then after twice as long each time, until its deadline. */
  readonly lookupRetryMs: number;
  readonly lookupRetryMaxMs: number;
  /** Lookups under way at one time; more fail at once. */
  readonly lookupsMax: number;
  /** Calls of one chain that bring it no nearer: to those behind an owner that leaves, or in place of silent ones. */
  readonly detoursMax: number;
  /** Contacts named in one redirect. */
  readonly redirectMax: number;
  /** Members known by name; candidates, hints and memory come from them. */
  readonly membersMax: number;
  /** Contacts in the table that chooses first hops: one-hop lookups up to this many nodes. */
  readonly routesMax: number;
  /** Above that size routes are a cache of so many bytes; `routesMax` 0 means none at all. */
  readonly cacheBytesMax: number;
  /** An entry that lives less likely leaves the cache (Accordion, NSDI 2005). */
  readonly cacheAliveMin: number;
  /** Between two comparisons of routing tables with another node, and between two pages of one comparison. */
  readonly routesIntervalMs: number;
  readonly routesPageMs: number;
  /** Pages asked for in one comparison, once the table was whole; a new table asks for all. */
  readonly routesPagesPerRound: number;
  /** Contacts, or marks, of one page. */
  readonly routesPageMax: number;
  /** Joins and deaths wait so long for others to be told with them: longer the more there were. */
  readonly changesMinMs: number;
  readonly changesMaxMs: number;
  /** Changes in one message: when so many wait they are told at once. */
  readonly changesMax: number;
  /** Lives kept in mind as gone, so that stale tables do not bring them back; and as many at most wait to be asked whether they live. */
  readonly goneRoutesMax: number;
  /** Base of the fingers: 2, 4 or 16 (Chord 4.3 has 2); 0 for none. */
  readonly fingerBase: number;
  /** Nodes from the start of a slot on among which the nearest is chosen. */
  readonly fingerCandidates: number;
  /** One slot so often until all were filled once; then one each stabilise period. */
  readonly fingerFillMs: number;
  /** Every slot is checked in this time, by use or by a ping. */
  readonly fingerSweepMs: number;
  /** Another takes a slot where its round trip is shorter by this factor. */
  readonly fingerGain: number;
  /** Lookups go by the whole successor list; false for the head alone, as the paper's fingers-only figures have it. */
  readonly listRouting: boolean;
  /** At rest, between two exchanges of member lists. */
  readonly exchangeIntervalMs: number;
  /** With news to tell, so soon. */
  readonly exchangeNewsMs: number;
  /** Exchanges in which one piece of news is told: by rumour all but one in a hundred members hear of it so, and of the rest from samples. */
  readonly newsSends: number;
  /** News in one request. */
  readonly newsMax: number;
  /** Entries of one answer when the list is longer than `exchangeWholeMax`: a sample. At 32 it would take 220 bytes a second at rest. */
  readonly exchangeSampleMax: number;
  /** Where lists differ, those that live are told whole if they are fewer; with the dead no more than so many entries are told. */
  readonly exchangeWholeMax: number;
  /** Bounds on what is accepted from others. */
  readonly listMax: number;
  readonly addressMax: number;
  /**
   * Verdi's way instead of the guard at the moment of applying: while an answer is awaited that may change the neighbours,
   * questions of state are answered with `pending`. Off; for comparison in the model checker.
   */
  readonly busyMode: boolean;
  readonly safeguards: Safeguards;
}

export const DEFAULT_PARAMETERS: RingParameters = {
  successorCount: 20,
  probeIntervalMs: 2_000,
  probeTimeoutMs: 1_000,
  deathMs: 3_000,
  probeSpacingMs: 500,
  missesToDeath: 3,
  indirectProbes: 2,
  relayTimeoutMs: 600,
  relaysMax: 64,
  unprovenProbesPerRound: 8,
  settleMs: 2_000,
  reachIntervalMs: 10_000,
  callBacksMax: 64,
  revivalMinMs: 1_000,
  revivalMaxMs: 300_000,
  revivalAloneMaxMs: 15_000,
  deadRememberedMs: 86_400_000,
  revivalsPerRound: 8,
  pauseMs: 2_600,
  doubtRetryMs: 500,
  doubtMaxMs: 4_000,
  stabilizeMinMs: 200,
  stabilizeMaxMs: 15_000,
  roundsPerSession: 640,
  stabilizeGrowth: 1.5,
  stabilizeUrgentMs: 50,
  jitter: 0.25,
  timeoutMinMs: 150,
  timeoutMaxMs: 2_000,
  firstContactTimeoutMs: 3_000,
  requestTimeoutMs: 1_000,
  walkMax: 8,
  candidatesMax: 1_024,
  candidateLifeMs: 3_000,
  candidateRetryMs: 1_000,
  mergeProbability: 0.1,
  mergeEagerMs: 60_000,
  mergeHopMax: 16,
  hopMax: 32,
  joinRetryMinMs: 100,
  joinRetryMaxMs: 2_000,
  seedsMax: 64,
  orphanRounds: 3,
  orphanRoundsMax: 12,
  orphanContactsMax: 64,
  orphanRetryMs: 300,
  leaveTimeoutMs: 1_000,
  lookupHopTimeoutMs: 750,
  lookupCallsMax: 4,
  hedgeMinMs: 30,
  lookupRetryMs: 100,
  lookupRetryMaxMs: 800,
  lookupsMax: 10_000,
  detoursMax: 4,
  redirectMax: 4,
  membersMax: 256,
  routesMax: 10_000,
  cacheBytesMax: 262_144,
  cacheAliveMin: 0.9,
  routesIntervalMs: 60_000,
  routesPageMs: 250,
  routesPagesPerRound: 8,
  routesPageMax: 160,
  changesMinMs: 2_000,
  changesMaxMs: 20_000,
  changesMax: 128,
  goneRoutesMax: 1_024,
  fingerBase: 16,
  fingerCandidates: 16,
  fingerFillMs: 1_000,
  fingerSweepMs: 600_000,
  fingerGain: 0.8,
  listRouting: true,
  exchangeIntervalMs: 15_000,
  exchangeNewsMs: 500,
  newsSends: 5,
  newsMax: 64,
  exchangeSampleMax: 8,
  exchangeWholeMax: 32,
  listMax: 32,
  addressMax: 255,
  busyMode: false,
  safeguards: {
    contactBeforeAdopting: true,
    cutAtSelf: true,
    ownerVerification: true,
    incarnation: true,
    applyTimeGuard: true,
    memberCandidates: true,
  },
};
