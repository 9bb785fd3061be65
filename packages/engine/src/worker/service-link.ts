/** A connection of the engine's own to one node, for questions that have nothing to do with any session's state. */

import { encodeQuery } from '@pgherd/wire';
import type { Link } from '../backend/link.ts';
import { type Answer, ask } from '../frontend/engine-query.ts';

const QUESTION_LIMIT_MS = 5_000;
/** After a failure nobody is kept waiting for another one at once. */
const PAUSE_AFTER_FAILURE_MS = 1_000;

export class ServiceLink {
  private readonly openLink: () => Promise<Link>;
  private link: Link | null = null;
  private queue: Promise<unknown> = Promise.resolve();
  private failedAtMs = Number.NEGATIVE_INFINITY;
  private closed = false;

  constructor(openLink: () => Promise<Link>) {
    this.openLink = openLink;
  }

  /** One question after the other. @throws Error when the node cannot be asked */
  query(sql: string): Promise<Answer> {
    const next = this.queue.then(() => this.queryNow(sql));
    this.queue = next.catch(() => undefined);
    return next;
  }

  private async queryNow(sql: string): Promise<Answer> {
    if (this.closed) throw new Error('the connection is no longer needed');
    if (performance.now() - this.failedAtMs < PAUSE_AFTER_FAILURE_MS)
      throw new Error('the node could not be asked a moment ago');
    try {
      const link = await this.ready();
      return await this.questionOn(link, sql);
    } catch (error) {
      this.failedAtMs = performance.now();
      this.drop();
      throw error;
    }
  }

  private async ready(): Promise<Link> {
    if (this.link !== null && !this.link.closed) return this.link;
    const link = await this.openLink();
    if (this.closed) {
      link.close();
      throw new Error('the connection is no longer needed');
    }
    this.link = link;
    return link;
  }

  private questionOn(link: Link, sql: string): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('no answer in time')), QUESTION_LIMIT_MS);
      link.user = {
        fromBackend: () => true,
        backendIdle() {},
        backendGone: (error) => {
          clearTimeout(timer);
          reject(error ?? new Error('the connection was closed'));
        },
        backendFull() {},
        backendDrained() {},
      };
      ask(link, encodeQuery(sql), 1, (answer) => {
        clearTimeout(timer);
        resolve(answer);
      });
    });
  }

  private drop(): void {
    const { link } = this;
    this.link = null;
    link?.close();
  }

  close(): void {
    this.closed = true;
    this.drop();
  }

  /** The same without a word to the server. */
  cut(because: string): void {
    this.link?.cut(because);
    this.close();
  }
}
