/** The configuration of an engine that is none: it holds texts, and takes every version without looking. */
import { createHash } from 'node:crypto';
import { parameters } from '@pgherd/config/table';
import type {
  ApplyReport,
  Author,
  ConfigurationCheck,
  ConfigurationDraft,
  ConfigurationFilesFacts,
  ConfigurationState,
  ConfigurationVersion,
  ParameterTableFacts,
  RunningConfiguration,
} from '@pgherd/operations';

const AT = '2026-01-02T03:04:05.000Z';
const KEY_ID = '0123456789abcdef';
const CANARY = 'canary-in-the-mine';

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');

export class FakeConfiguration {
  texts = { 'pgpool.conf': "port = 9999\nsr_check_password = 'secret:sr_check_password#1'\n", 'pool_hba.conf': '' };
  applied: { readonly hash: string; readonly appliedAt: string; readonly by: string } | null = null;
  #snapshot = 1;

  table(): ParameterTableFacts {
    return {
      groups: ['Connections'],
      parameters: parameters.slice(0, 1).map(({ name, group, doc, since }) => ({
        name,
        group,
        type: 'string',
        unit: null,
        min: null,
        max: null,
        octal: false,
        values: [],
        synonyms: {},
        separator: null,
        regex: false,
        default: '',
        context: 'start',
        effect: 'restart',
        indexed: null,
        secret: false,
        guarded: false,
        origin: 'pgpool',
        since,
        aliasOf: null,
        noEffect: null,
        doc,
      })),
      renamed: { socket_dir: 'unix_socket_directories' },
    };
  }

  files(): ConfigurationFilesFacts {
    return {
      files: (['pgpool.conf', 'pool_hba.conf'] as const).map((name) => ({
        name,
        path: `/etc/pgherd/${name}`,
        text: this.texts[name],
        hash: hashOf(this.texts[name]),
        modifiedAt: AT,
        writable: true,
        problem: null,
      })),
      hash: this.#hash(),
      keyId: KEY_ID,
      poolPasswd: { path: '/etc/pgherd/pool_passwd', users: ['alice'] },
      pcpUsers: { path: '/etc/pgherd/pcp.conf', users: ['operator'] },
      externallyManaged: false,
      externallyManagedBecause: null,
      mayChangeCommands: false,
      current: this.applied,
    };
  }

  running(): RunningConfiguration {
    const parameter = (name: string, value: string, description: string) => ({
      name,
      value,
      fingerprint: null,
      source: 'file' as const,
      afterRestart: null,
      description,
    });
    return {
      snapshot: this.#snapshot,
      loadedAt: AT,
      loadedBy: 'start',
      hash: this.#hash(),
      keyId: KEY_ID,
      restartPending: [],
      parameters: [
        parameter('port', '9999', 'Port for clients.'),
        parameter('sr_check_password', CANARY, 'Password.'),
        parameter('health_check_password0', CANARY, 'Password.'),
      ],
    };
  }

  state(): ConfigurationState {
    return {
      keyId: KEY_ID,
      fileHash: this.#hash(),
      fileModifiedAt: AT,
      runningHash: this.#hash(),
      snapshot: this.#snapshot,
      loadedAt: AT,
      current: this.applied,
      restartPending: [],
      externallyManaged: false,
    };
  }

  check({ files }: ConfigurationDraft): ConfigurationCheck {
    return {
      ok: true,
      versionHash: hashOf(JSON.stringify(files)),
      keyId: KEY_ID,
      findings: [],
      changes: [],
      hbaChanges: false,
      effect: 'none',
      unknown: [],
      renamed: [],
      missingSecrets: [],
      nodeTests: [],
    };
  }

  apply({ files }: ConfigurationVersion, by: Author): ApplyReport {
    this.texts = { ...this.texts, 'pgpool.conf': files['pgpool.conf'] };
    if (files['pool_hba.conf'] !== undefined) this.texts['pool_hba.conf'] = files['pool_hba.conf'];
    const versionHash = this.#hash();
    this.applied = { hash: versionHash, appliedAt: AT, by: by.user };
    this.#snapshot++;
    return {
      outcome: 'inStep',
      versionHash,
      keyId: KEY_ID,
      snapshot: this.#snapshot,
      steps: [{ name: 'check', state: 'done', detail: null, tookMs: 1 }],
      changed: [],
      needRestart: [],
      findings: [],
      errors: [],
      different: [],
      tookMs: 2,
    };
  }

  #hash(): string {
    return hashOf(JSON.stringify(this.texts));
  }
}
