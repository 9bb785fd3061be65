import { check } from '../checks/check.ts';
import { supportIssues } from '../checks/not-yet.ts';
import { applyReload } from '../settings/reload.ts';
import { BACKEND_FLAGS, buildSettings, parseBackendFlags, type Settings } from '../settings/settings.ts';
import { lookUpName, type Parameter, parseValue, type Value } from '../table/index.ts';
import { ConfDocument } from './document.ts';
import { directoryOf, resolvePath } from './file-path.ts';
import type { ConfigInput, Places } from './input.ts';
import type { ConfigIssue } from './issue.ts';
import { type Assignment, modernise } from './old-files.ts';

export type ConfigResult =
  | {
      readonly ok: true;
      readonly settings: Settings;
      readonly warnings: readonly ConfigIssue[];
      readonly document: ConfDocument;
    }
  | { readonly ok: false; readonly issues: readonly ConfigIssue[]; readonly warnings: readonly ConfigIssue[] };

/** Reads a pgpool.conf completely or not at all: one error refuses it, and nothing of it is in effect. Never throws,
 *  whatever the text. `warnings` also holds the issues of severity `info`. */
export function parseConfig(input: ConfigInput): ConfigResult {
  const loaded = loadConfig(input);
  if (!loaded.ok) return loaded;
  const support = supportIssues(loaded.settings, loaded.where, input.file);
  const refused = support.filter((i) => i.severity === 'error');
  const warnings = [...loaded.warnings, ...support.filter((i) => i.severity !== 'error')];
  if (refused.length > 0) return { ok: false, issues: refused, warnings };
  if (input.previous === undefined) return { ok: true, settings: loaded.settings, warnings, document: loaded.document };
  const reload = applyReload(input.previous, loaded.settings);
  for (const parameter of reload.ignored) {
    const place = loaded.where.get(parameter);
    const message = 'has a new value that takes effect at the next start only';
    warnings.push({ severity: 'info', file: place?.file ?? input.file, line: place?.line ?? 0, parameter, message });
  }
  return { ok: true, settings: reload.settings, warnings, document: loaded.document };
}

export type LoadResult =
  | {
      readonly ok: true;
      readonly settings: Settings;
      readonly warnings: readonly ConfigIssue[];
      readonly document: ConfDocument;
      readonly where: Places;
    }
  | { readonly ok: false; readonly issues: readonly ConfigIssue[]; readonly warnings: readonly ConfigIssue[] };

/** `parseConfig` without the question whether this version can do what the file asks. */
export function loadConfig(input: ConfigInput): LoadResult {
  const issues: ConfigIssue[] = [];
  const { document, assignments } = readFiles(input, issues);
  const modern = modernise(assignments);
  issues.push(...modern.issues);

  const values = new Map<string, Value>();
  const raw = new Map<string, string>();
  const where = new Map<string, { file: string; line: number }>();
  for (const a of modern.current) {
    const found = lookUpName(a.name);
    if (found.kind !== 'known') continue;
    const { file, line } = a;
    const result = readValue(found.parameter, a.value);
    if (!result.ok) {
      const given = found.parameter.secret ? '*****' : a.value;
      const { message, allowed } = result;
      issues.push({ severity: 'error', file, line, parameter: found.canonical, given, allowed, message });
      continue;
    }
    values.set(found.canonical, result.value);
    raw.set(a.written, a.value);
    where.set(found.canonical, { file, line });
  }

  const files = [...new Set(issues.map((i) => i.file))];
  issues.sort((a, b) => files.indexOf(a.file) - files.indexOf(b.file) || a.line - b.line);
  const warnings = issues.filter((i) => i.severity !== 'error');
  const errors = issues.filter((i) => i.severity === 'error');
  if (errors.length > 0) return { ok: false, issues: errors, warnings };
  const settings = buildSettings(values, raw);
  const found = check(settings, where, input);
  warnings.push(...found.filter((i) => i.severity !== 'error'));
  const failed = found.filter((i) => i.severity === 'error');
  if (failed.length > 0) return { ok: false, issues: failed, warnings };
  return { ok: true, settings, warnings, document, where };
}

function readValue(parameter: Parameter, text: string): ReturnType<typeof parseValue> {
  if (parameter.name === 'backend_flag') {
    const parsed = parseBackendFlags(text);
    if ('message' in parsed)
      return { ok: false, message: parsed.message, allowed: `${BACKEND_FLAGS.join(', ')}, joined by |` };
  }
  return parseValue(parameter, text);
}

const INCLUDE_DEPTH_MAX = 10;
/** Ten levels of files that each include several others could grow without end; no real configuration has so many. */
const INCLUDES_MAX = 1000;

function readFiles(
  input: ConfigInput,
  issues: ConfigIssue[],
): { readonly document: ConfDocument; readonly assignments: readonly Assignment[] } {
  const assignments: Assignment[] = [];
  let includes = 0;
  const read = (text: string, file: string, depth: number): ConfDocument => {
    const { document, issues: found } = ConfDocument.read(text, file);
    issues.push(...found);
    for (const part of document.settings) {
      if (part.kind === 'setting') {
        assignments.push({ name: part.name, value: part.value, file, line: part.line });
        continue;
      }
      const refuse = (message: string): void => {
        issues.push({ severity: 'error', file, line: part.line, parameter: 'include', given: part.value, message });
      };
      if (depth >= INCLUDE_DEPTH_MAX) refuse(`is nested deeper than ${INCLUDE_DEPTH_MAX} files`);
      else if (++includes > INCLUDES_MAX) refuse(`makes more than ${INCLUDES_MAX} included files`);
      else {
        const path = resolvePath(directoryOf(file), part.value);
        const included = readOrNull(input.readFile, path);
        if (included === null) refuse('cannot be read');
        else read(included, path, depth + 1);
      }
    }
    return document;
  };
  const document = read(input.text, input.file, 0);
  return { document, assignments };
}

export function readOrNull(readFile: ConfigInput['readFile'], path: string): string | null {
  try {
    return readFile === undefined ? null : readFile(path);
  } catch {
    return null;
  }
}
