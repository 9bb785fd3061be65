/** Where a command writes; tests give their own. Each call is one line (or several), the newline is added. */
export interface CommandIo {
  stdout(text: string): void;
  stderr(text: string): void;
}

/** A reader that went away (`| head`, a closed terminal) is no reason to fail. */
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

export const processIo: CommandIo = {
  stdout: (text) => process.stdout.write(`${text}\n`),
  stderr: (text) => process.stderr.write(`${text}\n`),
};

/** All of standard input; nothing when it is a terminal. */
export async function readStdin(): Promise<string> {
  if (process.stdin.isTTY) return '';
  let text = '';
  for await (const chunk of process.stdin.setEncoding('utf8')) text += String(chunk);
  return text;
}
