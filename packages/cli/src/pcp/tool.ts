import type { PcpClient } from '@pgherd/pcp';
import type { OptionSpec } from '../getopt.ts';

/** A command line that was understood. */
export interface ToolLine {
  readonly host: string;
  readonly port: number;
  /** Null: the operating system's user. */
  readonly user: string | null;
  readonly prompt: 'never' | 'always' | 'where needed';
  readonly debug: boolean;
  readonly verbose: boolean;
  readonly operand: number | null;
  /** The tool's own options, by their short names. */
  readonly own: ReadonlyMap<string, string>;
  readonly warnings: readonly string[];
}

/** The number that a tool is about: given by an option, or as the first free argument. */
export interface Operand {
  readonly option: OptionSpec;
  /** As messages call it. */
  readonly name: string;
  readonly required: boolean;
  readonly min: number;
  readonly max: number;
  readonly doc: string;
}

/** One of Pgpool-II's pcp_* programs. */
export interface Tool {
  readonly name: string;
  /** One line, as `--help` begins. */
  readonly summary: string;
  readonly operand?: Operand;
  readonly options?: readonly (OptionSpec & { readonly doc: string })[];
  /** What can be said before anybody is asked. @throws CommandError */
  check?(line: ToolLine): void;
  /** @returns what goes to standard output, without the last line end; null: the line that says that it is done */
  run(client: PcpClient, line: ToolLine): Promise<string | null>;
}

const NODES_MAX = 127;

export const nodeOperand = (required: boolean): Operand => ({
  option: { short: 'n', long: 'node-id', takesValue: true },
  name: 'node-id',
  required,
  min: 0,
  max: NODES_MAX,
  doc: 'number of a node',
});
