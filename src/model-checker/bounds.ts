/** What a search may do, and how far it goes. */
export interface Bounds {
  /** Places on the ring, each an identifier with any number of lives one after the other. */
  readonly places: number;
  readonly crashesMax: number;
  /** Lives after the first. */
  readonly restartsMax: number;
  /** Lists and notifications under way at one time. */
  readonly messagesMax: number;
  /** A wrong owner is a violation and ends the search; else the worlds with one are counted. */
  readonly ownersAgree: boolean;
  /** Zave's assumption: r + 1 principals at every moment, which no crash may touch. */
  readonly keepsPrincipals: boolean;
  /** Members tell one another whom they know, and successors name candidates. */
  readonly gossips: boolean;
  /** Those only named are pinged before anything else happens; else at any time. */
  readonly meetsAtOnce: boolean;
}
