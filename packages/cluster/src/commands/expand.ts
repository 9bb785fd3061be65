/**
 * Placeholders of failover_command and its kin. A value of harmless characters is pasted as Pgpool-II does; any other is
 * quoted for the place where it stands, so that no host name or directory ever becomes a command. Pure.
 */

export interface CommandFacts {
  /** The node that was detached or attached. */
  readonly node: CommandNode;
  /** The new main node (of follow_primary_command: the new primary); null = none. */
  readonly newMain: CommandNode | null;
  readonly oldMain: number | null;
  readonly oldPrimary: CommandNode | null;
}

export interface CommandNode {
  readonly id: number;
  readonly host: string;
  readonly port: number;
  readonly dataDirectory: string;
}

const HARMLESS = /^[A-Za-z0-9_./:@+-]*$/;
/** What stands for a value that nobody has. */
const NONE = '""';

export function expandCommand(template: string, facts: CommandFacts): string {
  const { node, newMain, oldPrimary } = facts;
  let out = '';
  let quote: 'none' | 'single' | 'double' = 'none';
  for (let i = 0; i < template.length; i++) {
    const char = template.charAt(i);
    if (char !== '%') {
      if (char === '\\' && quote !== 'single') {
        out += char + template.charAt(++i);
        continue;
      }
      if (char === "'" && quote !== 'double') quote = quote === 'single' ? 'none' : 'single';
      else if (char === '"' && quote !== 'single') quote = quote === 'double' ? 'none' : 'double';
      out += char;
      continue;
    }
    const name = template.charAt(++i);
    switch (name) {
      case '%':
        out += '%';
        break;
      // These three always come with a blank in front.
      case 'd':
        out += ` ${node.id}`;
        break;
      case 'p':
        out += ` ${node.port}`;
        break;
      case 'm':
        out += ` ${newMain?.id ?? -1}`;
        break;
      case 'h':
        out += pasted(node.host, quote);
        break;
      case 'D':
        out += pasted(node.dataDirectory, quote);
        break;
      case 'H':
        out += newMain === null ? NONE : pasted(newMain.host, quote);
        break;
      case 'R':
        out += newMain === null ? NONE : pasted(newMain.dataDirectory, quote);
        break;
      case 'r':
        out += newMain === null ? NONE : String(newMain.port);
        break;
      case 'M':
        out += String(facts.oldMain ?? -1);
        break;
      case 'P':
        out += String(oldPrimary?.id ?? -1);
        break;
      case 'N':
        out += oldPrimary === null ? NONE : pasted(oldPrimary.host, quote);
        break;
      case 'S':
        out += oldPrimary === null ? NONE : String(oldPrimary.port);
        break;
      default: // unknown ones vanish
    }
  }
  return out;
}

/** @param quote the quotes that are open where the value stands */
function pasted(value: string, quote: 'none' | 'single' | 'double'): string {
  if (HARMLESS.test(value)) return value;
  const inSingle = value.replaceAll("'", `'\\''`);
  if (quote === 'single') return inSingle;
  return quote === 'none' ? `'${inSingle}'` : value.replace(/[\\"$`]/g, '\\$&').replaceAll('!', `"'!'"`);
}
