/**
 * A world: the state of each node, by number, and the messages under way, as a set. Lists and notifications are delivered in
 * any order, at any time or, to the dead, never. Whatever only shows that somebody lives (pings) or gives a hint (members)
 * is answered at once, as in Zave's model; so is the asking for a list: it is read when it is answered.
 */
import type { Bounds } from './bounds.ts';
import type { Message } from './message-table.ts';
import { type NodeTable, Operation } from './node-table.ts';
import { incarnationOf, LIVES, type Life, type NodeView, placeOf } from './node-view.ts';

/** A message, with what is asked of it often. */
export interface Letter {
  readonly isReply: boolean;
  readonly from: Life;
  readonly to: Life;
  readonly requestId: number;
  /** Its list, the sender first, if it may be adopted; else null. */
  readonly list: readonly Life[] | null;
  /** Where the list of one that adopts it begins: a joiner leaves out the sender, its predecessor, if it can. */
  readonly adoptedFrom: number;
  /** Asked and answered in one step. */
  readonly isInstant: boolean;
  readonly isNotify: boolean;
}

/** Deeper chains of instant calls are a bug of the model. */
const CALLS_MAX = 1000;

export class World {
  readonly table: NodeTable;
  readonly bounds: Bounds;
  /** The node at each place. */
  readonly nodes: number[] = [];
  /** Under way, by number. */
  readonly letters: number[] = [];
  crashes = 0;
  restarts = 0;
  /** An assertion of the ring that broke on the way here. */
  broken: string | null = null;
  private readonly known: Letter[] = [];
  private calls = 0;

  constructor(table: NodeTable, bounds: Bounds) {
    this.table = table;
    this.bounds = bounds;
  }

  view(place: number): NodeView {
    return this.table.view(this.nodes[place] as number);
  }

  isLive(life: Life): boolean {
    const view = this.view(placeOf(life));
    return view.isMember && view.life === life;
  }

  isRunning(life: Life): boolean {
    const view = this.view(placeOf(life));
    return view.isRunning && view.life === life;
  }

  letter(message: number): Letter {
    const known = this.known[message];
    if (known !== undefined) return known;
    const letter = this.read(this.table.messages.get(message));
    this.known[message] = letter;
    return letter;
  }

  private read(message: Message): Letter {
    const life = this.table.places;
    const from = life.life(message.from);
    const to = life.life(message.to);
    const { requestId } = message;
    if (message.kind === 'request') {
      const { type } = message.request;
      const isInstant = type === 'ping' || type === 'pingVia' || type === 'members' || type === 'changed';
      const isNotify = type === 'notify';
      return { isReply: false, from, to, requestId, list: null, adoptedFrom: 0, isInstant, isNotify };
    }
    const { reply } = message;
    const isAdoptable = reply.type === 'neighbours' || reply.type === 'bestPredecessor';
    const list = isAdoptable ? [from, ...reply.successors.map((contact) => life.life(contact))] : null;
    const adoptedFrom = reply.type === 'bestPredecessor' && reply.successors.length > 0 ? 1 : 0;
    return { isReply: true, from, to, requestId, list, adoptedFrom, isInstant: false, isNotify: false };
  }

  /** Numbers in a row: the nodes, what failed so far, the messages. */
  get width(): number {
    return this.bounds.places + 1 + this.bounds.messagesMax;
  }

  readRow(row: Int32Array): void {
    const { places } = this.bounds;
    for (let i = 0; i < places; i++) this.nodes[i] = row[i] as number;
    const failures = row[places] as number;
    this.crashes = failures >> 8;
    this.restarts = failures & 255;
    this.letters.length = 0;
    this.broken = null;
    for (let i = places + 1; i < row.length && row[i] !== 0; i++) this.letters.push(row[i] as number);
  }

  /** False when more messages are under way than a row holds. */
  writeRow(row: Int32Array): boolean {
    const { places, messagesMax } = this.bounds;
    if (this.letters.length > messagesMax) return false;
    row.fill(0);
    for (let i = 0; i < places; i++) row[i] = this.nodes[i] as number;
    row[places] = (this.crashes << 8) | this.restarts;
    for (let i = 0; i < this.letters.length; i++) row[places + 1 + i] = this.letters[i] as number;
    return true;
  }

  /** Carries out one operation of a node and what it causes at once. */
  act(place: number, operation: Operation, argument = 0): void {
    this.calls = 0;
    this.operate(place, operation, argument);
    this.proveNewcomers(place);
    this.dropVain();
  }

