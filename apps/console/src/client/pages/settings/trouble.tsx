import { Glyph } from '../../ui/glyph.tsx';

/** What the server refused, in its words; announced as it appears. */
export function Trouble({ text }: { readonly text: string }) {
  return (
    <div role="alert">
      {text !== '' && (
        <p className="flex items-start gap-2">
          <Glyph kind="down" />
          <span className="min-w-0">{text}</span>
        </p>
      )}
    </div>
  );
}
