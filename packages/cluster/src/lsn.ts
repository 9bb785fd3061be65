/** A write-ahead log position: a bigint inside, `X/Y` in hexadecimal at the edges. */

const LSN = /^([0-9a-f]{1,8})\/([0-9a-f]{1,8})$/i;

/** @returns null for a text that is no position */
export function parseLsn(text: string): bigint | null {
  const parts = LSN.exec(text);
  if (parts === null) return null;
  return (BigInt(`0x${parts[1]}`) << 32n) | BigInt(`0x${parts[2]}`);
}

export function formatLsn(lsn: bigint): string {
  return `${(lsn >> 32n).toString(16).toUpperCase()}/${(lsn & 0xffff_ffffn).toString(16).toUpperCase()}`;
}
