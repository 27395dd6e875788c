/** Who looks on at a run: told of every step, and of who starts and ends. It sees everything and changes nothing. */
import type { Input, RingEvent } from '../ring/effect.ts';

export interface Witness<Node> {
  /** A process began; its first step comes after. */
  started(node: Node): void;
  /** A process ended without a word. A graceful leave ends in a step, with the phase `left`. */
  ended(node: Node): void;
  /** `step` ran on this node for this input, and its effects are on their way. */
  stepped(node: Node, input: Input): void;
  /** Before `stepped`: what the step told, in order. */
  told(node: Node, event: RingEvent): void;
}
