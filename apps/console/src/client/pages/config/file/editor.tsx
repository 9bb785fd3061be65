'use client';

import { defaultKeymap, history, historyKeymap, toggleComment } from '@codemirror/commands';
import { type Diagnostic, lintGutter, lintKeymap, setDiagnostics } from '@codemirror/lint';
import { highlightSelectionMatches, searchKeymap } from '@codemirror/search';
import { Annotation, Compartment, EditorState } from '@codemirror/state';
import { EditorView, highlightActiveLine, highlightActiveLineGutter, keymap, lineNumbers } from '@codemirror/view';
import { useEffect, useRef } from 'react';
import { inkOnDust, pgpoolConf, poolHba } from './conf-language.ts';

export interface LineFinding {
  readonly line: number;
  readonly severity: 'error' | 'warning' | 'info';
  readonly message: string;
}

interface EditorProps {
  readonly label: string;
  readonly language: 'pgpool.conf' | 'pool_hba.conf';
  readonly text: string;
  readonly readOnly: boolean;
  readonly findings: readonly LineFinding[];
  /** Where to put the cursor: another object moves it again. Lines count from 1. */
  readonly goTo: { readonly line: number } | null;
  readonly onChange: (text: string) => void;
  readonly onLine: (line: number) => void;
}

/** Changes that come from outside are not the reader's, and are not told back. */
const fromOutside = Annotation.define<boolean>();

const look = EditorView.theme({
  '&': { height: '100%', fontSize: '13px', backgroundColor: 'var(--color-surface)', color: 'var(--color-ink)' },
  '&.cm-focused': { outline: '2px solid var(--color-focus)', outlineOffset: '-2px' },
  '.cm-scroller': { fontFamily: 'var(--font-mono)', lineHeight: '20px' },
  '.cm-content': { caretColor: 'var(--color-ink)' },
  '.cm-cursor': { borderLeftColor: 'var(--color-ink)' },
  '.cm-gutters': {
    backgroundColor: 'var(--color-surface)',
    color: 'var(--color-ink-3)',
    borderRight: '1px solid var(--color-line)',
  },
  '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: 'var(--color-hover)' },
  '.cm-selectionBackground, &.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground': {
    backgroundColor: 'var(--color-select)',
  },
  '.cm-selectionMatch': { backgroundColor: 'var(--color-select)' },
  '.cm-panels, .cm-tooltip': {
    backgroundColor: 'var(--color-surface)',
    color: 'var(--color-ink)',
    border: '1px solid var(--color-line)',
  },
});

/** CodeMirror over one file. Loaded by itself: it is large, and only two pages need it. */
export default function Editor(props: EditorProps) {
  const { label, language, text, readOnly, findings, goTo } = props;
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const locked = useRef(new Compartment());
  const told = useRef(props);
  useEffect(() => {
    told.current = props;
  });

  // biome-ignore lint/correctness/useExhaustiveDependencies: the view is made once; what changes is dispatched below
  useEffect(() => {
    if (place.current === null) return;
    const made = new EditorView({
      parent: place.current,
      state: EditorState.create({
        doc: text,
        extensions: [
          lineNumbers(),
          lintGutter(),
          history(),
          highlightActiveLine(),
          highlightActiveLineGutter(),
          highlightSelectionMatches(),
          language === 'pgpool.conf' ? pgpoolConf : poolHba,
          inkOnDust,
          look,
          EditorView.lineWrapping,
          EditorView.contentAttributes.of({ 'aria-label': label, tabindex: '0' }),
          locked.current.of(EditorState.readOnly.of(readOnly)),
          // Tab leaves the editor, as anywhere on the page.
          keymap.of([
            ...defaultKeymap,
            ...historyKeymap,
            ...searchKeymap,
            ...lintKeymap,
            { key: 'Mod-/', run: toggleComment },
          ]),
          EditorView.updateListener.of((update) => {
            if (update.docChanged && !update.transactions.some((one) => one.annotation(fromOutside) === true))
              told.current.onChange(update.state.doc.toString());
            if (update.selectionSet && update.view.hasFocus)
              told.current.onLine(update.state.doc.lineAt(update.state.selection.main.head).number);
          }),
        ],
      }),
    });
    view.current = made;
    return () => {
      made.destroy();
      view.current = null;
    };
  }, []);

  useEffect(() => {
    const now = view.current;
    if (now === null || now.state.doc.toString() === text) return;
    const changes = { from: 0, to: now.state.doc.length, insert: text };
    now.dispatch({ changes, annotations: fromOutside.of(true) });
  }, [text]);

  useEffect(() => {
    view.current?.dispatch({ effects: locked.current.reconfigure(EditorState.readOnly.of(readOnly)) });
  }, [readOnly]);

  useEffect(() => {
    const now = view.current;
    if (now === null) return;
    const { doc } = now.state;
    const diagnostics: Diagnostic[] = findings
      .filter(({ line }) => line >= 1 && line <= doc.lines)
      .map(({ line, severity, message }) => {
        const { from, to } = doc.line(line);
        return { from, to, severity, message };
      });
    now.dispatch(setDiagnostics(now.state, diagnostics));
  }, [findings]);

  useEffect(() => {
    const now = view.current;
    if (now === null || goTo === null) return;
    const { from } = now.state.doc.line(Math.min(Math.max(goTo.line, 1), now.state.doc.lines));
    now.dispatch({ selection: { anchor: from }, effects: EditorView.scrollIntoView(from, { y: 'center' }) });
    now.focus();
  }, [goTo]);

  return <div ref={place} className="code-editor" />;
}
