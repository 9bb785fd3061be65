/**
 * One PCP connection: requests are answered one after the other. A stranger may ask for a salt and answer it, and nothing
 * else; the time for that, for each later request and for taking an answer is bounded.
 */
import type { Socket } from 'node:net';
import type { Author } from '@pgherd/operations';
import { encodeFrame, type Frame, FrameLengthError, FrameReader, REQUEST_LENGTH_MAX } from '../wire/frame.ts';
import { encodeError } from '../wire/notice.ts';
import { REQUEST } from '../wire/requests.ts';
import { decodeTexts, encodeTexts } from '../wire/texts.ts';
import type { Answer, CommandContext, PcpOperations } from './commands/command.ts';
import { COMMANDS } from './commands/commands.ts';
import { error, fatal, PcpRefusal } from './refusal.ts';
import { newSalt, type SignInContext, signIn } from './sign-in.ts';

export interface SessionContext extends SignInContext {
  readonly operations: PcpOperations;
  /** To sign in, to send a request, to take an answer; 0: no limit. */
  readonly limitMs: number;
  readonly settleMs: number;
  /** The connection is no stranger's any more. */
  signedIn(user: string): void;
  /** Somebody gave a wrong name or password. */
  refused(user: string): void;
  log(message: string): void;
}

export class PcpSession {
  private readonly socket: Socket;
  private readonly context: SessionContext;
  private readonly reader = new FrameReader(REQUEST_LENGTH_MAX);
  private salt: Buffer | null = null;
  private author: Author | null = null;
  private deadline: NodeJS.Timeout | undefined;

  constructor(socket: Socket, context: SessionContext) {
    this.socket = socket;
    this.context = context;
  }

  /** Until the connection is over, whatever ended it. Never throws. */
  async run(): Promise<void> {
    this.arm();
    try {
      await this.serve();
    } catch (reason) {
      if (!isConnectionTrouble(reason))
        this.context.log(`PCP: this is a bug in pgherd: ${(reason as Error).stack ?? String(reason)}`);
    }
    clearTimeout(this.deadline);
    await this.lastWords();
  }

  private async serve(): Promise<void> {
    for await (const chunk of this.socket.iterator({ destroyOnReturn: false })) {
      this.reader.push(chunk as Buffer);
      for (;;) {
        const goesOn = await this.step();
        if (goesOn === 'ended') return;
        if (goesOn === 'more') break;
      }
    }
  }

  private async step(): Promise<'next' | 'more' | 'ended'> {
    let answer: Answer;
    try {
      const frame = this.reader.next();
      if (frame === null) return 'more';
      if (frame.type === REQUEST.disconnect) return 'ended';
      answer = await this.answer(frame);
    } catch (reason) {
      const refusal = refusalOf(reason, this.context);
      await this.send(encodeError(refusal));
      return refusal.severity === 'ERROR' ? 'next' : 'ended';
    }
    await this.send(answer.bytes);
    if (answer.afterwards !== undefined) {
      await this.flushed();
      answer.afterwards().catch((reason: unknown) => this.context.log(`PCP: ${String(reason)}`));
    }
    if (this.author !== null) this.arm();
    return 'next';
  }

  private async answer(frame: Frame): Promise<Answer> {
    switch (frame.type) {
      case REQUEST.salt:
        this.salt = newSalt();
        return { bytes: encodeFrame('m', this.salt) };
      case REQUEST.signIn:
        return this.signIn(frame.body);
      default:
        return this.command(frame);
    }
  }

  private async signIn(body: Buffer): Promise<Answer> {
    const { salt } = this;
    this.salt = null; // answered once
    // Who somebody is does not change any more.
    if (this.author !== null) throw fatal('authentication failed', 'this connection is signed in already');
    const user = await signIn(body, salt, this.context).catch((reason: unknown) => {
      this.context.refused(decodeTexts(body)[0] ?? '');
      throw reason;
    });
    this.author = { door: 'pcp', user, address: this.context.address };
    this.context.signedIn(user);
    return { bytes: encodeFrame('r', encodeTexts('AuthenticationOK')) };
  }

  private async command({ type, body }: Frame): Promise<Answer> {
    const { author, context } = this;
    if (author === null) throw fatal('authentication failed for new PCP connection', 'connection not authorized');
    const command = COMMANDS.get(type);
    if (command === undefined) throw fatal('PCP processing request', `unknown PCP packet type "${type}"`);
    clearTimeout(this.deadline); // an act has deadlines of its own
    const { operations, settleMs, log } = context;
    const given: CommandContext = { operations, author, settleMs, log };
    return command(body, given);
  }

  private async send(bytes: Buffer): Promise<void> {
    if (bytes.length === 0 || this.socket.destroyed) return;
    if (this.author !== null) this.arm();
    if (!this.socket.write(bytes)) await this.until('drain');
  }

  private async flushed(): Promise<void> {
    while (this.socket.writableLength > 0 && !this.socket.destroyed) await this.until('drain');
  }

  /** Or until the connection has gone. */
  private until(event: 'drain' | 'end'): Promise<void> {
    const { socket } = this;
    return new Promise((resolve) => {
      const done = (): void => {
        socket.off(event, done).off('close', done);
        resolve();
      };
      socket.on(event, done).on('close', done);
    });
  }

  /**
   * What was said last gets out: the peer's rest is read and dropped for a moment, since closing with bytes unread would
   * reset the connection and take our words with it.
   */
  private async lastWords(): Promise<void> {
    const { socket } = this;
    if (socket.destroyed) return;
    socket.on('error', () => {});
    socket.end();
    const timer = setTimeout(() => socket.destroy(), LAST_WORDS_MS);
    socket.resume();
    if (!socket.readableEnded) await this.until('end');
    clearTimeout(timer);
    socket.destroySoon();
  }

  private arm(): void {
    clearTimeout(this.deadline);
    const { limitMs } = this.context;
    if (limitMs > 0) this.deadline = setTimeout(() => this.socket.destroy(), limitMs);
  }
}

const LAST_WORDS_MS = 1_000;

function refusalOf(reason: unknown, { log }: SessionContext): PcpRefusal {
  if (reason instanceof PcpRefusal) return reason;
  if (reason instanceof FrameLengthError) return fatal('invalid PCP packet', reason.message);
  const sentence = reason instanceof Error ? reason.message : String(reason);
  log(`PCP: a request failed: ${sentence}`);
  return error('failed to process PCP request', sentence);
}

function isConnectionTrouble(reason: unknown): boolean {
  const code = (reason as NodeJS.ErrnoException | null)?.code;
  return (
    code === 'ABORT_ERR' ||
    (reason as { syscall?: unknown } | null)?.syscall !== undefined ||
    code?.startsWith('ERR_STREAM') === true
  );
}
