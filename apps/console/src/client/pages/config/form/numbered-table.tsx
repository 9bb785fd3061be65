'use client';

import { useTranslations } from 'next-intl';
import { useState } from 'react';
import { Button } from '../../../ui/button.tsx';
import { ContextChip } from '../../../ui/context-chip.tsx';
import { FieldMessages } from '../../../ui/field.tsx';
import { Panel } from '../../../ui/panel.tsx';
import { effectOf, sameValue, withUnit } from '../values.ts';
import type { Entry, RunningByProxy } from './entries.ts';
import { ParameterInput } from './parameter-input.tsx';
import { About } from './parameter-row.tsx';

interface NumberedTableProps {
  readonly title: string;
  /** Parameters that carry a number. */
  readonly entries: readonly Entry[];
  readonly values: ReadonlyMap<string, string>;
  readonly before: ReadonlyMap<string, string>;
  readonly running: RunningByProxy;
  readonly disabled: boolean;
  readonly reason: string | undefined;
  /** Null takes the line out. */
  readonly onEdit: (changes: readonly { readonly name: string; readonly value: string | null }[]) => void;
}

/** Numbers that are given for any of the entries, in order. */
export function numbersIn(entries: readonly Entry[], values: ReadonlyMap<string, string>): number[] {
  const names = new Set(entries.map(({ facts }) => facts.name));
  const found = new Set<number>();
  for (const name of values.keys()) {
    const [, base = '', digits] = /^(.*?)(\d+)$/.exec(name) ?? [];
    if (digits !== undefined && names.has(base)) found.add(Number(digits));
  }
  return [...found].sort((a, b) => a - b);
}

/** Backends, watchdog nodes, overrides per node: one column for each number, with add and remove. */
export function NumberedTable(props: NumberedTableProps) {
  const { title, entries, values, before, running, disabled, reason, onEdit } = props;
  const t = useTranslations('config.form');
  const given = numbersIn(entries, values);
  const numbers = [...new Set([...given, ...numbersIn(entries, before)])].sort((a, b) => a - b);
  const [first] = entries;
  if (first === undefined) return null;
  const max = first.facts.indexed?.max ?? 0;
  let free = 0;
  while (numbers.includes(free)) free++;
  const add = (): void =>
    onEdit([{ name: `${first.facts.name}${free}`, value: values.get(first.facts.name) ?? first.facts.default }]);
  return (
    <Panel
      title={title}
      count={t('numbered', { count: given.length })}
      end={
        <Button
          small
          icon="add"
          reason={reason ?? (free >= max ? t('noMore', { max: String(max) }) : undefined)}
          onClick={add}
        >
          {t('add', { number: String(free) })}
        </Button>
      }
    >
      {numbers.length === 0 ? (
        <p className="panel-part muted">{t('noneNumbered')}</p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a part that scrolls must be reachable by keyboard
        <section className="data-table-scroll" tabIndex={0} aria-label={title}>
          <table className="numbered">
            <thead>
              <tr>
                <th scope="col">{t('parameter')}</th>
                {numbers.map((number) => (
                  <th key={number} scope="col">
                    <span className="flex items-center gap-2">
                      {given.includes(number) ? (
                        t('number', { number: String(number) })
                      ) : (
                        <s className="diff-old">{t('number', { number: String(number) })}</s>
                      )}
                      <span className="flex-1" />
                      {given.includes(number) ? (
                        <Button
                          small
                          kind="quiet"
                          icon="remove"
                          label={t('removeOf', { number: String(number), what: title })}
                          reason={reason}
                          onClick={() =>
                            onEdit(
                              entries
                                .map(({ facts }) => `${facts.name}${number}`)
                                .filter((name) => values.has(name))
                                .map((name) => ({ name, value: null })),
                            )
                          }
                        >
                          {t('remove')}
                        </Button>
                      ) : (
                        <Button
                          small
                          kind="quiet"
                          reason={reason}
                          onClick={() =>
                            onEdit(
                              entries
                                .map(({ facts }) => `${facts.name}${number}`)
                                .filter((name) => before.has(name))
                                .map((name) => ({ name, value: before.get(name) ?? null })),
                            )
                          }
                        >
                          {t('takeBackNumber')}
                        </Button>
                      )}
                    </span>
                  </th>
                ))}
                <th scope="col">{t('effect')}</th>
              </tr>
            </thead>
            <tbody>
              {entries.map((entry) => (
                <tr key={entry.facts.name}>
                  <th scope="row">
                    <div className="config-name">{entry.facts.name}</div>
                    <div className="config-about">
                      <About entry={entry} />
                    </div>
                  </th>
                  {numbers.map((number) => (
                    <td key={number}>
                      {given.includes(number) && (
                        <Cell
                          entry={entry}
                          name={`${entry.facts.name}${number}`}
                          values={values}
                          before={before}
                          running={running}
                          disabled={disabled}
                          onEdit={(name, value) => onEdit([{ name, value }])}
                        />
                      )}
                    </td>
                  ))}
                  <td>
                    <ContextChip effect={effectOf(entry.facts.effect)} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </Panel>
  );
}

interface CellProps extends Pick<NumberedTableProps, 'values' | 'before' | 'running' | 'disabled'> {
  readonly entry: Entry;
  readonly name: string;
  readonly onEdit: (name: string, value: string | null) => void;
}

function Cell({ entry: { facts }, name, values, before, running, disabled, onEdit }: CellProps) {
  const t = useTranslations('config.form');
  const ui = useTranslations('ui');
  const [allowed, setAllowed] = useState<string | null>(null);
  const value = values.get(name) ?? null;
  // One that may stand without a number counts for all that have none of their own.
  const fallback = values.get(facts.name) ?? facts.default;
  const was = before.get(name) ?? null;
  const changed = value !== was;
  const differing = [...running].flatMap(([proxy, parameters]) => {
    const runs = parameters.get(name);
    if (runs === undefined || facts.secret || sameValue(facts, runs.value, value ?? fallback)) return [];
    return [t('runs', { proxy, value: withUnit(facts, runs.value) })];
  });
  return (
    <>
      <ParameterInput
        key={String(was)}
        facts={facts}
        name={name}
        value={value ?? fallback}
        changed={changed}
        disabled={disabled}
        onChange={(next) => {
          if (value !== null || next !== fallback) onEdit(name, next);
        }}
        onWrong={setAllowed}
      />
      {changed && (
        <div className="field-was">
          {was === null
            ? t('new')
            : ui('field.was', { value: facts.secret ? t('secretKept') : was === '' ? ui('field.empty') : was })}
          <button
            type="button"
            className="link"
            aria-label={`${ui('button.takeBack')}: ${name}`}
            onClick={() => {
              setAllowed(null);
              onEdit(name, was);
            }}
          >
            {ui('button.takeBack')}
          </button>
        </div>
      )}
      {differing.map((text) => (
        <div key={text} className="config-about">
          {text}
        </div>
      ))}
      {allowed !== null && (
        <FieldMessages id={`${name}-wrong`} messages={[{ kind: 'error', text: t('wrong', { allowed }) }]} />
      )}
    </>
  );
}
