/** libpq's `name=value` connection strings, as primary_conninfo holds them. Pure. */

/** @returns null when the text cannot be read as one (a URI, or broken quoting) */
export function parseConninfo(text: string): Map<string, string> | null {
  const settings = new Map<string, string>();
  let at = 0;
  const skip = (): void => {
    while (/\s/.test(text.charAt(at))) at++;
  };
  for (;;) {
    skip();
    if (at >= text.length) return settings;
    const name = /^[a-z_]+/.exec(text.slice(at))?.[0];
    if (name === undefined) return null;
    at += name.length;
    skip();
    if (text.charAt(at) !== '=') return null;
    at++;
    skip();
    let value = '';
    const quoted = text.charAt(at) === "'";
    if (quoted) at++;
    for (;;) {
      const char = text.charAt(at);
      if (char === '') {
        if (quoted) return null;
        break;
      }
      if (quoted ? char === "'" : /\s/.test(char)) break;
      if (char === '\\') at++;
      value += text.charAt(at);
      at++;
    }
    if (quoted) at++;
    settings.set(name, value);
  }
}

export function formatConninfo(settings: ReadonlyMap<string, string>): string {
  return [...settings].map(([name, value]) => `${name}=${quote(value)}`).join(' ');
}

const quote = (value: string): string =>
  /^[A-Za-z0-9_./:@+-]+$/.test(value) ? value : `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

/** The same connection to another server. */
export function repointed(conninfo: string, to: { readonly host: string; readonly port: number }): string | null {
  const settings = parseConninfo(conninfo);
  if (settings === null) return null;
  settings.delete('hostaddr');
  settings.set('host', to.host);
  settings.set('port', String(to.port));
  return formatConninfo(settings);
}
