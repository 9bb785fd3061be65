import { parentPort } from 'node:worker_threads';
import { ParserInstance } from './instance.ts';
import { shortenLists } from './shorten-lists.ts';

/** What the parsing thread is asked and what it answers, one at a time. A tree goes back as JSON: cheaper than a cloned object. */
export type ThreadAnswer =
  | { readonly kind: 'ready' }
  | { readonly kind: 'tree'; readonly json: string; readonly listsShortened: boolean }
  | { readonly kind: 'syntax-error'; readonly message: string; readonly cursor: number }
  /** The last answer of this thread. */
  | { readonly kind: 'broken' };

/** Trees up to this size go back as they are. */
const JSON_CHARS_WHOLE = 128 * 1024;

let instance = await ParserInstance.create();

async function answer(text: string): Promise<ThreadAnswer> {
  if (instance.spent) instance = await ParserInstance.create();
  const outcome = instance.parse(text);
  if (outcome.kind !== 'tree') return outcome;
  if (outcome.json.length <= JSON_CHARS_WHOLE) return { ...outcome, listsShortened: false };
  const tree: unknown = JSON.parse(outcome.json);
  if (!shortenLists(tree)) return { ...outcome, listsShortened: false };
  return { kind: 'tree', json: JSON.stringify(tree), listsShortened: true };
}

const port = parentPort;
if (port !== null) {
  port.on('message', (text: string) => {
    answer(text).then(
      (result) => port.postMessage(result),
      () => port.postMessage({ kind: 'broken' } satisfies ThreadAnswer),
    );
  });
  port.postMessage({ kind: 'ready' } satisfies ThreadAnswer);
}