  /** A message arrives. */
  deliver(message: number): void {
    this.calls = 0;
    this.letters.splice(this.letters.indexOf(message), 1);
    const letter = this.letter(message);
    if (letter.isReply) this.operate(placeOf(letter.to), Operation.HEAR, message);
    else this.request(message, letter);
    this.proveNewcomers(placeOf(letter.to));
    this.dropVain();
  }

  crash(place: number): void {
    this.crashes++;
    const { life } = this.view(place);
    this.nodes[place] = this.table.gone(life);
    for (const message of [...this.letters]) {
      const letter = this.letter(message);
      if (letter.isReply || placeOf(letter.to) !== place) continue;
      this.letters.splice(this.letters.indexOf(message), 1);
      this.forget(letter);
    }
    this.dropVain();
  }

  /** Starts the node at a place, in a new life unless it runs and waits, and lets it join. */
  start(place: number, seed: Life): void {
    const view = this.view(place);
    if (!view.isRunning) {
      const incarnation = incarnationOf(view.life) + 1;
      if (incarnation > 1) this.restarts++;
      this.nodes[place] = this.table.idle(place * LIVES + incarnation);
    }
    this.act(place, Operation.JOIN, seed);
  }

  private operate(place: number, operation: Operation, argument: number): void {
    this.calls++;
    if (this.calls > CALLS_MAX) throw new Error('instant calls without end');
    const { next, sent, broken } = this.table.outcome(this.nodes[place] as number, operation, argument);
    if (broken !== null) this.broken = broken;
    this.nodes[place] = next;
    for (const message of sent) this.send(message);
  }

  private send(message: number): void {
    const letter = this.letter(message);
    const isThere = this.view(placeOf(letter.to)).isRunning;
    if (!isThere) {
      // What asks for a list is awaited until the death is found out.
      if (letter.isInstant || letter.isNotify) this.forget(letter);
      return;
    }
    if (letter.isNotify) this.put(message);
    else this.request(message, letter);
  }

  /** Somebody receives a request and answers it. */
  private request(message: number, letter: Letter): void {
    this.calls++;
    if (this.calls > CALLS_MAX) throw new Error('instant calls without end');
    const place = placeOf(letter.to);
    const { next, sent, reply, broken } = this.table.outcome(
      this.nodes[place] as number,
      Operation.RECEIVE,
      message,
    );
    if (broken !== null) this.broken = broken;
    this.nodes[place] = next;
    if (reply !== 0 && this.isRunning(letter.from)) {
      if (letter.isInstant || letter.isNotify) this.operate(placeOf(letter.from), Operation.HEAR, reply);
      else this.put(reply);
    }
    for (const next of sent) this.send(next);
  }

  private forget({ from, requestId }: Letter): void {
    if (this.isRunning(from)) this.operate(placeOf(from), Operation.FORGET, requestId);
  }

  private put(message: number): void {
    if (!this.letters.includes(message)) this.letters.push(message);
  }

  /**
   * Those named and never met are pinged before anything else happens: round the ring from the one that acted, so that nothing
   * depends on where on the ring it stands, until nobody is left.
   */
  private proveNewcomers(first: number): void {
    if (!this.bounds.meetsAtOnce) return;
    const { places } = this.bounds;
    let isAnew = true;
    while (isAnew) {
      isAnew = false;
      for (let i = 0; i < places; i++) if (this.proveNewcomersOf((first + i) % places)) isAnew = true;
    }
  }

  /** Returns whether that changed the node. */
  private proveNewcomersOf(place: number): boolean {
    const { unproven } = this.view(place);
    if (unproven.length === 0) return false;
    const before = this.nodes[place];
    for (const life of unproven) {
      if (this.view(placeOf(life)).isRunning) this.operate(place, Operation.PROBE, placeOf(life));
    }
    return this.nodes[place] !== before;
  }

  /** Answers that nobody waits for any more. */
  private dropVain(): void {
    const { letters } = this;
    let kept = 0;
    for (const message of letters) {
      const { isReply, to, requestId } = this.letter(message);
      if (isReply && !(this.isRunning(to) && this.view(placeOf(to)).awaited.has(requestId))) continue;
      letters[kept++] = message;
    }
    letters.length = kept;
    sort(letters);
  }
}

/** By insertion: a handful of numbers, mostly in order. */
function sort(numbers: number[]): void {
  for (let i = 1; i < numbers.length; i++) {
    const number = numbers[i] as number;
    let at = i;
    for (; at > 0 && (numbers[at - 1] as number) > number; at--) numbers[at] = numbers[at - 1] as number;
    numbers[at] = number;
  }
}
