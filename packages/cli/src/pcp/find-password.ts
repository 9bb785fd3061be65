/** Where the password of PCP comes from: .pcppass, PCPPASSWORD, PGPASSWORD, the person at the terminal; in this order. */
import os from 'node:os';
import path from 'node:path';
import { passwordFromFile } from '@pgherd/pcp';
import { programVariable } from '../env.ts';
import { askPassword } from '../prompt.ts';
import type { ToolLine } from './tool.ts';

/** @param tell a line for standard error */
export async function findPassword(line: ToolLine, user: string, tell: (text: string) => void): Promise<string> {
  if (line.prompt === 'always') return askPassword('Password: ');
  const file = programVariable('PCPPASSFILE') ?? path.join(os.homedir(), '.pcppass');
  const found = passwordFromFile(file, { host: line.host, port: line.port, user });
  if (found.found) return found.password;
  if (found.warning) tell(`WARNING: ${found.reason}`);
  const fromEnvironment = programVariable('PCPPASSWORD') ?? programVariable('PGPASSWORD');
  if (fromEnvironment !== undefined) return fromEnvironment;
  if (!found.warning) tell(`no password: ${found.reason}`);
  return line.prompt === 'never' ? '' : askPassword('Password: ');
}
