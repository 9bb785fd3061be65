/**
 * Command lines as GNU getopt_long reads them, because scripts written for Pgpool-II rely on it: `-Dn`, `-mf`, `-m f`,
 * `--mode=f`, `--mode f`, unambiguous beginnings of long names, operands between options, `--` to end them.
 */
export interface OptionSpec {
  readonly short: string;
  readonly long: string;
  readonly takesValue: boolean;
}

export type ParsedLine =
  | {
      readonly ok: true;
      /** In the order given, by their short names. */
      readonly options: readonly { readonly short: string; readonly value: string }[];
      readonly operands: readonly string[];
    }
  | { readonly ok: false; readonly message: string };

export function getopt(args: readonly string[], specs: readonly OptionSpec[]): ParsedLine {
  const options: { short: string; value: string }[] = [];
  const operands: string[] = [];
  const rest = [...args];
  const take = (spec: OptionSpec, name: string, attached: string | null): string | null => {
    if (!spec.takesValue) {
      if (attached !== null) return `option '${name}' takes no value`;
      options.push({ short: spec.short, value: '' });
      return null;
    }
    const value = attached ?? rest.shift();
    if (value === undefined) return `option '${name}' needs a value`;
    options.push({ short: spec.short, value });
    return null;
  };
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    let wrong: string | null = null;
    if (arg === '--') operands.push(...rest.splice(0));
    else if (arg.startsWith('--')) wrong = longOption(arg, specs, take);
    else if (arg.startsWith('-') && arg !== '-') wrong = shortOptions(arg, specs, take);
    else operands.push(arg);
    if (wrong !== null) return { ok: false, message: wrong };
  }
  return { ok: true, options, operands };
}

type Take = (spec: OptionSpec, name: string, attached: string | null) => string | null;

function longOption(arg: string, specs: readonly OptionSpec[], take: Take): string | null {
  const equals = arg.indexOf('=');
  const name = equals === -1 ? arg.slice(2) : arg.slice(2, equals);
  const exact = specs.filter((spec) => spec.long === name);
  const fitting = exact.length > 0 ? exact : specs.filter((spec) => spec.long.startsWith(name));
  const [spec] = fitting;
  if (spec === undefined) return `unrecognized option '--${name}'`;
  if (fitting.length > 1) return `option '--${name}' is ambiguous: ${fitting.map((one) => `--${one.long}`).join(', ')}`;
  return take(spec, `--${spec.long}`, equals === -1 ? null : arg.slice(equals + 1));
}

/** `-nD` is two options; what follows one that takes a value is that value. */
function shortOptions(arg: string, specs: readonly OptionSpec[], take: Take): string | null {
  for (let at = 1; at < arg.length; at++) {
    const letter = arg.charAt(at);
    const spec = specs.find((one) => one.short === letter);
    if (spec === undefined) return `invalid option -- '${letter}'`;
    const attached = spec.takesValue && at + 1 < arg.length ? arg.slice(at + 1) : null;
    const wrong = take(spec, `-${letter}`, attached);
    if (wrong !== null || spec.takesValue) return wrong;
  }
  return null;
}
