/** What every command is given: where to write, which network to ask, and when a person has had enough. */
import { baseOf, HttpClient } from '../client/http.ts';
import { type NetworkView, viewThroughNode, viewThroughPortmappers } from '../client/network-view.ts';
import type { Say } from './language.ts';
import { Output, type Streams } from './output.ts';
import { baseUrl, type Globals, isUrl, portmapperBases } from './settings.ts';

export class Context {
  readonly globals: Globals;
  readonly output: Output;
  readonly say: Say;
  readonly streams: Streams;
  /** Aborted by the first SIGINT or SIGTERM. */
  readonly signal: AbortSignal;
  readonly http: HttpClient;
  #portmappers: readonly string[] | undefined;
  #view: Promise<NetworkView> | undefined;

  constructor(globals: Globals, say: Say, streams: Streams, signal: AbortSignal) {
    this.globals = globals;
    this.say = say;
    this.streams = streams;
    this.signal = signal;
    this.http = new HttpClient(signal);
    const { json = false, quiet = false } = globals;
    this.output = new Output(streams, say, { json, quiet });
  }

  /** The network through `--node`, else through the portmappers. @throws Problem `usage`, `unknown_node` */
  view(): Promise<NetworkView> {
    this.#view ??= this.#openView();
    return this.#view;
  }

  /** Base URLs, in order. @throws Problem `bad_configuration` for all that is wrong with the configuration */
  get portmappers(): readonly string[] {
    this.#portmappers ??= portmapperBases(this.globals, this.streams.environment);
    return this.#portmappers;
  }

  /** Through the portmappers, whatever `--node` says: for commands in which it names the node to act on. */
  portmapperView(): NetworkView {
    return viewThroughPortmappers(this.http, this.portmappers);
  }

  async close(): Promise<void> {
    await this.http.close();
  }

  async #openView(): Promise<NetworkView> {
    const { node } = this.globals;
    if (node === undefined) return this.portmapperView();
    if (isUrl(node) || node.includes(':')) return viewThroughNode(this.http, baseUrl(node, '--node'));
    const { address } = await this.portmapperView().resolveNode(node);
    return viewThroughNode(this.http, baseOf(address));
  }
}
