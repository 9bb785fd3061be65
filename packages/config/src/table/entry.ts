/** Largest value of a 32-bit parameter. */
export const INT = 2_147_483_647;
/** Largest value of a 64-bit parameter. As a JavaScript number it is exact to the nearest 1024. */
export const LONG = 2 ** 63;

/** When a changed value is taken over: at start only, on reload, or (also) by `PGPOOL SET` for one session. */
export type Context = 'start' | 'reload' | 'session';

/** The unit of a bare number in the file, and of the value in `Settings`. */
export type Unit = 'ms' | 's' | 'min' | 'B' | 'kB';

interface Common {
  readonly context: Context;
  /** Set where the reference manual names another context than the program follows. */
  readonly documentedContext?: Context;
  /** First release that knows the name. */
  readonly since: string;
  /** One paragraph, as shown on the reference page and in the console. */
  readonly doc: string;
  /** Absent: a Pgpool-II parameter. */
  readonly origin?: 'pgherd';
  /** The name carries a number from 0 to `max - 1`; with `free` it may also stand alone, for all nodes. */
  readonly indexed?: { readonly max: number; readonly free: boolean };
  /** The value is shown as `*****` everywhere. */
  readonly secret?: true;
  /** An old spelling of the named parameter; it has no value of its own. */
  readonly aliasOf?: string;
}

export interface BoolSpec extends Common {
  readonly type: 'bool';
  readonly default: boolean;
}
export interface NumberSpec extends Common {
  readonly type: 'int' | 'double';
  /** May lie outside `min` to `max`: a port of 0 means "not used" and is not a value that a file may give. */
  readonly default: number;
  readonly min: number;
  readonly max: number;
  readonly unit?: Unit;
  /** Shown as four octal digits (file modes). */
  readonly octal?: true;
}
export interface StringSpec extends Common {
  readonly type: 'string';
  readonly default: string;
}
export interface EnumSpec extends Common {
  readonly type: 'enum';
  readonly default: string;
  readonly values: readonly string[];
  /** Spellings that are accepted and stand for one of `values`. */
  readonly synonyms?: Readonly<Record<string, string>>;
}
export interface ListSpec extends Common {
  readonly type: 'list';
  /** As written in a file. */
  readonly default: string;
  readonly separator: ',' | ';';
  /** Elements are POSIX extended regular expressions. */
  readonly regex?: true;
}

export type ParameterSpec = BoolSpec | NumberSpec | StringSpec | EnumSpec | ListSpec;
export type ParameterGroup = Readonly<Record<string, ParameterSpec>>;

/** A parameter's value in the shape that `Settings` holds it. */
export type Value = boolean | number | string | readonly string[];

/** The TypeScript type of one entry's value. */
export type ValueOf<P> = P extends { readonly type: 'bool' }
  ? boolean
  : P extends { readonly type: 'int' | 'double' }
    ? number
    : P extends { readonly type: 'enum'; readonly values: readonly (infer V)[] }
      ? V
      : P extends { readonly type: 'list' }
        ? readonly string[]
        : string;
