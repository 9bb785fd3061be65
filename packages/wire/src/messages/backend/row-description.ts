import { BodyReader } from '../../reader.ts';
import { Backend } from '../../types.ts';
import { MessageWriter } from '../../writer.ts';

export interface ColumnDescription {
  readonly name: string;
  readonly tableOid: number;
  readonly column: number;
  readonly typeOid: number;
  readonly typeSize: number;
  readonly typeModifier: number;
  /** 0 text, 1 binary. */
  readonly format: number;
}

/** A column to describe; what is left out describes a text that comes from no table. */
export type ColumnSpec = Pick<ColumnDescription, 'name'> & Partial<ColumnDescription>;

/**
 * RowDescription ('T', backend): Int16 n, then n of CString name, Int32 table, Int16 column, Int32 type, Int16 size,
 * Int32 modifier, Int16 format. @throws ProtocolError 08P01.
 */
export function decodeRowDescription(body: Buffer): ColumnDescription[] {
  const reader = new BodyReader(body);
  const count = reader.count16();
  const columns: ColumnDescription[] = [];
  for (let i = 0; i < count; i++) {
    columns.push({
      name: reader.cstring(),
      tableOid: reader.uint32(),
      column: reader.int16(),
      typeOid: reader.uint32(),
      typeSize: reader.int16(),
      typeModifier: reader.int32(),
      format: reader.int16(),
    });
  }
  reader.end();
  return columns;
}

export function encodeRowDescription(columns: readonly ColumnSpec[]): Buffer {
  const writer = new MessageWriter(256).begin(Backend.ROW_DESCRIPTION).int16(columns.length);
  for (const column of columns) {
    writer
      .cstring(column.name)
      .int32(column.tableOid ?? 0)
      .int16(column.column ?? 0)
      .int32(column.typeOid ?? 25)
      .int16(column.typeSize ?? -1)
      .int32(column.typeModifier ?? -1)
      .int16(column.format ?? 0);
  }
  return writer.end().finish();
}
