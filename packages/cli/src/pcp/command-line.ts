/** The command lines of the pcp_* programs. @see manual, pcp_common_options(1) */
import { getopt, type OptionSpec } from '../getopt.ts';
import type { Operand, Tool, ToolLine } from './tool.ts';

export type ToolParsed =
  | ({ readonly act: 'run' } & ToolLine)
  | { readonly act: 'help' | 'version' }
  | { readonly act: 'refused'; readonly message: string };

const DEFAULT_PORT = 9898;
const PORT = { min: 1024, max: 65535 };

const COMMON: readonly (OptionSpec & { readonly doc: string })[] = [
  { short: 'U', long: 'username', takesValue: true, doc: 'user of PCP (default: the user of the operating system)' },
  { short: 'h', long: 'host', takesValue: true, doc: 'host, or directory of the Unix socket (default /tmp)' },
  { short: 'p', long: 'port', takesValue: true, doc: `port of PCP (default ${DEFAULT_PORT})` },
  { short: 'w', long: 'no-password', takesValue: false, doc: 'never prompt for a password' },
  { short: 'W', long: 'password', takesValue: false, doc: 'prompt for a password in any case' },
];
const LAST: readonly (OptionSpec & { readonly doc: string })[] = [
  { short: 'd', long: 'debug', takesValue: false, doc: 'show each message of the protocol' },
  { short: 'v', long: 'verbose', takesValue: false, doc: 'one line for each value, with its name' },
  { short: 'V', long: 'version', takesValue: false, doc: 'print the version' },
  { short: '?', long: 'help', takesValue: false, doc: 'print this help' },
];

const documented = (tool: Tool): readonly (OptionSpec & { readonly doc: string })[] => [
  ...COMMON,
  ...(tool.operand === undefined ? [] : [{ ...tool.operand.option, doc: tool.operand.doc }]),
  ...(tool.options ?? []),
  ...LAST,
];

export function parseToolLine(tool: Tool, args: readonly string[]): ToolParsed {
  const parsed = getopt(args, documented(tool));
  if (!parsed.ok) return refusedWithHint(tool, parsed.message);
  const given = new Map(parsed.options.map(({ short, value }) => [short, value]));
  if (given.has('?')) return { act: 'help' };
  if (given.has('V')) return { act: 'version' };
  const port = numberIn(given.get('p') ?? String(DEFAULT_PORT), PORT);
  if (port === null) {
    const { min, max } = PORT;
    return refused(tool, `Invalid port number "${given.get('p')}", must be between ${min} and ${max}`);
  }
  const operands = [...parsed.operands];
  const operand = operandOf(tool, given, operands);
  if (typeof operand === 'object' && operand !== null) return operand;
  return {
    act: 'run',
    host: given.get('h') ?? '',
    port,
    user: given.get('U') ?? null,
    prompt: promptOf(parsed.options),
    debug: given.has('d'),
    verbose: given.has('v'),
    operand,
    own: given,
    warnings: operands.map((extra) => `Warning: extra command-line argument "${extra}" ignored`),
  };
}

/** Of -w and -W the last one counts. */
function promptOf(options: readonly { readonly short: string }[]): ToolLine['prompt'] {
  const last = options.findLast(({ short }) => short === 'w' || short === 'W');
  return last === undefined ? 'where needed' : last.short === 'w' ? 'never' : 'always';
}

function operandOf(tool: Tool, given: ReadonlyMap<string, string>, operands: string[]): number | null | ToolParsed {
  const { operand } = tool;
  if (operand === undefined) return null;
  const text = given.get(operand.option.short) ?? operands.shift();
  if (text === undefined) return operand.required ? refusedWithHint(tool, `missing ${operand.name}`) : null;
  const number = numberIn(text, operand);
  return number ?? refused(tool, `Invalid ${operand.name} "${text}", must be ${rangeOf(operand)}`);
}

const rangeOf = ({ min, max }: Operand): string =>
  max === Number.MAX_SAFE_INTEGER ? `greater than ${min - 1}` : `between ${min} and ${max}`;

function numberIn(text: string, { min, max }: { readonly min: number; readonly max: number }): number | null {
  if (!/^\d{1,10}$/.test(text)) return null;
  const number = Number(text);
  return number >= min && number <= max ? number : null;
}

const refused = (tool: Tool, message: string): ToolParsed => ({ act: 'refused', message: `${tool.name}: ${message}` });

const refusedWithHint = (tool: Tool, message: string): ToolParsed => ({
  act: 'refused',
  message: `${tool.name}: ${message}\nTry "${tool.name} --help" for more information.\n`,
});

export function toolUsage(tool: Tool): string {
  const operand = tool.operand === undefined ? '' : ` [${tool.operand.name}]`;
  const rows = documented(tool).map(({ short, long, takesValue, doc }) => {
    const option = `  -${short}, --${long}${takesValue ? `=${long.toUpperCase().replaceAll('-', '_')}` : ''}`;
    return `${option.padEnd(30)} ${doc}`;
  });
  return `${tool.name} - ${tool.summary}\nUsage:\n${tool.name} [OPTION...]${operand}\nOptions:\n${rows.join('\n')}`;
}
