import type { QualifiedName } from './statement-class.ts';
import { constantText, type Fields, isFields, textAt, unwrap } from './tree.ts';

/** What was found anywhere in a tree. */
export interface Survey {
  readonly relations: readonly QualifiedName[];
  readonly functions: readonly QualifiedName[];
  readonly locks: boolean;
  readonly into: boolean;
  readonly temp: boolean;
  readonly dataChangingWith: boolean;
}

const DATA_CHANGES: ReadonlySet<string> = new Set(['InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt']);

/** Walks a tree without recursion: a statement may be thousands of levels deep. Nodes that stand in a field of fixed type come
 *  without their type's name, so that they are known by their fields. */
export function survey(tree: unknown): Survey {
  const relations = new Map<string, QualifiedName>();
  const functions = new Map<string, QualifiedName>();
  let locks = false;
  let into = false;
  let temp = false;
  let dataChangingWith = false;

  const visit = (node: Fields): void => {
    if (typeof node['relname'] === 'string') {
      const name = { schema: textAt(node, 'schemaname'), name: node['relname'] };
      remember(relations, name);
      if (node['relpersistence'] === 't' || isTempSchema(name.schema)) temp = true;
    }
    if (Array.isArray(node['funcname'])) {
      const parts = node['funcname'].map((part: unknown) => constantText(part) ?? '');
      remember(functions, { schema: parts.at(-2) ?? '', name: parts.at(-1) ?? '' });
    }
    if ('lockingClause' in node) locks = true;
    if ('intoClause' in node) into = true;
    if ('ctequery' in node && DATA_CHANGES.has(unwrap(node['ctequery'])[0])) dataChangingWith = true;
  };

  const open: unknown[] = [tree];
  while (open.length > 0) {
    const node = open.pop();
    if (Array.isArray(node)) {
      for (let i = node.length - 1; i >= 0; i--) open.push(node[i]);
    } else if (isFields(node)) {
      visit(node);
      for (const key of Object.keys(node).reverse()) {
        const value = node[key];
        if (typeof value === 'object' && value !== null) open.push(value);
      }
    }
  }
  return {
    relations: [...relations.values()],
    functions: [...functions.values()],
    locks,
    into,
    temp,
    dataChangingWith,
  };
}

/** pg_temp, or the schema behind it. */
export function isTempSchema(schema: string): boolean {
  return /^pg_temp(_\d+)?$/.test(schema);
}

function remember(names: Map<string, QualifiedName>, name: QualifiedName): void {
  const key = `${name.schema}\0${name.name}`;
  if (!names.has(key)) names.set(key, name);
}
