/** The question what names mean: one statement for all of them, harmless in any transaction, and how its rows are read. */
import type { QualifiedName } from '@pgherd/sql';
import type { Row } from '../frontend/engine-query.ts';

export interface Names {
  readonly relations: readonly QualifiedName[];
  readonly functions: readonly QualifiedName[];
  readonly operators: readonly QualifiedName[];
}

export interface FoundRelation {
  readonly kind: string;
  /** Of itself and of its children: `p`, `u`, `t`, each once. */
  readonly persistence: string;
  readonly isCatalog: boolean;
  /** SELECT of a view, or null. */
  readonly definition: string | null;
  /** Expressions of row-security policies, as a SELECT of them; null where there is none. */
  readonly policies: string | null;
}

export interface Meaning {
  readonly relations: readonly (FoundRelation | null)[];
  readonly functions: readonly ('i' | 's' | 'v' | null)[];
  readonly operators: readonly ('i' | 's' | 'v' | null)[];
}

/** As a literal that means the same whatever standard_conforming_strings says. */
function literal(text: string): string {
  return `E'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
}

function wanted(names: readonly QualifiedName[]): string {
  const rows = names.map(({ schema, name }, i) => `(${i}, ${literal(schema)}, ${literal(name)}::pg_catalog.name)`);
  return `(VALUES ${rows.join(', ')}) w(i, s, n)`;
}

const VOLATILITY = `pg_catalog.max(CASE p.provolatile WHEN 'v' THEN 2 WHEN 's' THEN 1 ELSE 0 END)::pg_catalog.text`;

function relationsSql(names: readonly QualifiedName[]): string {
  return `SELECT 'r', w.i::pg_catalog.text, CASE WHEN k.foreign_child THEN 'f' ELSE c.relkind::pg_catalog.text END,
 c.relpersistence::pg_catalog.text OPERATOR(pg_catalog.||) COALESCE(k.persistence, ''),
 (s.nspname IN ('pg_catalog', 'information_schema', 'pg_toast'))::pg_catalog.text,
 CASE WHEN c.relkind = 'v' AND s.nspname NOT IN ('pg_catalog', 'information_schema') THEN pg_catalog.pg_get_viewdef(c.oid) END,
 CASE WHEN c.relrowsecurity THEN (SELECT 'SELECT ' OPERATOR(pg_catalog.||) COALESCE(pg_catalog.string_agg(pg_catalog.pg_get_expr(y.polqual, y.polrelid), ', '), '1')
  FROM pg_catalog.pg_policy y WHERE y.polrelid = c.oid) END
 FROM ${wanted(names)} JOIN pg_catalog.pg_class c ON c.relname = w.n JOIN pg_catalog.pg_namespace s ON s.oid = c.relnamespace
 LEFT JOIN LATERAL (WITH RECURSIVE d(o) AS (SELECT h.inhrelid FROM pg_catalog.pg_inherits h WHERE h.inhparent = c.oid
   UNION SELECT h.inhrelid FROM pg_catalog.pg_inherits h JOIN d ON h.inhparent = d.o)
  SELECT pg_catalog.string_agg(DISTINCT x.relpersistence::pg_catalog.text, '') AS persistence,
   pg_catalog.bool_or(x.relkind = 'f') AS foreign_child FROM d JOIN pg_catalog.pg_class x ON x.oid = d.o) k ON c.relhassubclass
 WHERE CASE WHEN w.s = '' THEN pg_catalog.pg_table_is_visible(c.oid) ELSE s.nspname = w.s::pg_catalog.name END`;
}

function functionsSql(names: readonly QualifiedName[]): string {
  return `SELECT 'f', w.i::pg_catalog.text, ${VOLATILITY}, NULL, NULL, NULL, NULL
 FROM ${wanted(names)} JOIN pg_catalog.pg_proc p ON p.proname = w.n JOIN pg_catalog.pg_namespace s ON s.oid = p.pronamespace
 WHERE CASE WHEN w.s = '' THEN pg_catalog.pg_function_is_visible(p.oid) ELSE s.nspname = w.s::pg_catalog.name END GROUP BY w.i`;
}

function operatorsSql(names: readonly QualifiedName[]): string {
  return `SELECT 'o', w.i::pg_catalog.text, ${VOLATILITY}, NULL, NULL, NULL, NULL
 FROM ${wanted(names)} JOIN pg_catalog.pg_operator o ON o.oprname = w.n JOIN pg_catalog.pg_namespace s ON s.oid = o.oprnamespace
 JOIN pg_catalog.pg_proc p ON p.oid = o.oprcode::pg_catalog.oid
 WHERE CASE WHEN w.s = '' THEN pg_catalog.pg_operator_is_visible(o.oid) ELSE s.nspname = w.s::pg_catalog.name END GROUP BY w.i`;
}

/** @returns null when there is nothing to ask */
export function nameQuery({ relations, functions, operators }: Names): string | null {
  const parts: string[] = [];
  if (relations.length > 0) parts.push(relationsSql(relations));
  if (functions.length > 0) parts.push(functionsSql(functions));
  if (operators.length > 0) parts.push(operatorsSql(operators));
  return parts.length === 0 ? null : parts.join('\nUNION ALL\n');
}

const VOLATILITIES = ['i', 's', 'v'] as const;

export function readMeaning(names: Names, rows: readonly Row[]): Meaning {
  const relations: (FoundRelation | null)[] = names.relations.map(() => null);
  const functions: ('i' | 's' | 'v' | null)[] = names.functions.map(() => null);
  const operators: ('i' | 's' | 'v' | null)[] = names.operators.map(() => null);
  for (const [what, place, third, persistence, catalog, definition, policies] of rows) {
    const at = Number(place);
    if (what === 'r') {
      relations[at] = {
        kind: third ?? '',
        persistence: persistence ?? 'p',
        isCatalog: catalog === 'true',
        definition: definition ?? null,
        policies: policies ?? null,
      };
    } else (what === 'f' ? functions : operators)[at] = VOLATILITIES[Number(third)] ?? 'v';
  }
  return { relations, functions, operators };
}
