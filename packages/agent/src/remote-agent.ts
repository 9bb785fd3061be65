/** The engine's side of an agent on another host. */
import https from 'node:https';
import readline from 'node:readline';
import type { AgentJob, ControlData, HostAddress, HostAgent } from '@pgherd/cluster';
import type { AgentLine } from './calls.ts';

export interface RemoteAgentOptions {
  readonly host: string;
  readonly port: number;
  /** PEM: the agent's authority, and what this engine shows. */
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** No line for so long: the agent is gone. It sends one at least every five seconds. */
const SILENT_MS = 20_000;

export class RemoteAgent implements HostAgent {
  private readonly options: RemoteAgentOptions;

  constructor(options: RemoteAgentOptions) {
    this.options = options;
  }

  async control(): Promise<ControlData> {
    const data = (await this.call('control', {})) as Omit<ControlData, 'checkpoint'> & { checkpoint: string | null };
    return { ...data, checkpoint: data.checkpoint === null ? null : BigInt(data.checkpoint) };
  }

  async stop(mode: 'fast' | 'immediate', limitMs: number): Promise<void> {
    await this.call('stop', { mode, limitMs });
  }

  async start(limitMs: number): Promise<void> {
    await this.call('start', { limitMs });
  }

  async becomeStandby({ host, port }: HostAddress): Promise<string | null> {
    return ((await this.call('standby', { host, port })) as string | null) ?? null;
  }

  async rewind({ host, port }: HostAddress, job: AgentJob): Promise<void> {
    await this.call('rewind', { host, port }, job);
  }

  async copy({ host, port }: HostAddress, job: AgentJob): Promise<void> {
    await this.call('copy', { host, port }, job);
  }

  private call(name: string, body: object, job?: AgentJob): Promise<unknown> {
    const { host, port, ca, cert, key } = this.options;
    const where = `the agent at ${host}:${port}`;
    return new Promise((resolve, reject) => {
      const text = JSON.stringify(body);
      const request = https.request({
        host,
        port,
        ca,
        cert,
        key,
        method: 'POST',
        path: `/v1/${name}`,
        headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) },
        timeout: SILENT_MS,
        agent: false,
        ...(job === undefined ? {} : { signal: job.signal }),
      });
      let ended = false;
      const over = (error: Error | null, result?: unknown): void => {
        if (ended) return;
        ended = true;
        request.destroy();
        if (error === null) resolve(result);
        else reject(error);
      };
      request.once('timeout', () => over(new Error(`${where} has said nothing for ${SILENT_MS / 1000} s`)));
      request.once('error', (error) =>
        over(new Error(`${where} cannot be reached: ${error.message}`, { cause: error })),
      );
      request.once('response', (response) => {
        response.once('error', (error) => over(new Error(`${where} was lost: ${error.message}`, { cause: error })));
        readline
          .createInterface({ input: response })
          .on('line', (raw) => {
            let line: AgentLine;
            try {
              line = JSON.parse(raw) as AgentLine;
            } catch {
              return over(new Error(`${where} does not speak as an agent`));
            }
            if (line.progress !== undefined) job?.progress(line.progress[0], line.progress[1]);
            if (line.line !== undefined) job?.line(line.line);
            if (line.error !== undefined) over(new Error(line.error));
            else if ('result' in line) over(null, line.result);
          })
          .once('close', () => over(new Error(`${where} was lost in the middle of a call`)));
      });
      request.end(text);
    });
  }
}
