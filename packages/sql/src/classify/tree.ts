/** Reading a tree that came as JSON: fields that hold their default are absent. */
export type Fields = Readonly<Record<string, unknown>>;

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function fieldsAt(node: Fields, key: string): Fields {
  const value = node[key];
  return isFields(value) ? value : {};
}

export function listAt(node: Fields, key: string): readonly unknown[] {
  const value = node[key];
  return Array.isArray(value) ? value : [];
}

export function textAt(node: Fields, key: string): string {
  const value = node[key];
  return typeof value === 'string' ? value : '';
}

/** A node is an object with one key, its type. */
export function unwrap(node: unknown): readonly [type: string, fields: Fields] {
  if (isFields(node)) for (const type in node) return [type, fieldsAt(node, type)];
  return ['', {}];
}

/** The text of a constant or a plain string node; null for any other node. */
export function constantText(node: unknown): string | null {
  const [type, fields] = unwrap(node);
  switch (type) {
    case 'String':
      return textAt(fields, 'sval');
    case 'Integer':
      return String(fields['ival'] ?? 0);
    case 'Float':
      return textAt(fields, 'fval');
    case 'Boolean':
      return String(fields['boolval'] ?? false);
    case 'A_Const': {
      if ('sval' in fields) return textAt(fieldsAt(fields, 'sval'), 'sval');
      if ('ival' in fields) return String(fieldsAt(fields, 'ival')['ival'] ?? 0);
      if ('fval' in fields) return textAt(fieldsAt(fields, 'fval'), 'fval');
      if ('boolval' in fields) return String(fieldsAt(fields, 'boolval')['boolval'] ?? false);
      return null;
    }
    default:
      return null;
  }
}

const TEXT_TYPES: ReadonlySet<string> = new Set(['text', 'varchar']);

/** The text of a constant, a cast to a text type looked through: null for NULL, undefined for what is no such constant. */
export function plainConstant(node: unknown): string | null | undefined {
  let [type, fields] = unwrap(node);
  if (type === 'TypeCast') {
    const target = fieldsAt(fields, 'typeName');
    const name = constantText(listAt(target, 'names').at(-1)) ?? '';
    // A modifier would cut the text.
    if (!TEXT_TYPES.has(name) || 'typmods' in target || 'arrayBounds' in target) return undefined;
    [type, fields] = unwrap(fields['arg']);
  }
  if (type !== 'A_Const') return undefined;
  if (fields['isnull'] === true) return null;
  return 'sval' in fields ? textAt(fieldsAt(fields, 'sval'), 'sval') : undefined;
}
