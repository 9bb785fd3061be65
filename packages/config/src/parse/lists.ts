import { type PatternResult, translateListPattern } from './pattern.ts';

/** One element of a redirect list: who matches `source` (a JavaScript expression, flag `i`) reads from `node`. */
export interface Redirect {
  readonly pattern: string;
  readonly source: string;
  readonly node: 'primary' | 'standby' | number;
  /** Share of the sessions that it applies to, 0 to 1. */
  readonly ratio: number;
}

/** One element of dml_adaptive_object_relationship_list: writing to `left` counts as writing to `right`. */
export interface ObjectRelationship {
  readonly left: RelatedObject;
  readonly right: RelatedObject;
}
export interface RelatedObject {
  readonly name: string;
  /** Written with `()` behind the name. */
  readonly isFunction: boolean;
}

export type ListResult<T> =
  | { readonly ok: true; readonly elements: readonly T[] }
  | { readonly ok: false; readonly message: string };

const NODE_ID_MAX = 127;

/** `pattern:node(ratio)`, separated by commas; the ratio is 1.0 unless given. */
export function parseRedirectList(text: string): ListResult<Redirect> {
  return eachElement(text, (element) => {
    const colon = element.lastIndexOf(':');
    if (colon < 1) return 'needs elements of the form pattern:node(ratio)';
    const pattern = element.slice(0, colon).trim();
    const target = /^(primary|standby|[0-9]{1,3})\s*(?:\(\s*([0-9]*\.?[0-9]+|[0-9]+\.)\s*\))?$/i.exec(
      element.slice(colon + 1).trim(),
    );
    const word = target?.[1]?.toLowerCase();
    if (word === undefined)
      return 'needs primary, standby or a node id behind the colon, and a ratio in round brackets if any';
    const ratio = target?.[2] === undefined ? 1 : Number(target[2]);
    if (ratio > 1) return 'holds a ratio that is not from 0.0 to 1.0';
    if (word !== 'primary' && word !== 'standby' && Number(word) > NODE_ID_MAX)
      return `holds a node id over ${NODE_ID_MAX}`;
    const translated = translateListPattern(pattern);
    if (!translated.ok) return `holds an expression that ${translated.message}`;
    const node = word === 'primary' || word === 'standby' ? word : Number(word);
    return { pattern, source: translated.source, node, ratio };
  });
}

/** `left:right`, separated by commas; `()` behind a name marks a function. */
export function parseObjectRelationships(text: string): ListResult<ObjectRelationship> {
  return eachElement(text, (element) => {
    const [left, right, more] = element.split(':').map((side) => side.trim());
    if (!left || !right || more !== undefined) return 'needs elements of the form left:right';
    return { left: readObject(left), right: readObject(right) };
  });
}

/** The expressions of a pattern list, see `translateListPattern`. */
export function translatePatternList(elements: readonly string[]): ListResult<string> {
  const sources: string[] = [];
  for (const element of elements) {
    const result: PatternResult = translateListPattern(element);
    if (!result.ok) return { ok: false, message: `holds an expression that ${result.message}` };
    sources.push(result.source);
  }
  return { ok: true, elements: sources };
}

function readObject(text: string): RelatedObject {
  const isFunction = /\(\s*\)$/.test(text);
  return { name: isFunction ? text.slice(0, text.lastIndexOf('(')).trim() : text, isFunction };
}

function eachElement<T extends object>(text: string, read: (element: string) => T | string): ListResult<T> {
  const elements: T[] = [];
  for (const element of text.split(',').map((e) => e.trim())) {
    if (element === '') continue;
    const result = read(element);
    if (typeof result === 'string') return { ok: false, message: result };
    elements.push(result);
  }
  return { ok: true, elements };
}
