import { BodyReader } from '../../reader.ts';
import { Frontend } from '../../types.ts';
import { MessageWriter } from '../../writer.ts';

export interface Bind {
  readonly portal: string;
  readonly statement: string;
  /** 0 text, 1 binary: none for all text, one for all, or one each. */
  readonly parameterFormats: readonly number[];
  readonly values: readonly (Buffer | null)[];
  readonly resultFormats: readonly number[];
}

/**
 * Bind ('B', frontend): fills a prepared statement's parameters and creates a portal.
 * Body: CString portal, CString statement, Int16 n, n formats, Int16 m, m of (Int32 length or -1, bytes), Int16 r,
 * r formats. Values alias `body`. @throws ProtocolError 08P01.
 */
export function decodeBind(body: Buffer): Bind {
  const reader = new BodyReader(body);
  const bind = {
    portal: reader.cstring(),
    statement: reader.cstring(),
    parameterFormats: readFormats(reader),
    values: readValues(reader),
    resultFormats: readFormats(reader),
  };
  reader.end();
  return bind;
}

function readFormats(reader: BodyReader): number[] {
  const count = reader.count16();
  const formats: number[] = [];
  for (let i = 0; i < count; i++) formats.push(reader.int16());
  return formats;
}

function readValues(reader: BodyReader): (Buffer | null)[] {
  const count = reader.count16();
  const values: (Buffer | null)[] = [];
  for (let i = 0; i < count; i++) values.push(reader.value());
  return values;
}

/** As decoded, except that a value may be given as text. */
export type BindFields = Omit<Bind, 'values'> & { readonly values: readonly (string | Buffer | null)[] };

export function encodeBind({ portal, statement, parameterFormats, values, resultFormats }: BindFields): Buffer {
  const writer = new MessageWriter(256).begin(Frontend.BIND).cstring(portal).cstring(statement);
  writer.int16(parameterFormats.length);
  for (const format of parameterFormats) writer.int16(format);
  writer.int16(values.length);
  for (const value of values) writer.value(value);
  writer.int16(resultFormats.length);
  for (const format of resultFormats) writer.int16(format);
  return writer.end().finish();
}
