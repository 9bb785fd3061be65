/** A list with no more items than this stays whole. */
const WHOLE_MAX = 8;

/** Cuts each long list of nothing but literals and parameters, and each long list of rows of such, to its first item, in place.
 *  What is left is bounded by the cap on tokens, so that handing it to another thread is cheap. True if anything was cut. */
export function shortenLists(root: unknown): boolean {
  let shortened = false;
  const open: unknown[] = [root];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (Array.isArray(node)) {
      if (node.length > WHOLE_MAX && node.every(isLiteralOrRow)) {
        node.length = 1;
        shortened = true;
      }
      for (const item of node) if (isObject(item)) open.push(item);
    } else if (isObject(node)) {
      // The values of SET are what it says.
      if ('VariableSetStmt' in node) continue;
      for (const key in node) if (isObject(node[key])) open.push(node[key]);
    }
  }
  return shortened;
}

function isLiteralOrRow(node: unknown): boolean {
  if (isLiteral(node)) return true;
  if (!isObject(node)) return false;
  const { List: list, RowExpr: row } = node;
  const items = isObject(list) ? list['items'] : isObject(row) ? row['args'] : undefined;
  return Array.isArray(items) && items.every(isLiteral);
}

function isLiteral(node: unknown): boolean {
  return isObject(node) && ('A_Const' in node || 'ParamRef' in node || 'SetToDefault' in node);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
