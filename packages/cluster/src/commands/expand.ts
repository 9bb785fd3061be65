/**
 * Placeholders of failover_command and its kin. A value of harmless characters is pasted as Pgpool-II does; any other is
 * quoted for the place where it stands, so that no host name or directory ever becomes a command. Pure.
 */
import { ShellPlace } from './shell-place.ts';

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

/** A value cannot be made harmless at its place: the command is not run. */
export class UnsafePlaceError extends Error {
  readonly code = 'UNSAFE_PLACE';
}

/** @throws UnsafePlaceError */
export function expandCommand(template: string, facts: CommandFacts): string {
  const { node, newMain, oldPrimary } = facts;
  let out = '';
  const shell = new ShellPlace();
  for (let i = 0; i < template.length; i++) {
    const char = template.charAt(i);
    if (char !== '%') {
      const taken = shell.read(template, i);
      out += template.slice(i, i + taken);
      i += taken - 1;
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
        out += pasted(node.host, shell);
        break;
      case 'D':
        out += pasted(node.dataDirectory, shell);
        break;
      case 'H':
        out += newMain === null ? NONE : pasted(newMain.host, shell);
        break;
      case 'R':
        out += newMain === null ? NONE : pasted(newMain.dataDirectory, shell);
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
        out += oldPrimary === null ? NONE : pasted(oldPrimary.host, shell);
        break;
      case 'S':
        out += oldPrimary === null ? NONE : String(oldPrimary.port);
        break;
      default: // unknown ones vanish
    }
  }
  return out;
}

function pasted(value: string, shell: ShellPlace): string {
  if (HARMLESS.test(value)) return value;
  const inSingle = value.replaceAll("'", `'\\''`);
  switch (shell.place) {
    case 'single':
      return inSingle;
    case 'none':
      return `'${inSingle}'`;
    case 'double':
      return value.replace(/[\\"$`]/g, '\\$&').replaceAll('!', `"'!'"`);
    case 'unsafe':
      throw new UnsafePlaceError(
        `the value ${JSON.stringify(value)} stands within backquotes, \${} or $'' of the command, where it cannot be quoted`,
      );
  }
}
