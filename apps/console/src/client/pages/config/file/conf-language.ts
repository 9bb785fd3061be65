/** pgpool.conf and pool_hba.conf for the editor: comments, names, texts, numbers. The engine judges; this only colours. */
import { HighlightStyle, StreamLanguage, type StringStream, syntaxHighlighting } from '@codemirror/language';
import type { Extension } from '@codemirror/state';
import { tags } from '@lezer/highlight';

interface LineState {
  /** Words that were read on this line. */
  words: number;
}

const start = (): LineState => ({ words: 0 });

function comment(stream: StringStream): boolean {
  if (stream.peek() !== '#') return false;
  stream.skipToEnd();
  return true;
}

export const pgpoolConf = StreamLanguage.define<LineState>({
  name: 'pgpool.conf',
  startState: start,
  token(stream, state) {
    if (stream.sol()) state.words = 0;
    if (stream.eatSpace()) return null;
    if (comment(stream)) return 'comment';
    if (stream.eat('=')) return 'operator';
    if (stream.match(/^'(?:[^'\\\n]|\\.)*'?/)) return 'string';
    if (state.words === 0 && stream.match(/^[A-Za-z_]\w*/)) {
      state.words++;
      return 'propertyName';
    }
    state.words++;
    if (stream.match(/^(?:on|off|true|false|yes|no)(?=\s|#|$)/i)) return 'bool';
    if (stream.match(/^[-+]?[0-9.]+[A-Za-z]*/)) return 'number';
    if (stream.match(/^[^\s#=']+/)) return 'string';
    stream.next();
    return null;
  },
  languageData: { commentTokens: { line: '#' } },
});

const HBA_KINDS =
  /^(?:local|host|hostssl|hostnossl|hostgssenc|hostnogssenc|include|include_dir|include_if_exists)(?=\s|$)/;

export const poolHba = StreamLanguage.define<LineState>({
  name: 'pool_hba.conf',
  startState: start,
  token(stream, state) {
    if (stream.sol()) state.words = 0;
    if (stream.eatSpace()) return null;
    if (comment(stream)) return 'comment';
    if (state.words === 0 && stream.match(HBA_KINDS)) {
      state.words++;
      return 'propertyName';
    }
    state.words++;
    if (stream.match(/^"[^"\n]*"?/)) return 'string';
    if (stream.match(/^[0-9a-fA-F]*[.:][0-9a-fA-F.:]*(?:\/[0-9]+)?(?=\s|$)/)) return 'number';
    if (stream.match(/^(?:trust|reject|md5|scram-sha-256|password|cert|ldap|pam)(?=\s|$)/)) return 'bool';
    if (!stream.match(/^[^\s#",]+/)) stream.next();
    return null;
  },
  languageData: { commentTokens: { line: '#' } },
});

/** Ink and petrol, not hues: colour is for health. */
export const inkOnDust: Extension = syntaxHighlighting(
  HighlightStyle.define([
    { tag: tags.comment, color: 'var(--color-ink-3)' },
    { tag: tags.propertyName, color: 'var(--color-ink)', fontWeight: '500' },
    { tag: [tags.string, tags.number, tags.bool], color: 'var(--color-data-1)' },
    { tag: tags.operator, color: 'var(--color-ink-3)' },
  ]),
);
