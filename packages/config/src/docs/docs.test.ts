import { describe, expect, test } from 'vitest';
import {
  defaults,
  diffSettings,
  formatIssue,
  loadConfig,
  parameters,
  parseConfig,
  parseHba,
  parsePcpConf,
} from '../index.ts';
import { renderAll, renderReference, renderSample } from './render.ts';
import { staleFiles } from './write.ts';

test('the files in the repository are what the table says', () => {
  expect(staleFiles(), 'run npm run docs').toEqual([]);
});

describe('the sample configuration', () => {
  const sample = renderSample(new Map());

  test('means the defaults, without a word of warning', () => {
    const result = parseConfig({ text: sample, file: 'f' });
    expect(result.ok && result.settings).toEqual(defaults());
    expect(result.warnings).toEqual([]);
  });

  test('still means the defaults when every line is uncommented, but for the numbered slots', () => {
    const result = loadConfig({ text: sample.replaceAll(/^#(?=[a-z])/gm, ''), file: 'f' });
    expect(result.ok ? [] : result.issues.map(formatIssue)).toEqual([]);
    const changes = result.ok ? diffSettings(defaults(), result.settings).map((c) => c.name) : [];
    expect(changes.filter((name) => !/[01]$/.test(name))).toEqual([]);
    expect(changes).toContain('backend_port1');
  });

  test('names every parameter', () => {
    for (const p of parameters) {
      if (p.aliasOf === undefined) expect(sample, p.name).toMatch(new RegExp(`^#${p.name}[01]? = `, 'm'));
    }
  });
});

test('the sample for streaming replication loads', () => {
  const result = parseConfig({ text: renderAll()['compat/etc/pgpool.conf.sample-stream'] ?? '', file: 'f' });
  expect(result.ok && result.settings.explicit.size).toBe(3);
});

test('the samples of pool_hba.conf and pcp.conf load, and the first lets in local users only', () => {
  const files = renderAll();
  const hba = parseHba({ text: files['compat/etc/pool_hba.conf.sample'] ?? '', file: 'f' });
  expect(hba).toMatchObject({
    ok: true,
    rules: [{ type: 'local' }, { type: 'host', address: { kind: 'network' } }, { type: 'host' }],
    warnings: [],
  });
  expect(parsePcpConf(files['compat/etc/pcp.conf.sample'] ?? '')).toMatchObject({ entries: [], warnings: [] });
});

test('the reference page has a heading for every parameter', () => {
  const page = renderReference();
  for (const p of parameters) expect(page, p.name).toMatch(new RegExp(`^### ${p.name}N?(, also with N)?$`, 'm'));
});
