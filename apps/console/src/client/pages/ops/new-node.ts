/** The lines of pgpool.conf that add a node. Without a browser. */
import { valuesOf, withChanges } from '../../../shared/config/changes.ts';

export interface NewNode {
  readonly host: string;
  readonly port: string;
  readonly weight: string;
  /** Empty: left out. */
  readonly dataDirectory: string;
}

/** The first number that no node has. */
export function freeNumber(text: string): number {
  const used = new Set<number>();
  for (const name of valuesOf(text).keys()) {
    const found = /^backend_(?:hostname|port)(\d+)$/.exec(name);
    if (found !== null) used.add(Number(found[1]));
  }
  let number = 0;
  while (used.has(number)) number++;
  return number;
}

/** The node that has this address already, or null. */
export function nodeAt(text: string, host: string, port: string): number | null {
  const values = valuesOf(text);
  for (const [name, value] of values) {
    const number = /^backend_hostname(\d+)$/.exec(name)?.[1];
    if (number !== undefined && value === host && values.get(`backend_port${number}`) === port) return Number(number);
  }
  return null;
}

export const isAddress = ({ host, port }: Pick<NewNode, 'host' | 'port'>): boolean =>
  /^\S+$/.test(host) && /^\d{1,5}$/.test(port) && Number(port) > 0 && Number(port) < 65_536;

export function withNode(text: string, number: number, node: NewNode): string {
  const lines: readonly (readonly [string, string])[] = [
    ['backend_hostname', node.host],
    ['backend_port', node.port],
    ['backend_weight', node.weight],
    ...(node.dataDirectory === '' ? [] : ([['backend_data_directory', node.dataDirectory]] as const)),
    ['backend_application_name', `server${number}`],
  ];
  return withChanges(
    text,
    lines.map(([name, to]) => ({ name: `${name}${number}`, from: null, to })),
  );
}
