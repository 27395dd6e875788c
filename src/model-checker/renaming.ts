/**
 * The same state, request or answer with other names: places turned around the ring, lives numbered anew. The step function
 * compares identifiers only around the circle and lives of one node only by which is later, so that what a renamed state does
 * is what the state does, renamed (tried by a property in reduction.test.ts).
 */
import { listDigest } from '../ring/digest.ts';
import type { Contact, RingReply, RingRequest } from '../ring/message.ts';
import type { Pending, Purpose } from '../ring/pending.ts';
import type { RingState } from '../ring/state.ts';
import { cloneState, lifeOf } from './clone.ts';
import type { NodeTable } from './node-table.ts';
import type { Life } from './node-view.ts';

/** Must be one to one, and send the lives of one place to one place, in order. */
export type LifeMap = (life: Life) => Life;

/** As it stands in `lifeOf`, and so in what a request means. */
const LIFE = /([0-9a-f]+)\.(\d+)/g;

export class Renaming {
  private readonly table: NodeTable;
  private readonly lifeMap: LifeMap;
  private readonly nodes: number[] = [];
  private readonly letters: number[] = [];

  constructor(table: NodeTable, lifeMap: LifeMap) {
    this.table = table;
    this.lifeMap = lifeMap;
  }

  node(node: number): number {
    const known = this.nodes[node];
    if (known !== undefined) return known;
    const state = this.table.state(node);
    const renamed =
      state === null
        ? this.table.gone(this.lifeMap(this.table.view(node).life))
        : this.table.keep(this.state(state));
    this.nodes[node] = renamed;
    return renamed;
  }

  message(number: number): number {
    const known = this.letters[number];
    if (known !== undefined) return known;
    const { messages } = this.table;
    const message = messages.get(number);
    const from = this.contact(message.from);
    const to = this.contact(message.to);
    const requestId = this.requestId(message.requestId);
    const renamed =
      message.kind === 'request'
        ? messages.request(from, to, requestId, requestWithoutNames(message.request))
        : messages.reply(from, to, requestId, this.reply(message.reply));
    this.letters[number] = renamed;
    return renamed;
  }

  private contact(contact: Contact): Contact {
    const { places } = this.table;
    return places.contact(this.lifeMap(places.life(contact)));
  }

  private contacts(contacts: readonly Contact[]): Contact[] {
    return contacts.map((contact) => this.contact(contact));
  }

  private contactOrNull(contact: Contact | null): Contact | null {
    return contact === null ? null : this.contact(contact);
  }

  private requestId(number: number): number {
    if (number === 0) return 0;
    const { messages } = this.table;
    return messages.numberOf(this.text(messages.meaning(number)));
  }

  private text(text: string): string {
    return text.replace(LIFE, (_, id: string, incarnation: string) =>
      lifeOf(this.contact({ id, incarnation: Number(incarnation), address: '' })),
    );
  }

  /** A settled one. */
  private state(state: RingState): RingState {
    const renamed = cloneState(state);
    const { waitingNotifier, doubt } = state;
    const successors = this.contacts(state.successors);
    Object.assign(renamed, {
      self: this.contact(state.self),
      successors,
      listHash: listDigest(successors),
      predecessor: this.contactOrNull(state.predecessor),
      waitingNotifier:
        waitingNotifier === null
          ? null
          : { ...waitingNotifier, contact: this.contact(waitingNotifier.contact) },
      doubt: doubt === null ? null : { ...doubt, awaited: this.contacts(doubt.awaited) },
      orphansHeard: this.contacts(state.orphansHeard),
      joinRequestId: this.requestId(state.joinRequestId),
      stabilizeRequestId: this.requestId(state.stabilizeRequestId),
      extendRequestId: this.requestId(state.extendRequestId),
    });
    this.fillMaps(state, renamed);
    return renamed;
  }

  private fillMaps(state: RingState, renamed: RingState): void {
    renamed.members.clear();
    for (const member of state.members.values()) {
      const contact = this.contact(member.contact);
      renamed.members.set(contact.id, { ...member, contact });
    }
    renamed.candidates.clear();
    for (const candidate of state.candidates.values()) {
      const contact = this.contact(candidate.contact);
      renamed.candidates.set(contact.id, { ...candidate, contact });
    }
    renamed.callBacks.clear();
    for (const name of state.callBacks) renamed.callBacks.add(this.callBack(name));
    renamed.pending.clear();
    for (const [requestId, pending] of state.pending)
      renamed.pending.set(this.requestId(requestId), this.pending(pending));
  }

  /** Named by what for, the identifier and the life. */
  private callBack(name: string): string {
    const [purpose, id = '', incarnation] = name.split(' ');
    const contact = this.contact({ id, incarnation: Number(incarnation), address: '' });
    return `${purpose} ${contact.id} ${contact.incarnation}`;
  }

  private pending(pending: Pending): Pending {
    return { ...pending, to: this.contact(pending.to), purpose: this.purpose(pending.purpose) };
  }

  private purpose(purpose: Purpose): Purpose {
    if (purpose.type === 'indirectProbe') return { ...purpose, target: this.contact(purpose.target) };
    if (purpose.type !== 'candidate') return purpose;
    return { ...purpose, otherwise: this.contactOrNull(purpose.otherwise) };
  }

  /** One that takes time in the model. */
  private reply(reply: RingReply): RingReply {
    switch (reply.type) {
      case 'neighbours': {
        const successors = this.contacts(reply.successors);
        const predecessor = this.contactOrNull(reply.predecessor);
        const candidate = this.contactOrNull(reply.candidate);
        return { ...reply, predecessor, candidate, successors, listHash: listDigest(successors) };
      }
      case 'neighboursUnchanged':
        return {
          ...reply,
          predecessor: this.contactOrNull(reply.predecessor),
          candidate: this.contactOrNull(reply.candidate),
        };
      case 'bestPredecessor':
        return { ...reply, best: this.contact(reply.best), successors: this.contacts(reply.successors) };
      case 'owner':
        return {
          ...reply,
          predecessor: this.contactOrNull(reply.predecessor),
          successors: this.contacts(reply.successors),
        };
      case 'redirect':
        return { ...reply, next: this.contacts(reply.next) };
      case 'notMember':
      case 'otherIncarnation':
      case 'pending':
      case 'acknowledged':
        return reply;
      default:
        throw new TypeError(`an answer ${reply.type} takes no time in the model`);
    }
  }
}

function requestWithoutNames(request: RingRequest): RingRequest {
  if (request.type !== 'notify') throw new TypeError(`a request ${request.type} takes no time in the model`);
  return request;
}
