/** How the tools lay out their answers, to the blank. */

const escaped = (char: string): string => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`;

/** A statement or a name that a client chose stays within its line, and moves no terminal. */
export const visible = (value: string): string => value.replaceAll(/\p{Cc}/gu, escaped);

/** The same for a text of several lines. */
export const visibleLines = (text: string): string => text.split('\n').map(visible).join('\n');

/** `Title : value`, titles padded to the longest, and an empty line behind. */
export function titled(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([title]) => title.length));
  return rows.map(([title, value]) => `${title.padEnd(width)} : ${value}\n`).join('');
}

/** `YYYY-MM-DD HH:MM:SS` in this machine's zone. */
export function localTime(seconds: number): string {
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime())) return '';
  const two = (number: number): string => String(number).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}
