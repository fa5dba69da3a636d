// What does the server say now? Asked again and again while the page is looked at, with a time that goes on in between.

import { getJson, Problem } from './api';

interface Times {
  askAgainMs: number;
  tickMs: number;
}

/** The answers of `path`, the newest first of all; `at` says when the server gave one, in its own milliseconds. */
export class Following<T> {
  told = $state.raw<T | null>(null);
  problem = $state.raw<Problem | null>(null);
  /** The server's time, carried on by this page's own clock. */
  now = $state(0);
  private received = 0;

  constructor(
    private readonly path: string,
    private readonly at: (told: T) => number,
    private readonly onask: (told: T | null, problem: Problem | null) => void,
  ) {}

  async ask(): Promise<void> {
    try {
      this.told = await getJson<T>(this.path);
      this.received = performance.now();
      this.tick();
      this.problem = null;
    } catch (error) {
      this.problem = Problem.of(error);
    }
    this.onask(this.told, this.problem);
  }

  /** Begins to ask; gives what ends it. A page that nobody looks at asks once. */
  follow({ askAgainMs, tickMs }: Times): () => void {
    let stopped = false;
    let timer: ReturnType<typeof setTimeout>;
    const go = async (): Promise<void> => {
      if (!document.hidden || !this.told) await this.ask();
      if (!stopped) timer = setTimeout(() => void go(), askAgainMs);
    };
    void Promise.resolve().then(go);
    const ticking = setInterval(() => this.tick(), tickMs);
    return () => {
      stopped = true;
      clearTimeout(timer);
      clearInterval(ticking);
    };
  }

  private tick(): void {
    if (this.told) this.now = this.at(this.told) + (performance.now() - this.received);
  }
}
