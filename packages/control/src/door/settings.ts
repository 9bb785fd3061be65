/** What the door has to know. Light: who only asks where the tokens are loads no server. */
import path from 'node:path';

/** Names of files are absolute, or relative to `work_dir`. */
export interface ControlSettings {
  readonly control_listen_addresses: readonly string[];
  readonly control_port: number;
  readonly control_token_file: string;
  readonly control_tls_cert: string;
  readonly control_tls_key: string;
  readonly control_tls_ca: string;
  readonly work_dir: string;
}

export interface ControlDoor {
  /** Without a path; empty when nothing is listened on. */
  readonly url: string;
  close(): Promise<void>;
}

export type DoorLog = (message: string) => void;

export function tokenFilePath(settings: Pick<ControlSettings, 'work_dir' | 'control_token_file'>): string {
  return path.resolve(settings.work_dir, settings.control_token_file);
}
