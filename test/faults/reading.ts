/**
 * The shipped edge, spared the texts that it has read before, in this or another schedule: that would
 * be most of the work. What it makes of a text depends on nothing else; but whether an answer is older
 * than one it holds, does. So only what is news beyond doubt goes past it, and before the edge is asked
 * for anything else it is shown the last of what went past.
 */
import type { Http, HttpAnswer } from '../../src/edges/http.ts';
import type { ServiceSnapshot } from '../../src/core/types.ts';
import type { CloudRun } from '../../src/engine/ports.ts';
import { Known } from './known.ts';
import { SECOND } from './settings.ts';

const SNAPSHOTS = new Known<ServiceSnapshot>();
const REQUEST = { url: '', headers: {}, deadlineMs: 10 * SECOND, retry: true };

export class Reading implements CloudRun {
  readonly #http: Http;
  readonly #edge: CloudRun;
  /** What the edge's next read is answered. */
  #answer: HttpAnswer | null = null;
  /** What went past the edge; null: it has seen the last answer itself. */
  #passed: HttpAnswer | null = null;
  /** The engine's snapshot and the edge's own of the same answer. */
  #given: ServiceSnapshot | null = null;
  #own: ServiceSnapshot | null = null;
  /** The newest that the edge can have learnt of; null: not known. */
  #newest: ServiceSnapshot | null = null;

  constructor(http: Http, open: (http: Http) => CloudRun) {
    this.#http = http;
    this.#edge = open({
      ...http,
      get: async (request) => this.#taken() ?? http.get(request),
      put: async (request) => this.#noted(await http.put(request)),
    });
  }

  async read(): Promise<ServiceSnapshot> {
    const answer = await this.#http.get(REQUEST);
    const known = this.#newsIn(answer);
    if (known !== null && answer.kind === 'answer' && answer.serverTime !== null) {
      this.#passed = answer;
      this.#newest = known;
      return (this.#given = { ...known, readAt: answer.serverTime });
    }
    await this.#catchUp();
    const read = await this.#show(answer);
    if (answer.kind === 'answer' && answer.status === 200) SNAPSHOTS.set(answer.text, read);
    this.#given = read;
    return read;
  }

  async write(...[from, next, plan]: Parameters<CloudRun['write']>) {
    return this.#edge.write(await this.#ownOf(from), next, plan);
  }

  async proveFence(from: ServiceSnapshot): Promise<boolean> {
    return this.#edge.proveFence(await this.#ownOf(from));
  }

  /** null: nothing that may go past the edge. */
  #newsIn(answer: HttpAnswer): ServiceSnapshot | null {
    if (answer.kind !== 'answer' || answer.status !== 200 || this.#newest === null) return null;
    const known = SNAPSHOTS.get(answer.text);
    return known !== undefined && isNews(known, this.#newest) ? known : null;
  }

  async #catchUp(): Promise<void> {
    if (this.#passed !== null) await this.#show(this.#passed);
  }

  async #show(answer: HttpAnswer): Promise<ServiceSnapshot> {
    this.#answer = answer;
    const read = await this.#edge.read();
    this.#passed = null;
    this.#own = read;
    this.#newest = read;
    return read;
  }

  /** Once; whatever else the edge wants to read comes from the service. */
  #taken(): HttpAnswer | null {
    const answer = this.#answer;
    this.#answer = null;
    return answer;
  }

  async #ownOf(from: ServiceSnapshot): Promise<ServiceSnapshot> {
    if (from !== this.#given) throw new Error('the engine writes from what it has read last');
    await this.#catchUp();
    return this.#own ?? from;
  }

  /** The edge learns from the answer to a write, too. */
  #noted(answer: HttpAnswer): HttpAnswer {
    if (answer.kind === 'answer' && answer.status === 200) {
      this.#newest = SNAPSHOTS.get(answer.text) ?? null;
    }
    return answer;
  }
}

function isNews(read: ServiceSnapshot, than: ServiceSnapshot): boolean {
  if (read.generation !== than.generation) return read.generation > than.generation;
  const [now, before] = [read.record, than.record];
  if (typeof now === 'string' || typeof before === 'string') return true;
  return now.rolloutId === before.rolloutId && now.transition >= before.transition;
}
