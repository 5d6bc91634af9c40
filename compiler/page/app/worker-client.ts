/** The page's side of a worker: calls as promises, a cancel that ends the worker, and a new one for the next call. */

import { program } from 'virtual:worker';
import type { Diagnostic } from '../../diagnostics.js';
import type { CallName, Calls, Reply } from '../protocol.js';

/** The worker was ended: nothing to say to anybody. */
export class Cancelled extends Error {}

/** The compiler's diagnostics, as the command line prints them. */
export class Failed extends Error {
  readonly diagnostics: readonly Diagnostic[];
  constructor(diagnostics: readonly Diagnostic[]) {
    super(diagnostics.map((d) => d.message).join('\n'));
    this.diagnostics = diagnostics;
  }
}

interface Pending {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly progress: (what: string) => void;
}

let programUrl: string | null = null;

export class WorkerClient {
  #worker: Worker | null = null;
  #pending = new Map<number, Pending>();
  #next = 1;

  call<N extends CallName>(
    name: N,
    args: Calls[N]['args'],
    progress: (what: string) => void = () => undefined,
  ): Promise<Calls[N]['result']> {
    return new Promise((resolve, reject) => {
      const id = this.#next++;
      this.#pending.set(id, { resolve: resolve as (result: unknown) => void, reject, progress });
      this.#start().postMessage({ id, name, args });
    });
  }

  /** Ends whatever runs. */
  cancel(): void {
    if (this.#pending.size === 0) return;
    this.#end(new Cancelled('cancelled'));
  }

  #start(): Worker {
    if (this.#worker !== null) return this.#worker;
    // From a blob, so that it starts from file: too.
    programUrl ??= URL.createObjectURL(new Blob([program], { type: 'text/javascript' }));
    const worker = new Worker(programUrl);
    worker.addEventListener('message', ({ data }: MessageEvent<Reply>) => this.#receive(data));
    worker.addEventListener('error', (event) => {
      event.preventDefault();
      this.#end(
        new Failed([
          { code: 'E000', severity: 'error', message: `internal error: ${event.message || 'the worker ended'}` },
        ]),
      );
    });
    this.#worker = worker;
    return worker;
  }

  #end(error: Error): void {
    this.#worker?.terminate();
    this.#worker = null;
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const { reject } of pending) reject(error);
  }

  #receive(reply: Reply): void {
    const pending = this.#pending.get(reply.id);
    if (pending === undefined) return;
    if (reply.kind === 'progress') {
      pending.progress(reply.what);
      return;
    }
    this.#pending.delete(reply.id);
    if (reply.kind === 'done') pending.resolve(reply.result);
    else pending.reject(new Failed(reply.diagnostics));
  }
}
