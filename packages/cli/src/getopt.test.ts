import { describe, expect, test } from 'vitest';
import { getopt, type OptionSpec } from './getopt.ts';

const SPECS: readonly OptionSpec[] = [
  { short: 'n', long: 'dont-detach', takesValue: false },
  { short: 'D', long: 'discard-status', takesValue: false },
  { short: 'd', long: 'debug', takesValue: false },
  { short: 'm', long: 'mode', takesValue: true },
];

const read = (line: string): string => {
  const parsed = getopt(line === '' ? [] : line.split(' '), SPECS);
  if (!parsed.ok) return parsed.message;
  const options = parsed.options.map(({ short, value }) => (value === '' ? short : `${short}=${value}`));
  return [...options, '|', ...parsed.operands].join(' ');
};

describe('command lines are read as GNU getopt_long reads them', () => {
  test.each([
    ['', '|'],
    ['-n -D', 'n D |'],
    ['-nD stop', 'n D | stop'],
    ['stop -m f', 'm=f | stop'],
    ['-mf stop -n', 'm=f n | stop'],
    ['-Dmfast', 'D m=fast |'],
    ['--mode=f', 'm=f |'],
    ['--mode f', 'm=f |'],
    ['--mo f', 'm=f |'],
    ['--dont', 'n |'],
    ['-m -n', 'm=-n |'],
    ['-n -- -D', 'n | -D'],
    ['-', '| -'],
    ['-Z', "invalid option -- 'Z'"],
    ['-nZ', "invalid option -- 'Z'"],
    ['--nope', "unrecognized option '--nope'"],
    ['--d', "option '--d' is ambiguous: --dont-detach, --discard-status, --debug"],
    ['-m', "option '-m' needs a value"],
    ['--mode', "option '--mode' needs a value"],
    ['--debug=1', "option '--debug' takes no value"],
  ])('%j', (line, expected) => {
    expect(read(line)).toBe(expected);
  });
});
