import { type AddressBytes, inNetwork, parseAddress, parseAddressAndMask, sameAddress } from './address.ts';
import type { HbaAddress, HbaName, HbaRule } from './rule.ts';

/** What is known about a client when a rule is chosen. */
export interface HbaConnection {
  readonly kind: 'local' | 'host';
  readonly tls: boolean;
  /** IP address of the client; absent for `local`. */
  readonly address?: string;
  readonly database: string;
  readonly user: string;
  /** A start-up for physical replication, which names no database: only `replication` matches it, `all` does not. */
  readonly replication: boolean;
}

export interface HbaEnvironment {
  /** This host's own addresses, for samehost and samenet: the shape of Node's os.networkInterfaces() entries. */
  readonly interfaces: readonly { readonly address: string; readonly netmask: string }[];
  /** Names of an address. Bounding the time is the caller's affair; a rejection counts as "no name". Without the two
   *  look-ups, lines with a host name match nobody. */
  readonly reverseLookup?: (address: string) => Promise<readonly string[]>;
  /** Addresses of a name. */
  readonly forwardLookup?: (name: string) => Promise<readonly string[]>;
}

/** The first rule that matches, null for none (which refuses the client). The answer is there at once unless a rule with
 *  a host name has to be decided on the way; then it is a promise. */
export function matchHba(
  rules: readonly HbaRule[],
  connection: HbaConnection,
  environment: HbaEnvironment,
): HbaRule | null | Promise<HbaRule | null> {
  const address = connection.kind === 'host' ? parseAddress(connection.address ?? '') : null;
  for (const [index, rule] of rules.entries()) {
    if (!matchesWithoutAddress(rule, connection)) continue;
    if (rule.address?.kind === 'hostname') {
      if (address === null || environment.reverseLookup === undefined || environment.forwardLookup === undefined)
        continue;
      return matchWithLookups(rules.slice(index), connection, environment, address);
    }
    if (rule.address === null || matchesAddress(rule.address, address, environment)) return rule;
  }
  return null;
}

async function matchWithLookups(
  rules: readonly HbaRule[],
  connection: HbaConnection,
  environment: HbaEnvironment,
  address: AddressBytes,
): Promise<HbaRule | null> {
  const { reverseLookup, forwardLookup } = environment;
  let names: readonly string[] | undefined;
  const confirmed = new Map<string, boolean>();
  const hasName = async (wanted: string): Promise<boolean> => {
    names ??= await orEmpty(reverseLookup?.(connection.address ?? ''));
    for (const name of names.map((n) => n.toLowerCase().replace(/\.$/, ''))) {
      if (!(wanted.startsWith('.') ? name.endsWith(wanted) : name === wanted)) continue;
      // Whoever owns an address decides its reverse name; only the forward look-up proves it.
      const known = confirmed.get(name);
      if (known === true) return true;
      if (known === false) continue;
      const addresses = await orEmpty(forwardLookup?.(name));
      const proved = addresses.some((a) => sameAddress(parseAddress(a) ?? [], address));
      confirmed.set(name, proved);
      if (proved) return true;
    }
    return false;
  };
  for (const rule of rules) {
    if (!matchesWithoutAddress(rule, connection)) continue;
    const matches =
      rule.address?.kind === 'hostname'
        ? await hasName(rule.address.name)
        : rule.address === null || matchesAddress(rule.address, address, environment);
    if (matches) return rule;
  }
  return null;
}

async function orEmpty(lookup: Promise<readonly string[]> | undefined): Promise<readonly string[]> {
  try {
    return (await lookup) ?? [];
  } catch {
    return [];
  }
}

function matchesWithoutAddress(rule: HbaRule, connection: HbaConnection): boolean {
  return (
    matchesType(rule, connection) && matchesDatabase(rule.databases, connection) && matchesUser(rule.users, connection)
  );
}

function matchesType(rule: HbaRule, connection: HbaConnection): boolean {
  switch (rule.type) {
    case 'local':
      return connection.kind === 'local';
    case 'host':
    case 'hostnogssenc':
      return connection.kind === 'host';
    case 'hostssl':
      return connection.kind === 'host' && connection.tls;
    case 'hostnossl':
      return connection.kind === 'host' && !connection.tls;
    case 'hostgssenc':
      return false; // GSSAPI encryption is never agreed on
  }
}

function matchesDatabase(names: readonly HbaName[], connection: HbaConnection): boolean {
  if (connection.replication) return names.some((n) => n.kind === 'replication');
  return names.some((n) => {
    if (n.kind === 'sameuser') return connection.database === connection.user;
    return matchesName(n, connection.database);
  });
}

const matchesUser = (names: readonly HbaName[], connection: HbaConnection): boolean =>
  names.some((n) => matchesName(n, connection.user));

/** Longer than any name PostgreSQL can hold; expressions are not tried on more. An expression that backtracks without end
 *  is the file's author's doing; workers run with V8's fall-back to its linear engine. */
const PATTERN_SUBJECT_MAX = 255;

function matchesName(name: HbaName, subject: string): boolean {
  switch (name.kind) {
    case 'all':
      return true;
    case 'name':
      return name.name === subject;
    case 'pattern':
      return subject.length <= PATTERN_SUBJECT_MAX && name.pattern.test(subject);
    case 'sameuser':
    case 'replication':
    case 'never':
      return false;
  }
}

function matchesAddress(rule: HbaAddress, address: AddressBytes | null, environment: HbaEnvironment): boolean {
  if (rule.kind === 'all') return true;
  if (address === null || rule.kind === 'hostname') return false;
  if (rule.kind === 'network') return inNetwork(address, rule.network);
  return environment.interfaces.some((own) => {
    const ownAddress = parseAddress(own.address);
    if (ownAddress === null) return false;
    if (rule.kind === 'samehost') return sameAddress(ownAddress, address);
    const network = parseAddressAndMask(own.address.replace(/%.*/, ''), own.netmask);
    return typeof network !== 'string' && inNetwork(address, network);
  });
}
