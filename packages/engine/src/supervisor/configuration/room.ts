/** The parts that answer for the configuration, put together for the supervisor. */
import type { Settings } from '@pgherd/config';
import { type ApplyReport, type Author, type ConfigurationVersion, RefusedError } from '@pgherd/operations';
import { settingsDigest } from '../../settings-digest.ts';
import { type ApplyPoint, type ApplyPorts, applyVersion } from './apply.ts';
import { ConfigurationDesk, type DeskPorts } from './desk.ts';
import { sentenceOf } from './draft.ts';
import { refuseTooLarge } from './limits.ts';
import { ConfigurationWatch, fileStamp } from './watch.ts';

/** A file may change without another time of change or size. */
const DRIFT_KEPT_MS = 15_000;

export interface RoomPorts extends DeskPorts {
  readonly take: ApplyPorts['take'];
  readonly tell: ApplyPorts['tell'];
  /** What each worker goes by. */
  readonly askWorkers: () => Promise<
    readonly { readonly pid: number; readonly answer: { id: number; digest: string } }[]
  >;
  /** How many there are to ask. */
  readonly workers: () => number;
  readonly reached: ((point: ApplyPoint) => void) | undefined;
}

export class ConfigurationRoom {
  readonly desk: ConfigurationDesk;
  readonly watch: ConfigurationWatch;
  readonly #ports: RoomPorts;

  constructor(ports: RoomPorts) {
    this.#ports = ports;
    this.desk = new ConfigurationDesk(ports);
    this.watch = new ConfigurationWatch(this.desk);
  }

  /** Of a draft, for questions about it. @throws RefusedError NOT_POSSIBLE when it cannot be used */
  settingsOf(text: string): Settings {
    refuseTooLarge({ 'pgpool.conf': text });
    const { settings, findings } = this.desk.read({ 'pgpool.conf': text }, {});
    if (settings !== null) return settings;
    const first = findings.find(({ severity }) => severity === 'error');
    throw new RefusedError(
      'NOT_POSSIBLE',
      `The draft cannot be used: ${first === undefined ? 'it has errors' : sentenceOf(first)}`,
    );
  }

  #drift: { stamp: string; atMs: number; filesDiffer: boolean | null; restartPending: readonly string[] } | null = null;

  /** Asked each second: the files are read when they have changed, or what runs has. */
  drift(): { readonly filesDiffer: boolean | null; readonly restartPending: readonly string[] } {
    const stamp = `${fileStamp(this.#ports.paths)} ${this.#ports.snapshot()} ${this.desk.loaded.at.getTime()}`;
    const nowMs = performance.now();
    if (this.#drift?.stamp === stamp && nowMs - this.#drift.atMs < DRIFT_KEPT_MS) return this.#drift;
    const { fileHash, runningHash, restartPending } = this.desk.state();
    const filesDiffer = fileHash === null ? null : fileHash !== runningHash;
    this.#drift = { stamp, atMs: nowMs, filesDiffer, restartPending };
    return this.#drift;
  }

  /** One at a time: the caller sees to that. */
  apply(version: ConfigurationVersion, by: Author): Promise<ApplyReport> {
    const { take, tell, reached } = this.#ports;
    return applyVersion(version, by, {
      desk: this.desk,
      take,
      tell,
      readBack: () => this.#readBack(),
      ...(reached === undefined ? {} : { reached }),
    });
  }

  async #readBack(): Promise<string[]> {
    const { workers, askWorkers, settings, snapshot } = this.#ports;
    const [count, wanted, digest] = [workers(), snapshot(), settingsDigest(settings())];
    const answers = await askWorkers();
    const other = answers.filter(({ answer }) => answer.id !== wanted || answer.digest !== digest); // no secret
    return [
      ...other.map(({ pid }) => `worker ${pid} goes by another configuration`),
      ...(answers.length < count ? [`${count - answers.length} of ${count} workers did not say what they go by`] : []),
    ];
  }
}
