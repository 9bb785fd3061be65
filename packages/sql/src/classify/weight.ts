import type { StatementClass } from './statement-class.ts';

const CLASS_BYTES = 800;
const NAME_BYTES = 96;

/** About what a class weighs in memory, in bytes: for the budget of a cache. */
export function weightOf(found: StatementClass): number {
  const { relations, functions, operators, types, attributes, settingsRead, settingsSet, detail } = found;
  let bytes = CLASS_BYTES;
  for (const names of [relations, functions, operators, types]) {
    for (const { schema, name } of names) bytes += NAME_BYTES + 2 * (schema.length + name.length);
  }
  for (const name of attributes) bytes += NAME_BYTES / 2 + 2 * name.length;
  for (const name of settingsRead ?? []) bytes += NAME_BYTES / 2 + 2 * name.length;
  for (const { name, value } of settingsSet ?? []) bytes += NAME_BYTES + 2 * (name.length + (value?.length ?? 0));
  if (detail.kind === 'set') for (const value of detail.values ?? []) bytes += NAME_BYTES / 2 + 2 * value.length;
  // PREPARE and EXPLAIN share their lists with the statement inside.
  return detail.kind === 'prepare' || detail.kind === 'explain' ? bytes + CLASS_BYTES : bytes;
}
