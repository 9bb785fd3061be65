import { describe, expect, test } from 'vitest';
import { ConfDocument, quoteValue } from './document.ts';

const read = (text: string): ConfDocument => ConfDocument.read(text, 'f').document;
const SAMPLE = "# top\nport = 5000   # the port\n\n  max_pool 3 ssl=on\nlogdir = '/x' # old\nport = 6000\n";

describe('a document', () => {
  test('gives back the text it was read from', () => {
    expect(read(SAMPLE).toString()).toBe(SAMPLE);
    expect(read('').toString()).toBe('');
    expect(read("a b\r\n= broken ' here\nport 1").toString()).toBe("a b\r\n= broken ' here\nport 1");
  });
  test('answers with the last value of a name, old spellings included', () => {
    expect(read(SAMPLE).get('port')).toBe('6000');
    expect(read(SAMPLE).get('work_dir')).toBe('/x');
    expect(read(SAMPLE).get('listen_addresses')).toBeUndefined();
  });
  test('changes the line that counts and leaves everything else as it is', () => {
    expect(read(SAMPLE).set('port', '7000').toString()).toBe(SAMPLE.replace('6000', '7000'));
    expect(read(SAMPLE).set('max_pool', '9').toString()).toBe(SAMPLE.replace('max_pool 3', 'max_pool 9'));
  });
  test('writes the new name where it changes an old one', () => {
    expect(read(SAMPLE).set('work_dir', '/y').toString()).toContain("work_dir = '/y' # old\n");
  });
  test('adds a line for a name that it does not hold', () => {
    expect(read(SAMPLE).set('listen_addresses', '*').toString()).toBe(`${SAMPLE}listen_addresses = '*'\n`);
    expect(read('port = 1').set('ssl', 'on').toString()).toBe('port = 1\nssl = on\n');
  });
  test('takes out every line of a name, but keeps comments and neighbours', () => {
    expect(read(SAMPLE).remove('port').toString()).toBe(
      "# top\n   # the port\n\n  max_pool 3 ssl=on\nlogdir = '/x' # old\n",
    );
    expect(read(SAMPLE).remove('max_pool').get('ssl')).toBe('on');
    expect(read(SAMPLE).remove('ssl').get('max_pool')).toBe('3');
  });
  test('keeps what cannot be read when it is edited', () => {
    expect(ConfDocument.parse('= broken\nport = 1\n').set('port', '2').toString()).toBe('= broken\nport = 2\n');
  });
});

describe('a value as it is written', () => {
  test.each([
    ['on', 'on'],
    ['5432', '5432'],
    ['', "''"],
    ['a b', "'a b'"],
    ['/tmp', "'/tmp'"],
    ["it's", "'it\\'s'"],
    ["it\\'s", "'it\\'s'"],
    ['0600', "'0600'"],
  ])('%j becomes %j', (value, written) => expect(quoteValue(value)).toBe(written));

  test.each(['a\nb', 'a\0b', 'a\\'])('%j has no way to be written', (value) => {
    expect(() => quoteValue(value)).toThrow(RangeError);
  });
});
