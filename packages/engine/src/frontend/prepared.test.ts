import { describe, expect, it } from 'vitest';
import type { StatementRoute } from '../routing/types.ts';
import { PREPARED_BYTES_MAX, PreparedStatements } from './prepared.ts';

const route = {} as StatementRoute;
const one = (name: string, bytes: number) => ({
  name,
  message: Buffer.alloc(bytes),
  bySql: false,
  route,
  generation: 0,
  scope: '',
});

describe('what one client may prepare', () => {
  it('small statements count with what keeping them costs', () => {
    const statements = new PreparedStatements();
    for (let i = 0; i < 100_000; i++) statements.add(one(`s${i}`, 10));
    expect(statements.bytes).toBeLessThanOrEqual(PREPARED_BYTES_MAX);
    expect(statements.get('s0')).toBeDefined();
    expect(statements.get('s99999')).toBeUndefined();
    for (let i = 0; i < 100_000; i++) statements.remove(`s${i}`);
    expect(statements.bytes).toBe(0);
  });

  it('one that does not fit takes the place of the one before it: nobody knows it', () => {
    const statements = new PreparedStatements();
    statements.add(one('s', 100));
    statements.add(one('s', PREPARED_BYTES_MAX - 100));
    expect(statements.get('s')).toBeUndefined();
    expect(statements.bytes).toBe(0);
  });
});
