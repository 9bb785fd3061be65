import { CommandError } from './errors.ts';

/** A password from the person at the terminal, without echo; from a pipe, its first line. */
export async function askPassword(question: string): Promise<string> {
  const { stdin } = process;
  stdin.setEncoding('utf8');
  if (!stdin.isTTY) {
    let text = '';
    for await (const chunk of stdin) {
      text += String(chunk);
      if (text.includes('\n')) break;
    }
    return firstLine(text);
  }
  process.stderr.write(question);
  stdin.setRawMode(true);
  try {
    return await typedLine(stdin);
  } finally {
    stdin.setRawMode(false);
    stdin.pause();
    process.stderr.write('\n');
  }
}

const firstLine = (text: string): string => text.split('\n', 1).join('').replace(/\r$/, '');

/** In raw mode the terminal does nothing for us: line end, backspace, Ctrl-U, Ctrl-C and Ctrl-D are read here. */
function typedLine(stdin: NodeJS.ReadStream): Promise<string> {
  return new Promise((resolve, reject) => {
    let typed = '';
    const read = (chunk: string): void => {
      for (const key of chunk) {
        switch (key) {
          case '\r':
          case '\n':
          case '\x04':
            stdin.removeListener('data', read);
            resolve(typed);
            return;
          case '\x03':
            stdin.removeListener('data', read);
            reject(new CommandError('interrupted'));
            return;
          case '\x7f':
          case '\b':
            typed = [...typed].slice(0, -1).join('');
            break;
          case '\x15':
            typed = '';
            break;
          default:
            typed += key;
        }
      }
    };
    stdin.on('data', read);
  });
}
