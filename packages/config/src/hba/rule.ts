import type { Network } from './address.ts';

export type HbaType = 'local' | 'host' | 'hostssl' | 'hostnossl' | 'hostgssenc' | 'hostnogssenc';
export type HbaMethod = 'trust' | 'reject' | 'md5' | 'scram-sha-256' | 'password' | 'cert';

/** What a word in the DATABASE or USER field stands for. `never`: a word that is understood but matches nobody. */
export type HbaName =
  | { readonly kind: 'all' }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'pattern'; readonly pattern: RegExp }
  | { readonly kind: 'sameuser' }
  | { readonly kind: 'replication' }
  | { readonly kind: 'never' };

export type HbaAddress =
  | { readonly kind: 'all' | 'samehost' | 'samenet' }
  | { readonly kind: 'network'; readonly network: Network }
  /** `name` in lower case; one that starts with a dot stands for all names that end with it. */
  | { readonly kind: 'hostname'; readonly name: string };

/** One line of pool_hba.conf. */
export interface HbaRule {
  readonly file: string;
  readonly line: number;
  readonly type: HbaType;
  readonly databases: readonly HbaName[];
  readonly users: readonly HbaName[];
  /** null for `local`. */
  readonly address: HbaAddress | null;
  readonly method: HbaMethod;
  readonly options: Readonly<Record<string, string>>;
}
